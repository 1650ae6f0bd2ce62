// Measures what a crashing driver costs its clients: `phi bench faults` boots it with an empty disk and reads the lines `bench NAME VALUE UNIT`.
import { defineImage, KiB, MiB } from "../linker/image/schema.ts";

export default defineImage({
  name: "bench-faults",
  summary: "reads and writes a disk while its driver crashes at regular times, prints the figures, and powers off",
  services: {
    console: {
      priority: 40,
      required: true,
      devices: { uart: { kind: "uart", required: false } },
      interrupt: true,
      system: ["log"],
      parameters: true,
    },
    bus: {
      priority: 36,
      memory: 4 * MiB,
      calls: { console: { buffer: 4 * KiB }, init: { role: 1, buffer: 0 } },
      devices: { "pci-ports": { kind: "pci-ports", required: false, interrupt: false } },
      system: ["devices", "messages", "dma", "iommu", "share"],
    },
    "virtio-blk": {
      drives: "virtio-blk",
      trustedDma: true,
      priority: 32,
      memory: 2 * MiB,
      restart: { limit: 255, window_seconds: 60 },
    },
    crasher: { priority: 30, calls: { init: { role: 1, buffer: 0 } }, system: ["info"] },
    "bench-faults": {
      required: true,
      restart: "never",
      calls: {
        console: {},
        init: { role: 1, buffer: 4 * KiB },
        crasher: { buffer: 0 },
        "virtio-blk": { buffer: 4 * KiB },
      },
      system: ["info"],
    },
  },
});
