// What `phi run --disk` boots: the image run-files, and the store on a disk of the machine. The program gets the store's root.
import { defineImage, KiB, MiB } from "../linker/image/schema.ts";
import files from "./run-files.ts";

const { wasi, ...services } = files.services;

export default defineImage({
  ...files,
  name: "run-disk",
  summary: "runs one WASI program on files of a disk, and ends with its status",
  services: {
    ...services,
    "virtio-blk": { priority: 34, memory: 2 * MiB, drives: "virtio-blk", trustedDma: true },
    vdfs: {
      priority: 32,
      memory: 48 * MiB,
      calls: { console: { buffer: 4 * KiB }, clock: { buffer: 4 * KiB }, "virtio-blk": { buffer: 4 * KiB } },
    },
    wasi: { ...wasi, calls: { ...wasi?.calls, vdfs: { buffer: 64 * KiB } } },
  },
});
