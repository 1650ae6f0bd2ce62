// Writes build/interfaces/<name>/{constants,client,server}.ts for every services/<name>/interface.ts.
// The build calls generateInterfaces before it compiles a service; by hand: npx tsx linker/interface/generate.ts
// A file of the one line `export * from "../<other>/interface";` says that the service offers another folder's interface: it gets a server
// of its own. A folder without methods.ts is an interface alone, and gets no server.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeIfChanged } from "../files.ts";
import { emitInterface } from "./emit.ts";
import { type Interface, InterfaceError } from "./model.ts";
import { parseInterface } from "./parse.ts";

/** Names of the services that have an interface, in alphabetical order. */
export function servicesWithInterface(root: string): string[] {
  return readdirSync(join(root, "services"))
    .filter((name) => existsSync(join(root, "services", name, "interface.ts")))
    .sort();
}

const SHARED = /^(?:\s*\/\/[^\n]*\n)*\s*export \* from "\.\.\/([a-z0-9-]+)\/interface";\s*$/;

/** The parsed interface of one service. Throws InterfaceError with file and line. */
export function readInterface(root: string, service: string): Interface {
  const read = (name: string): string => readFileSync(join(root, "services", name, "interface.ts"), "utf8");
  const owner = SHARED.exec(read(service))?.[1] ?? service;
  return parseInterface(`services/${owner}/interface.ts`, read(owner));
}

/** Generates all interfaces; files that would not change keep their time stamps. Answers the paths relative to root. */
export function generateInterfaces(root: string): string[] {
  const paths: string[] = [];
  for (const service of servicesWithInterface(root)) {
    const isServed = existsSync(join(root, "services", service, "methods.ts"));
    for (const [name, text] of emitInterface(service, readInterface(root, service))) {
      if (name === "server.ts" && !isServed) continue;
      const path = `build/interfaces/${service}/${name}`;
      writeIfChanged(join(root, path), text);
      paths.push(path);
    }
  }
  return paths;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const path of generateInterfaces(join(dirname(fileURLToPath(import.meta.url)), "../..")))
      process.stdout.write(`${path}\n`);
  } catch (error) {
    if (!(error instanceof InterfaceError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
