// The page tables of a stopped guest, read from its memory: every root of a domain, and every leaf under it. Called by
// write-xor-execute.test.ts. Invariant: nothing of the kernel's own bookkeeping is believed but where the roots are.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Guest } from "qemu-test-harness";
import type { AbiConstants } from "../../linker/abi/constants.ts";

export interface Leaf {
  readonly root: bigint;
  readonly address: bigint;
  readonly physical: number;
  readonly bytes: number;
  readonly write: boolean;
  readonly execute: boolean;
  readonly user: boolean;
}

export interface Tables {
  readonly leaves: readonly Leaf[];
  /** Frames of the tables themselves. */
  readonly tables: ReadonlySet<number>;
  readonly roots: readonly bigint[];
}

const MEMORY_BYTES = 64 << 20;
/** Of a guest with `memory: GUEST_MEMORY`. */
export const GUEST_MEMORY = "64M";
const DOMAINS_LOOKED_AT = 64;
const UPPER_HALF = 0xffff_8000_0000_0000n;

/** One way of writing entries. */
interface Format {
  readonly base: number;
  /** The root's table and the number of levels, from what the processor's register holds. */
  readonly root: (word: bigint) => { table: number; levels: number };
  readonly register: RegExp;
  /** undefined: nothing there. `next`: it is a table. */
  readonly entry: (
    entry: bigint,
    level: number,
  ) => { physical: number; next: boolean; write: boolean; execute: boolean; user: boolean } | undefined;
}

const FORMATS: Readonly<Record<Architecture, Format>> = {
  x86_64: {
    base: 0,
    root: (word) => ({ table: Number(word & 0x000f_ffff_ffff_f000n), levels: 4 }),
    register: /CR3=([0-9a-f]+)/,
    entry: (entry, level) =>
      (entry & 1n) === 0n
        ? undefined
        : {
            physical: Number(entry & 0x000f_ffff_ffff_f000n),
            next: level > 0 && (entry & 0x80n) === 0n,
            write: (entry & 2n) !== 0n,
            execute: entry >> 63n === 0n,
            user: (entry & 4n) !== 0n,
          },
  },
  riscv64: {
    base: 0x8000_0000,
    root: (word) => ({ table: Number((word & 0xfff_ffff_ffffn) << 12n), levels: Number(word >> 60n) - 5 }),
    register: /satp\s+([0-9a-f]+)/,
    entry: (entry) => {
      if ((entry & 1n) === 0n) return undefined;
      const next = (entry & 14n) === 0n;
      const allow = (bit: bigint): boolean => next || (entry & bit) !== 0n;
      return {
        physical: Number(((entry >> 10n) & 0xfff_ffff_ffffn) << 12n),
        next,
        write: allow(4n),
        execute: allow(8n),
        user: allow(16n),
      };
    },
  },
};

/** Stops the guest (booted with `control`) and reads. */
export async function readTables(
  guest: Guest,
  arch: Architecture,
  abi: AbiConstants,
  directory: string,
): Promise<Tables> {
  const format = FORMATS[arch];
  const qmp = await guest.qmp();
  await qmp.execute("stop");
  const registers = await qmp.execute("human-monitor-command", { "command-line": "info registers" });
  const file = join(directory, `memory-${arch}`);
  await qmp.execute("pmemsave", { val: format.base, size: MEMORY_BYTES, filename: file });
  const memory = readFileSync(file);
  const word = (physical: number): bigint => memory.readBigUInt64LE(physical - format.base);

  const first = BigInt(`0x${format.register.exec(String(registers))?.[1]}`);
  const leaves: Leaf[] = [];
  const tables = new Set<number>();
  const walk = (root: bigint): void => {
    const { table, levels } = format.root(root);
    const visit = (at: number, level: number, from: bigint, above: Pick<Leaf, "write" | "execute" | "user">): void => {
      tables.add(at);
      for (let i = 0; i < 512; i++) {
        const found = format.entry(word(at + 8 * i), level);
        if (found === undefined) continue;
        let address = from + (BigInt(i) << BigInt(12 + 9 * level));
        if (level === levels - 1 && i >= 256) address |= (1n << 64n) - (1n << BigInt(12 + 9 * levels));
        const write = above.write && found.write;
        const execute = above.execute && found.execute;
        const user = above.user && found.user;
        if (found.next) visit(found.physical, level - 1, address, { write, execute, user });
        else
          leaves.push({ root, address, physical: found.physical, bytes: 2 ** (12 + 9 * level), write, execute, user });
      }
    };
    visit(table, levels - 1, 0n, { write: true, execute: true, user: true });
  };

  walk(first);
  const kernel = (index: number): number | undefined => {
    const page = abi.value("KERNEL_MEMORY_BASE") + BigInt(index & ~4095);
    const leaf = leaves.find(({ address }) => address === BigInt.asUintN(64, page));
    return leaf === undefined ? undefined : leaf.physical + (index & 4095);
  };
  const roots = new Set([first]);
  for (let i = 0; i < DOMAINS_LOOKED_AT; i++) {
    const index = abi.number("KERNEL_DOMAINS") + i * abi.number("KERNEL_DOMAIN_SIZE") + abi.number("DOMAIN_ROOT");
    const at = kernel(index);
    if (at !== undefined && word(at) !== 0n) roots.add(word(at));
  }
  for (const root of roots) if (root !== first) walk(root);
  return { leaves, tables, roots: [...roots] };
}

export const isKernels = ({ address }: Leaf): boolean => address >= UPPER_HALF || address >= 1n << 63n;
