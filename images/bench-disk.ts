// Measures the store from inside: `phi bench vdfs` boots it with a disk that the host made and reads the lines `bench NAME VALUE UNIT`.
import { defineImage, KiB, MiB, type Service } from "../linker/image/schema.ts";
import bench from "./bench.ts";
import store, { vdfs } from "./store.ts";

const { console } = bench.services;
const { clock, bus, "virtio-blk": disk } = store.services;

export default defineImage({
  name: "bench-disk",
  summary: "measures reads and writes of the store and its driver, prints the figures, and powers off",
  services: {
    console: console as Service,
    clock: clock as Service,
    bus: bus as Service,
    "virtio-blk": disk as Service,
    vdfs,
    "bench-disk": {
      required: true,
      restart: "never",
      memory: 4 * MiB,
      calls: { console: {}, init: { role: 1, buffer: 4 * KiB }, vdfs: {} },
      system: ["info"],
    },
  },
});
