// The stack check: no function's frame may be large enough to step over the guard below a stack. Called after every
// link. Invariant: a frame above the limit is refused with the function's name.
import type { ElfFile } from "./elf.ts";
import { BuildError } from "./error.ts";

/** Modules' stacks have 256 MiB unmapped below them, but a frame must fault in its first touched page. */
export const MODULE_FRAME_LIMIT = 65_536;

/** Answers the largest frame in bytes. */
export function checkFrames(elf: ElfFile, what: string, limit: number): number {
  let largest = 0;
  for (const [address, bytes] of elf.stackFrames()) {
    if (bytes > limit) {
      const owner = elf.symbols().find((symbol) => symbol.type === 2 && symbol.value === address);
      const name = owner?.name ?? `0x${address.toString(16)}`;
      throw new BuildError(
        `In ${what}, the function ${name} has a stack frame of ${bytes} bytes; the limit is ${limit}: it could jump the guard.`,
      );
    }
    largest = Math.max(largest, bytes);
  }
  return largest;
}
