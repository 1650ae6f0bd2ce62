// What the firmware takes before it enters a kernel: a guest of a few instructions reads the same counter at its entry
// and powers off with the value as text. Subtracted from boot figures, so that they hold ours alone.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Architecture, boot } from "qemu-test-harness";
import { BUILD } from "../../scripts/phi/paths.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TARGETS: Readonly<Record<Architecture, { base: string; flags: readonly string[] }>> = {
  x86_64: { base: "0x200000", flags: ["--target=x86_64-none-elf"] },
  riscv64: {
    base: "0x80200000",
    flags: ["--target=riscv64-none-elf", "-march=rv64imac_zicsr", "-mabi=lp64", "-mno-relax"],
  },
};

/** Instructions from power-on to the first of a kernel, under -icount. */
export async function firmwareInstructions(arch: Architecture): Promise<number> {
  const directory = join(BUILD, "bench");
  mkdirSync(directory, { recursive: true });
  const object = join(directory, `firmware-${arch}.o`);
  const kernel = join(directory, `firmware-${arch}.elf`);
  const { base, flags } = TARGETS[arch];
  execFileSync("clang-19", [...flags, "-c", join(HERE, `firmware-${arch}.S`), "-o", object]);
  execFileSync("ld.lld-19", ["-static", "-e", "entry", "--omagic", `-Ttext=${base}`, object, "-o", kernel]);
  await using guest = boot({ arch, kernel, icount: true });
  const { groups } = await guest.waitForLine(/^counter ([0-9a-f]{16})$/);
  return Number.parseInt(groups[1] ?? "", 16);
}
