// The name section: reads function names, writes it back with one name more; and turns the C names that the
// translator makes of them into what a person wrote. Called by lines.ts and symbols.ts.

import { ModuleError } from "../wasm/inspect.ts";
import { Reader } from "../wasm/reader.ts";
import { Bytes } from "./rewrite.ts";

/** Function names by function index; undefined when the section's content is malformed (it is then ignored, as the specification says). */
export function readFunctionNames(content: Uint8Array): Map<number, string> | undefined {
  const names = new Map<number, string>();
  try {
    const reader = new Reader(content, 0, content.length, "name section");
    reader.name();
    while (reader.at < reader.end) {
      const id = reader.u8();
      const length = reader.u32();
      const from = reader.at;
      reader.skip(length);
      if (id !== 1) continue;
      const inner = new Reader(content, from, from + length, "name section");
      for (let left = inner.count("names", 2); left > 0; left--) {
        const index = inner.u32();
        names.set(index, inner.name());
      }
      if (inner.at !== inner.end) return undefined;
    }
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
  return names;
}

/** A name section that holds these function names and nothing else. */
export function writeFunctionNames(names: ReadonlyMap<number, string>): Uint8Array {
  const vector = new Bytes(names.size * 24);
  vector.u32(names.size);
  for (const [index, name] of [...names].sort((a, b) => a[0] - b[0])) {
    vector.u32(index);
    vector.name(name);
  }
  const content = new Bytes(vector.length + 16);
  content.name("name");
  content.section(1, vector.view());
  return content.view();
}

/** `w2c_` (`wrap_w2c_` for what a table calls), the module's name (an underscore in it is doubled), `_`, the function's name. */
const OWN_NAME = /^(?:wrap_)?w2c_(?:kernel|module)_(.+)$/;
const IMPORTED_NAME = /^w2c_(?:[A-Za-z0-9]|__)+_(.+)$/;

/**
 * `w2c_kernel_kernel0x2Fcap0x2Ftable0x2FTable0x23insert` is `Table#insert`: the module's prefix goes, escapes
 * are undone, and of an AssemblyScript path (`kernel/cap/table/Table#insert`) the last part stays.
 */
export function readableName(symbol: string): string {
  const escaped = (OWN_NAME.exec(symbol) ?? IMPORTED_NAME.exec(symbol))?.[1];
  if (escaped === undefined) return symbol;
  const name = escaped.replace(/(?:0x[0-9A-F]{2})+/g, (escapes) =>
    Buffer.from(escapes.replace(/0x/g, ""), "hex").toString("utf8"),
  );
  const path = withoutArguments(name);
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Type arguments are paths themselves, and long: `Array<~lib/string/String>#push` becomes `Array<…>#push`. */
function withoutArguments(name: string): string {
  const first = name.indexOf("<");
  const last = name.lastIndexOf(">");
  return first < 0 || last < first ? name : `${name.slice(0, first)}<…>${name.slice(last + 1)}`;
}
