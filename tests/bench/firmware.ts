// What the firmware takes before it enters a kernel: a guest of a few instructions reads the same counter at its entry
// and prints it. Subtracted from boot figures, so that they hold ours alone.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boot } from "qemu-test-harness";
import { BUILD } from "../../scripts/phi/paths.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Instructions of the x86_64 machine's firmware, from power-on to the first of a kernel, under -icount. */
export async function firmwareInstructions(): Promise<number> {
  const directory = join(BUILD, "bench");
  mkdirSync(directory, { recursive: true });
  const object = join(directory, "firmware.o");
  const kernel = join(directory, "firmware.elf");
  execFileSync("clang-19", ["--target=x86_64-none-elf", "-c", join(HERE, "firmware.S"), "-o", object]);
  execFileSync("ld.lld-19", ["-static", "-e", "entry", "--omagic", "-Ttext=0x200000", object, "-o", kernel]);
  await using guest = boot({ arch: "x86_64", kernel, icount: true });
  const { groups } = await guest.waitForLine(/^counter ([0-9a-f]{16})$/);
  return Number.parseInt(groups[1] ?? "", 16);
}
