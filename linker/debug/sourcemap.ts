// Source maps of WebAssembly modules (source map revision 3, one "line", columns are byte offsets).
// Read by lines.ts. A malformed map is a BuildError: it comes from our own compiler, so it is a bug to see.

import { BuildError } from "../error.ts";

/** Locations by rising byte offset in the module; lines count from 1. */
export interface SourceMap {
  readonly files: readonly string[];
  readonly offsets: readonly number[];
  /** Index into files, or -1: no source from here on. */
  readonly fileAt: readonly number[];
  readonly lineAt: readonly number[];
}

const DIGITS = new Uint8Array(128).fill(255);
for (const [i, c] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].entries()) {
  DIGITS[c.charCodeAt(0)] = i;
}

/** Numbers of one mapping string, segment by segment. */
function decode(mappings: string, segment: (fields: Int32Array, count: number) => void): void {
  const fields = new Int32Array(5);
  let count = 0;
  let value = 0;
  let shift = 0;
  for (let i = 0; i < mappings.length; i++) {
    const code = mappings.charCodeAt(i);
    if (code === 0x2c || code === 0x3b) {
      if (code === 0x3b) throw new BuildError("A source map of a module has more than one generated line.");
      if (count > 0) segment(fields, count);
      count = 0;
      continue;
    }
    const digit = DIGITS[code] ?? 255;
    if (digit === 255 || count === 5 || shift > 30)
      throw new BuildError(`A source map is malformed at mapping character ${i}.`);
    value |= (digit & 31) << shift;
    if (digit & 32) {
      shift += 5;
      continue;
    }
    fields[count++] = value & 1 ? -(value >>> 1) : value >>> 1;
    value = 0;
    shift = 0;
  }
  if (count > 0) segment(fields, count);
}

export function readSourceMap(text: string): SourceMap {
  const json = JSON.parse(text) as { version?: unknown; sources?: unknown; mappings?: unknown };
  if (json.version !== 3 || !Array.isArray(json.sources) || typeof json.mappings !== "string") {
    throw new BuildError("A source map is not of revision 3.");
  }
  const files = json.sources.map(String);
  const offsets: number[] = [];
  const fileAt: number[] = [];
  const lineAt: number[] = [];
  let offset = 0;
  let file = 0;
  let line = 0;
  decode(json.mappings, (fields, count) => {
    offset += fields[0] as number;
    if (count >= 4) {
      file += fields[1] as number;
      line += fields[2] as number;
      if (file < 0 || file >= files.length || line < 0)
        throw new BuildError("A source map names a source that it does not list.");
    }
    offsets.push(offset);
    fileAt.push(count >= 4 ? file : -1);
    lineAt.push(line + 1);
  });
  for (let i = 1; i < offsets.length; i++) {
    if ((offsets[i] as number) < (offsets[i - 1] as number))
      throw new BuildError("A source map is not in rising order of offsets.");
  }
  return { files, offsets, fileAt, lineAt };
}
