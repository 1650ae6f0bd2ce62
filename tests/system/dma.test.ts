// Devices behind an IOMMU, in QEMU's: a real one that is told to read and write foreign memory is refused, and the refusal is told;
// where there is no IOMMU the kernel says so.

import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { expect, test } from "vitest";
import { bootModules, testModules } from "../guest-image.ts";
import { guestSource } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 120_000;
const directory = temporaryDirectory();
/** Both widths of addresses that the emulated unit can have: tables of three levels and of four. */
const CASES = TESTED.flatMap((arch): { arch: Architecture; bits: number }[] =>
  arch === "x86_64"
    ? [
        { arch, bits: 39 },
        { arch, bits: 48 },
      ]
    : [{ arch, bits: 0 }],
);

test.each(CASES)(
  "a device reaches what its context names alone ($arch, $bits bits)",
  { timeout: LIMIT_MS },
  async ({ arch, bits }) => {
    const entries = await testModules(arch, [{ name: "dma-init", entry: guestSource("dma-init") }]);
    const hardware =
      bits === 0
        ? {}
        : {
            machine: "q35,kernel-irqchip=split",
            extraArguments: ["-device", `intel-iommu,intremap=off,aw-bits=${bits}`, "-device", "edu"],
          };
    await using guest = await bootModules(arch, entries, join(directory, `dma-${arch}-${bits}.archive`), {
      timeout_ms: LIMIT_MS,
      ...hardware,
    });
    // The scene that went wrong: tests/system/guest/dma-init.ts.
    expect({ scene: await guest.exitStatus(), said: guest.output }).toMatchObject({ scene: 100 });
  },
);
