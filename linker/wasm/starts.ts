// Where the instructions of a function body begin. Called by linker/debug, which inserts line markers between them.

import { walkBody } from "./code.ts";
import type { BodyRange } from "./module.ts";
import { Reader } from "./reader.ts";

/** Byte offsets of every instruction of a body that inspectModule accepted, rising; the last one is its `end`. */
export function instructionStarts(wasm: Uint8Array, body: BodyRange): number[] {
  const starts: number[] = [];
  const reader = new Reader(wasm, body.offset, body.offset + body.length, "code section");
  walkBody(reader, { maxMemoryOffset: 0, features: new Set() }, Number.MAX_SAFE_INTEGER, (offset) =>
    starts.push(offset),
  );
  return starts;
}
