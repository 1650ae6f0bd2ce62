// Measures the store from inside: `phi bench vdfs` boots it with a disk that the host made and reads the lines `bench NAME VALUE UNIT`.
import { defineImage, KiB, MiB } from "../linker/image/schema.ts";

export default defineImage({
  name: "bench-disk",
  summary: "measures reads and writes of the store and its driver, prints the figures, and powers off",
  services: {
    console: {
      priority: 40,
      required: true,
      devices: { uart: { kind: "uart", required: false } },
      interrupt: true,
      system: ["log"],
      parameters: true,
    },
    clock: {
      priority: 34,
      memory: 512 * KiB,
      devices: {
        cmos: { kind: "rtc-cmos", required: false, interrupt: false },
        goldfish: { kind: "rtc-goldfish", required: false, interrupt: false },
      },
      parameters: true,
    },
    bus: {
      priority: 36,
      calls: { console: { buffer: 4 * KiB } },
      devices: { "pci-ports": { kind: "pci-ports", required: false, interrupt: false } },
      system: ["devices", "messages", "dma", "share"],
    },
    "virtio-blk": { drives: "virtio-blk", trustedDma: true, priority: 32, memory: 2 * MiB },
    vdfs: {
      priority: 28,
      memory: 48 * MiB,
      calls: { console: {}, clock: { buffer: 4 * KiB }, "virtio-blk": { buffer: 4 * KiB } },
    },
    "bench-disk": {
      required: true,
      restart: "never",
      memory: 4 * MiB,
      calls: { console: {}, init: { role: 1, buffer: 4 * KiB }, vdfs: {} },
      system: ["info"],
    },
  },
});
