// riscv64 machines that differ from the usual one: several harts, of which the firmware picks any to boot; a processor
// that lacks what the code is compiled for; an image that the loader put at the wrong place.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { bootShell, TESTED, temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();

describe.runIf(TESTED.includes("riscv64"))("harts", () => {
  test("interrupts and timer work on whichever hart the firmware picks", { timeout: 240_000 }, async () => {
    for (let attempt = 0; attempt < 3; attempt++) {
      await using guest = await bootShell("riscv64", { smp: 4 });
      expect(guest.output).toMatch(/Boot HART ID\s*: [0-3]/);
      // Typed characters arrive by the interrupt of the boot hart's own context.
      expect(await guest.run("echo alive")).toMatch(/^alive$/m);
      await guest.sendLine("poweroff 5");
      expect(await guest.exitStatus()).toBe(5);
    }
  });

  test("a processor without the bit-manipulation extensions is told so", async () => {
    const { kernel } = await ensureImage("shell", "riscv64");
    const guest = boot({ arch: "riscv64", cpu: "sifive-u54", kernel, timeout_ms: 200_000 });
    expect(await guest.exitStatus()).toBe(102);
    expect(guest.output).toMatch(/lacks the extensions Zba, Zbb and Zbs/);
  });

  test("an image at another address says so and powers off", async () => {
    const { kernel } = await ensureImage("shell", "riscv64");
    const flat = kernel.replace(/\.elf$/, ".bin");
    const jump = join(directory, "jump.bin");
    // auipc t0, 0x200; jr t0: from where the firmware enters, 2 MiB on.
    writeFileSync(jump, Buffer.from([0x97, 0x02, 0x20, 0x00, 0x67, 0x80, 0x02, 0x00]));
    const guest = boot({
      arch: "riscv64",
      kernel: jump,
      timeout_ms: 200_000,
      extraArguments: ["-device", `loader,file=${flat},addr=0x80400000,force-raw=on`],
    });
    expect(await guest.exitStatus()).toBe(102);
    expect(guest.output).toMatch(/must be loaded at physical address 0x80200000/);
  });
});
