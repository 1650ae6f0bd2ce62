// `phi usb`: writes the image for a USB stick (scripts/usb/<arch>.ts) and says how to use it.

import { statSync } from "node:fs";
import type { Architecture } from "qemu-test-harness";
import { shown } from "./paths.ts";

const MEBIBYTE = 1024 * 1024;

/** Builds the image of one architecture; exit status. */
export async function runUsb(architecture: Architecture): Promise<number> {
  const path = await build(architecture);
  const size_MiB = (statSync(path).size / MEBIBYTE).toFixed(1);
  process.stdout.write(
    `${shown(path)} (${size_MiB} MiB)\nWrite it to a stick with: sudo dd if=${shown(path)} of=/dev/sdX bs=4M conv=fsync\n`,
  );
  return 0;
}

async function build(architecture: Architecture): Promise<string> {
  const module = architecture === "x86_64" ? await import("../usb/x86_64.ts") : await import("../usb/riscv64.ts");
  return module.buildUsbImage();
}
