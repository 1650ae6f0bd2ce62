// A shell with the commands of files, and a store of files and of vectors on the machine's first disk: `phi boot --image store --disk IMAGE`. Without an IOMMU the
// driver's device reaches all memory, which trustedDma says is known.
import { defineImage, KiB, MiB } from "../linker/image/schema.ts";
import shell from "./shell.ts";

const { shell: prompt, ...others } = shell.services;

export default defineImage({
  name: "store",
  summary: "a shell, and files and vector indices on the first disk: `ls`, `cat`, `write`, `search`",
  modules: shell.modules,
  services: {
    ...others,
    "virtio-blk": { priority: 32, memory: 2 * MiB, drives: "virtio-blk", trustedDma: true },
    vdfs: {
      priority: 28,
      memory: 48 * MiB,
      calls: { console: {}, clock: { buffer: 4 * KiB }, "virtio-blk": { buffer: 4 * KiB } },
    },
    vectors: {
      priority: 24,
      memory: 64 * MiB,
      mints: true,
      numbers: { cache: 32 * MiB },
      calls: { vdfs: { buffer: 64 * KiB } },
    },
    shell: { ...prompt, calls: { ...prompt?.calls, vdfs: {}, vectors: { buffer: 32 * KiB } } },
  },
});
