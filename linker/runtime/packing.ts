// How a foreign import's arguments travel in the words of a protected call (docs/abi.md section 1). Called by
// runtime/thunks.ts and by tests. Invariant: at most six words; what does not fit or has no word form is refused.

import type { CFunction, WasmType } from "../compile/interface.ts";
import { BuildError } from "../error.ts";

export const CALL_WORDS = 6;

/** A word: one 64-bit argument, or the low half (and perhaps the high half) from 32-bit ones. Numbers are places of parameters. */
export interface PackedWord {
  wide: boolean;
  low: number;
  high: number | null;
}

export function packArguments(parameters: readonly WasmType[], label: string): PackedWord[] {
  const words: PackedWord[] = [];
  let open: PackedWord | null = null;
  parameters.forEach((type, place) => {
    if (type === "other")
      throw new BuildError(
        `The import ${label} takes a vector or a reference: these cannot be passed to a personality.`,
      );
    if (type === "i64" || type === "f64") {
      words.push({ wide: true, low: place, high: null });
    } else if (open === null) {
      open = { wide: false, low: place, high: null };
      words.push(open);
    } else {
      open.high = place;
      open = null;
    }
  });
  if (words.length > CALL_WORDS) {
    throw new BuildError(`The import ${label} needs ${words.length} argument words; a call carries ${CALL_WORDS}.`);
  }
  return words;
}

export function checkForeignResult(item: CFunction): void {
  if (item.result === "f32" || item.result === "f64" || item.result === "other") {
    throw new BuildError(
      `The import ${item.module}.${item.name} returns ${item.result}: a personality answers integers only.`,
    );
  }
}
