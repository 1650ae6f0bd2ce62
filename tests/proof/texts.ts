// The literals that the kernel prints, as asc lays them out: a header with the kind of object and its bytes, then UTF-16. Used by access.ts
// and contracts.ts. Invariant: nobody writes to a literal, and whoever reads one stays inside it.

import { and, apply, arithmetic, compare, constant, equal, or, type Term } from "./term.ts";
import type { WasmModule } from "./wasm.ts";

export interface Text {
  readonly at: bigint;
  readonly bytes: bigint;
}

const STRING = 2;
/** Kind of object and bytes, in front of the text. */
const HEADER_BYTES = 8;
/** Where its bytes are said. */
const LENGTH_AT = -4n;

/** Strings among the module's data, whose bytes lie in front of what comes next. */
export function textsOf(module: WasmModule): Text[] {
  const data = [...module.data].sort((a, b) => a.at - b.at);
  return data.flatMap(({ at, bytes }, i) => {
    if (bytes.length < HEADER_BYTES) return [];
    const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
    if (header.getUint32(0, true) !== STRING) return [];
    const length = header.getUint32(4, true);
    const next = data[i + 1]?.at ?? at + HEADER_BYTES + bytes.length;
    if (at + HEADER_BYTES + length > next) throw new Error(`the text at ${at} runs into what lies behind it`);
    return [{ at: BigInt(at + HEADER_BYTES), bytes: BigInt(length) }];
  });
}

/** How many bytes the text at `pointer` has. */
const bytesOf = (pointer: Term): Term => apply("bytes of text", pointer, 32);
export const isText = (texts: readonly Text[], pointer: Term): Term =>
  or(...texts.map(({ at }) => equal(pointer, constant(at, 32))));

/** A load at `address` where a text is read: what must hold, and what its answer is, if that is known. */
export function loadOfText(
  texts: readonly Text[],
  pointer: Term,
  address: Term,
  bytes: number,
): { claim: Term; known: Term; value: Term | null } {
  const distance = arithmetic("sub", address, pointer);
  const length = bytesOf(pointer);
  const most = Math.max(0, ...texts.map((one) => Number(one.bytes)));
  const known = compare("ule", length, constant(most, 32));
  if (bytes === 4 && address === arithmetic("add", pointer, constant(LENGTH_AT, 32)))
    return { claim: and(), known, value: length };
  const isInside = and(
    compare("ule", constant(bytes, 32), length),
    compare("ule", distance, arithmetic("sub", length, constant(bytes, 32))),
  );
  return { claim: isInside, known, value: null };
}
