// Assembles the two tiny guests that the harness is tested with.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Architecture } from "../src/index.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const LINK: Readonly<Record<Architecture, { target: string; base: string; flags: readonly string[] }>> = {
  x86_64: { target: "x86_64-none-elf", base: "0x200000", flags: [] },
  riscv64: { target: "riscv64-none-elf", base: "0x80200000", flags: ["-march=rv64imac", "-mabi=lp64", "-mno-relax"] },
};

/** Path of the guest's ELF, built into `directory`. */
export function buildGuest(architecture: Architecture, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const { target, base, flags } = LINK[architecture];
  const object = join(directory, `guest-${architecture}.o`);
  const elf = join(directory, `guest-${architecture}.elf`);
  execFileSync("clang-19", [`--target=${target}`, ...flags, "-c", join(HERE, `guest-${architecture}.S`), "-o", object]);
  execFileSync("ld.lld-19", [
    "-static",
    "-e",
    "entry",
    "--omagic",
    `-Ttext=${base}`,
    "--no-dynamic-linker",
    object,
    "-o",
    elf,
  ]);
  return elf;
}
