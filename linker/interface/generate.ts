// Writes build/interfaces/<name>/{constants,client,server}.ts for every services/<name>/interface.ts.
// The build calls generateInterfaces before it compiles a service; by hand: npx tsx linker/interface/generate.ts
// A file of the one line `export * from "../<other>/interface";` says that the service offers another folder's interface: it gets a server
// of its own; with an interface of its own after that line, it offers the other's methods and then these. A folder without methods.ts is an interface alone, and gets no server.
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

const SHARED = /^((?:\s*\/\/[^\n]*\n)*\s*)export \* from "\.\.\/([a-z0-9-]+)\/interface";/;

/** The parsed interface of one service. Throws InterfaceError with file and line. */
export function readInterface(root: string, service: string): Interface {
  const file = `services/${service}/interface.ts`;
  const text = readFileSync(join(root, file), "utf8");
  const shared = SHARED.exec(text);
  if (shared === null) return parseInterface(file, text);
  const base = readInterface(root, shared[2] as string);
  const rest = text.slice(shared[0].length);
  // the line stays, empty, so that faults are found where they are
  return rest.trim() === "" ? base : extend(base, parseInterface(file, (shared[1] as string) + rest));
}

function extend(base: Interface, own: Interface): Interface {
  const names = new Set([...base.methods, ...base.constants].map((item) => item.name));
  const twice = [...own.methods, ...own.constants].find((item) => names.has(item.name));
  if (twice !== undefined) throw new InterfaceError(own.file, 1, `${twice.name} is in ${base.file} already`);
  if (own.rights.length > 0)
    throw new InterfaceError(own.file, 1, "an interface that extends another has no resources");
  const methods = own.methods.map((method) => ({ ...method, number: method.number + base.methods.length }));
  return {
    ...own,
    methods: [...base.methods, ...methods],
    constants: [...base.constants, ...own.constants],
    rights: base.rights,
  };
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
