// The USB image for PCs, plugged in as a stick: BIOS and UEFI boot it to the prompt on the serial line, and the screen
// shows the same text, read back from the pixels by the font.

import { existsSync } from "node:fs";
import { boot, type Guest } from "qemu-test-harness";
import { beforeAll, describe, expect, test } from "vitest";
import { buildUsbImage } from "../../scripts/usb/x86_64.ts";
import { PROMPT, TESTED } from "./support.ts";
import { plain, screenText, type } from "./terminal.ts";

const UEFI = "/usr/share/OVMF/OVMF_CODE.fd";
const BUILD_LIMIT_MS = 240_000;
/** Firmware, GRUB and the kernel, emulated on a busy machine. */
const BOOT_LIMIT_MS = 180_000;
const POLL = { timeout: 150_000 };

describe.runIf(TESTED.includes("x86_64"))("USB stick", () => {
  let image: string;

  beforeAll(async () => {
    image = await buildUsbImage();
  }, BUILD_LIMIT_MS);

  test.each([
    ["BIOS", undefined],
    ["UEFI", UEFI],
  ])("%s boots it, on the serial line and on the screen", { timeout: 2 * BOOT_LIMIT_MS }, async (_name, flash) => {
    if (flash !== undefined) expect(existsSync(flash), `${flash} of the package ovmf`).toBe(true);
    await using guest = boot({
      arch: "x86_64",
      machine: "q35",
      usbStick: image,
      display: true,
      control: true,
      prompt: PROMPT,
      timeout_ms: 2 * BOOT_LIMIT_MS,
      ...(flash === undefined ? {} : { flash }),
    });
    await guest.waitForPrompt(BOOT_LIMIT_MS);
    await guest.run("clear");
    const table = await guest.run("mem; echo last");
    const wanted = [`${PROMPT}mem; echo last`, ...plain(table).trimEnd().split("\n"), PROMPT.trimEnd()];
    await shows(guest, wanted);
    // The machine's own keyboard, which firmware has used before; its driver killed in between.
    await guest.run("clear");
    await type(guest, "e c h i");
    await shows(guest, [`${PROMPT}echi`]);
    await guest.send("\x15");
    await guest.run("kill ps2");
    await expect.poll(() => guest.run("ps"), POLL).toMatch(/ps2 +service +idle +\S+ +40 .* 1 \d\d:/);
    await guest.run("clear");
    await type(guest, "e c h o");
    await shows(guest, [`${PROMPT}echo`]);
    await type(guest, "spc shift-h i");
    await shows(guest, [`${PROMPT}echo Hi`]);
    await type(guest, "left delete ret");
    await shows(guest, [`${PROMPT}echo H`, "H", PROMPT.trimEnd()]);
    await guest.sendLine("poweroff 7");
    expect(await guest.exitStatus()).toBe(7);
  });
});

async function shows(guest: Guest, rows: readonly string[]): Promise<void> {
  await expect.poll(() => screenText(guest), POLL).toEqual(rows);
}
