// Writes build/interfaces/<name>/{constants,client,server}.ts for every services/<name>/interface.ts.
// The build calls generateInterfaces before it compiles a service; by hand: npx tsx linker/interface/generate.ts
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

/** The parsed interface of one service. Throws InterfaceError with file and line. */
export function readInterface(root: string, service: string): Interface {
  const file = `services/${service}/interface.ts`;
  return parseInterface(file, readFileSync(join(root, file), "utf8"));
}

/** Generates all interfaces; files that would not change keep their time stamps. Answers the paths relative to root. */
export function generateInterfaces(root: string): string[] {
  const paths: string[] = [];
  for (const service of servicesWithInterface(root)) {
    for (const [name, text] of emitInterface(service, readInterface(root, service))) {
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
