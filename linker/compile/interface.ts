// What a generated C header declares: imports and exports with their C symbols and Wasm types, and the struct's
// fields. Called by compile/rewrite.ts and runtime/thunks.ts. Invariant: a declaration that does not parse is an error.
import { BuildError } from "../error.ts";

export type WasmType = "i32" | "i64" | "f32" | "f64" | "other";

export interface CFunction {
  /** Import module, or "" for an export. */
  module: string;
  name: string;
  symbol: string;
  parameters: WasmType[];
  result: WasmType | "none";
}

export interface CInterface {
  imports: CFunction[];
  exports: CFunction[];
  /** Names of the struct's import-instance pointer fields: w2c_phi_instance. */
  instanceFields: string[];
  /** Memory fields of the struct, in order. */
  memories: string[];
}

const TYPES: Record<string, WasmType> = { u32: "i32", u64: "i64", f32: "f32", f64: "f64" };
const FUNCTION = /^\/\* (import|export): '([^']*)'(?: '([^']*)')? \*\/\n([^\n;]+);/gm;
const DECLARATION = /^(.*?)([A-Za-z_][A-Za-z0-9_]*)\((.*)\)$/;

function wasmType(text: string): WasmType {
  return TYPES[text.trim()] ?? "other";
}

export function parseInterface(header: string): CInterface {
  const found: CInterface = { imports: [], exports: [], instanceFields: [], memories: [] };
  for (const match of header.matchAll(FUNCTION)) {
    const declaration = DECLARATION.exec(match[4] as string);
    const isImport = match[1] === "import";
    const label = [match[2], match[3]].filter((part) => part !== undefined).join(".");
    if (declaration === null) {
      if (isImport) throw new BuildError(`The import ${label} is not a function: only functions can be imported.`);
      continue;
    }
    const returned = (declaration[1] as string).replace("extern", "").trim();
    if (returned.endsWith("*")) {
      if (isImport)
        throw new BuildError(`The import ${label} is a memory, table or global: only functions can be imported.`);
      continue;
    }
    const parameters = (declaration[3] as string).split(",").slice(1).map(wasmType);
    found[isImport ? "imports" : "exports"].push({
      module: isImport ? (match[2] as string) : "",
      name: (isImport ? match[3] : match[2]) as string,
      symbol: declaration[2] as string,
      parameters,
      result: returned === "void" ? "none" : wasmType(returned),
    });
  }
  for (const match of header.matchAll(/^ {2}struct w2c_\w+\* (w2c_\w+_instance);$/gm))
    found.instanceFields.push(match[1] as string);
  for (const match of header.matchAll(/^ {2}wasm_rt_memory_t (\w+);$/gm)) found.memories.push(match[1] as string);
  return found;
}
