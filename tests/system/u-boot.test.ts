// The riscv64 disk image under U-Boot, as a board starts it: extlinux finds kernel and archive, booti enters the kernel.

import { existsSync, readFileSync } from "node:fs";
import { boot } from "qemu-test-harness";
import { beforeAll, describe, expect, test } from "vitest";
import { buildUsbImage, masterBootRecord } from "../../scripts/usb/riscv64.ts";
import { PROMPT, TESTED } from "./support.ts";

const U_BOOT = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin";
const BUILD_LIMIT_MS = 240_000;
/** U-Boot waits two seconds for a key, and looks for other media first. */
const BOOT_LIMIT_MS = 120_000;

describe.runIf(TESTED.includes("riscv64"))("U-Boot", () => {
  let image: string;

  beforeAll(async () => {
    image = await buildUsbImage();
  }, BUILD_LIMIT_MS);

  test("the image carries one bootable partition", () => {
    const first = readFileSync(image).subarray(0, 512);
    const sectors = first.readUInt32LE(446 + 12);
    expect(first).toEqual(masterBootRecord(2048, sectors));
    expect((2048 + sectors) * 512).toBe(readFileSync(image).length);
  });

  test("boots it to the prompt and powers off with a status", { timeout: 2 * BOOT_LIMIT_MS }, async () => {
    expect(existsSync(U_BOOT), `${U_BOOT} of the package u-boot-qemu`).toBe(true);
    await using guest = boot({
      arch: "riscv64",
      kernel: U_BOOT,
      disks: [image],
      prompt: PROMPT,
      timeout_ms: 2 * BOOT_LIMIT_MS,
    });
    await guest.waitForPrompt(BOOT_LIMIT_MS);
    expect(guest.output).toMatch(/Found \/extlinux\/extlinux\.conf/);
    expect(await guest.run("echo alive")).toMatch(/^alive$/m);
    await guest.sendLine("poweroff 7");
    expect(await guest.exitStatus()).toBe(7);
  });
});
