// Measures what a crashing driver costs its clients: `phi bench faults` boots it with an empty disk and reads the lines `bench NAME VALUE UNIT`.
import { defineImage, KiB, type Service } from "../linker/image/schema.ts";
import bench from "./bench.ts";
import store from "./store.ts";

const { console } = bench.services;
const { bus, "virtio-blk": disk } = store.services;

export default defineImage({
  name: "bench-faults",
  summary: "reads and writes a disk while its driver crashes every second, prints the figures, and powers off",
  services: {
    console: console as Service,
    bus: bus as Service,
    "virtio-blk": { ...disk, restart: { limit: 255, window_seconds: 60 } },
    crasher: { priority: 30, calls: { init: { role: 1, buffer: 0 } } },
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
