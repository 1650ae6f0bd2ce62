// The default system: a shell on the serial line, and programs on demand.
import { defineImage, KiB, MiB } from "../linker/image/schema.ts";

export default defineImage({
  name: "shell",
  summary: "a shell on the console; `run NAME` starts programs of the archive",
  modules: { echo: "sfi" },
  services: {
    console: {
      priority: 40,
      required: true,
      devices: { uart: { kind: "uart" } },
      interrupt: true,
      system: ["log"],
      parameters: true,
    },
    clock: {
      priority: 32,
      memory: 512 * KiB,
      devices: {
        cmos: { kind: "rtc-cmos", required: false, interrupt: false },
        goldfish: { kind: "rtc-goldfish", required: false, interrupt: false },
      },
      parameters: true,
    },
    bus: {
      priority: 36,
      memory: 4 * MiB, // of which each device behind an IOMMU takes a quarter of one for its tables
      calls: { console: { buffer: 4 * KiB }, init: { role: 1, buffer: 0 } },
      devices: {
        "pci-ports": { kind: "pci-ports", required: false, interrupt: false },
        ports: { kind: "ports", required: false, interrupt: false }, // to switch the machine off
      },
      system: ["devices", "messages", "dma", "iommu", "share"],
    },
    wasi: {
      companion: true,
      memory: 2 * MiB,
      calls: { console: {}, clock: { buffer: 4 * KiB } },
      seed: true,
    },
    fair: { module: "scheduler", policy: "fair", priority: 36, memory: 512 * KiB },
    deadline: { module: "scheduler", policy: "deadline", priority: 36, memory: 512 * KiB },
    loaded: { template: true, calls: { console: {} } },
    shell: {
      required: true,
      calls: { console: { role: 1 }, clock: { buffer: 4 * KiB }, init: { role: 1 }, bus: { buffer: 4 * KiB } },
      system: ["info", "log", "trace", "power"],
      parameters: true,
    },
  },
});
