// Lines that a third-party module brings itself: DWARF in custom sections, as clang -g writes it.
// Called by compile/generate.ts on the module exactly as it came: offsets are those of its own code section.
// The content is untrusted: whatever it says, the result is a source map in rising order within the code section.

import { readLineTable } from "./dwarf.ts";
import { CODE, customName, type Section, sectionsOf } from "./rewrite.ts";
import type { SourceMap } from "./sourcemap.ts";

/** More lines than any file has; keeps markers' keys apart. */
const LINE_LIMIT = 0x100_0000;

interface Row {
  readonly offset: number;
  readonly file: number;
  readonly line: number;
}

function contentOf(sections: readonly Section[], name: string): Uint8Array {
  const found = sections.find((section) => section.id === 0 && customName(section) === name);
  if (found === undefined) return new Uint8Array(0);
  return found.content.subarray(new TextEncoder().encode(name).length + 1);
}

/** undefined: the module has no line table. */
export function embeddedLines(wasm: Uint8Array): SourceMap | undefined {
  const sections = sectionsOf(wasm);
  const code = sections.find((section) => section.id === CODE);
  const line = contentOf(sections, ".debug_line");
  if (code === undefined || line.length === 0) return undefined;
  const files = new Map<string, number>();
  const rows: Row[] = [];
  const tables = {
    line,
    lineStrings: contentOf(sections, ".debug_line_str"),
    strings: contentOf(sections, ".debug_str"),
  };
  readLineTable(tables, 0n, (offset, path, number, end) => {
    // Functions that the linker dropped have addresses outside the code section.
    if (!(offset < code.content.length)) return;
    const known = !end && path !== "" && number > 0 && number < LINE_LIMIT;
    if (known && !files.has(path)) files.set(path, files.size);
    rows.push({
      offset: code.offset + offset,
      file: known ? (files.get(path) as number) : -1,
      line: known ? number : 1,
    });
  });
  rows.sort((a, b) => a.offset - b.offset || a.file - b.file);
  return {
    files: [...files.keys()],
    offsets: rows.map((row) => row.offset),
    fileAt: rows.map((row) => row.file),
    lineAt: rows.map((row) => row.line),
  };
}
