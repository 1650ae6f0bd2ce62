// What the entries of page tables mean, from the processors' manuals and not from the kernel (Intel SDM volume 3, 4.5; RISC-V
// privileged specification 12.4). Used by physical.ts.

import type { Architecture } from "qemu-test-harness";
import { arithmetic, constant, equal, not, type Term } from "./term.ts";

export interface Paging {
  readonly isPresent: (entry: Term) => Term;
  /** Of an entry above the lowest table: a larger page, no table. */
  readonly isLarge: (entry: Term) => Term;
  readonly isWritable: (entry: Term) => Term;
  /** The frame that it names. */
  readonly target: (entry: Term) => Term;
  /** Number of levels less one; null: the processor says it. */
  readonly top: number | null;
  /** Frames of registers whose place is fixed. */
  readonly registers: readonly bigint[];
  /** Ports that the kernel drives itself: first, and how many bytes. */
  readonly ports: readonly (readonly [bigint, bigint])[];
}

const wide = (value: bigint): Term => constant(value, 64);
const has = (entry: Term, bits: bigint): Term => not(equal(arithmetic("and", entry, wide(bits)), wide(0n)));
const SIXTEEN_TERA_FRAMES = (1n << 44n) - 1n;

export const PAGING: Readonly<Record<Architecture, Paging>> = {
  x86_64: {
    isPresent: (entry) => has(entry, 1n),
    isLarge: (entry) => has(entry, 0x80n),
    isWritable: (entry) => has(entry, 2n),
    target: (entry) => arithmetic("and", entry, wide(0x000f_ffff_ffff_f000n)),
    top: 3,
    // the I/O APIC and the local one
    registers: [0xfec0_0000n, 0xfee0_0000n],
    // the first serial port, and where an emulator is told to end
    ports: [
      [0x3f8n, 8n],
      [0xf4n, 4n],
    ],
  },
  riscv64: {
    isPresent: (entry) => has(entry, 1n),
    isLarge: (entry) => has(entry, 14n),
    isWritable: (entry) => has(entry, 4n),
    target: (entry) =>
      arithmetic("shl", arithmetic("and", arithmetic("lshr", entry, wide(10n)), wide(SIXTEEN_TERA_FRAMES)), wide(12n)),
    top: null,
    registers: [],
    ports: [],
  },
};
