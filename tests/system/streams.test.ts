// The drivers of frames, bytes, random numbers and events in QEMU, in both modes, with what the host really has: a router that answers, a
// file that the bytes end in, entropy, and a key that is pressed.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Device } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import type { DriverClass, Isolation } from "../../linker/image/schema.ts";
import { bootWithServices, type Extra } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const directory = temporaryDirectory();
const DRIVERS: readonly DriverClass[] = ["virtio-rng", "virtio-net", "virtio-console", "virtio-input"];

describe.each(TESTED)("%s", (arch) => {
  // On riscv64 functions of PCI have lines alone, of which there are four: the first device and the fifth share one.
  // On x86_64 register blocks are those of a microvm, which tells of them on the kernel's command line.
  const ways: readonly [Isolation, "" | "pci" | "mmio"][] = [
    ["sfi", ""],
    ["hw", ""],
    ["sfi", arch === "riscv64" ? "pci" : "mmio"],
  ];
  test.each(ways)(
    "%s %s",
    async (isolation, transport) => {
      const iommu = arch === "x86_64" && isolation === "hw";
      const written = join(directory, `${arch}-${isolation}${transport}.console`);
      const devices: Device[] = [
        { kind: "rng" },
        { kind: "net", mac: "52:54:00:12:34:56", queues: 1 },
        { kind: "console", output: written },
        ...(transport === "pci" ? [{ kind: "edu" } as const] : []),
        { kind: "input", type: "keyboard" },
      ];
      const extras: Record<string, Extra> = {};
      for (const drives of DRIVERS) {
        const service = { isolation, drives, trustedDma: !iommu, priority: 32, memory: 2 << 20 };
        extras[drives] = { service, folder: drives };
      }
      const calls = Object.fromEntries(["console", ...DRIVERS].map((name) => [name, {}]));
      extras["streams-user"] = { service: { calls, memory: 2 << 20, restart: "never" } };
      await using guest = await bootWithServices(arch, directory, extras, [], {
        devices,
        iommu,
        control: true,
        ...(transport === "" ? {} : { transport }),
      });
      await guest.waitFor(/streams-user: input .*/, LIMIT_MS);
      const qmp = await guest.qmp();
      for (const down of [true, false]) {
        const key = { type: "key", data: { down, key: { type: "qcode", data: "a" } } };
        await qmp.execute("input-send-event", { events: [key] });
      }
      await guest.waitFor("streams-user: done", LIMIT_MS);
      const { output } = guest;
      expect(output).toContain("streams-user: random 256 fresh");
      expect(output).toContain(
        "network 0 address 0x563412005452 link 1 pairs 1 sent 42 answer from 0x202000a counted 1 in",
      );
      expect(output).toContain("streams-user: stream 20");
      expect(readFileSync(written, "utf8")).toBe("a line for the host\n");
      expect(output).toMatch(/streams-user: input QEMU Virtio Keyboard/);
      expect(output).toMatch(/key 30 down[\s\S]*key 30 up/);
    },
    LIMIT_MS,
  );
});
