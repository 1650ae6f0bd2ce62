// A shell with the commands of files, and a store of files and of vectors on the machine's first disk, and a directory of the host's:
// `phi boot --image store --disk IMAGE --share DIRECTORY`. Without an IOMMU the drivers' devices reach all memory, which trustedDma says is known.
// Programs see of both what `run --dir` hands them, and nothing else.
import { defineImage, KiB, MiB, type Service } from "../linker/image/schema.ts";
import shell from "./shell.ts";

const { shell: prompt, wasi, ...others } = shell.services;

/** ROLE_HANDED of services/files/interface.ts. */
const handed = { role: 64, buffer: 32 * KiB };

/** The store on the disk of one driver, as images and tests have it that drive one disk; the image `store` lets it look for another. */
export const vdfs: Service = {
  priority: 28,
  memory: 64 * MiB,
  mints: true,
  numbers: { windows: 32 },
  calls: { console: {}, clock: { buffer: 4 * KiB }, "virtio-blk": { buffer: 4 * KiB } },
};

export default defineImage({
  name: "store",
  summary: "a shell, and files and vector indices on the first disk: `ls`, `cat`, `write`, `search`",
  modules: shell.modules,
  services: {
    ...others,
    "virtio-blk": { priority: 32, memory: 2 * MiB, drives: "virtio-blk", trustedDma: true },
    nvme: { priority: 32, memory: 2 * MiB, drives: "nvme", trustedDma: true },
    host: {
      module: "ninep",
      priority: 32,
      memory: 2 * MiB,
      drives: "virtio-9p",
      trustedDma: true,
      mints: true,
      keeps: 132 * KiB,
    },
    vdfs: { ...vdfs, calls: { ...vdfs.calls, nvme: { buffer: 4 * KiB } } },
    vectors: {
      priority: 24,
      memory: 64 * MiB,
      mints: true,
      numbers: { cache: 32 * MiB, windows: 24 },
      calls: { vdfs: { buffer: 64 * KiB } },
    },
    wasi: { ...wasi, calls: { ...wasi?.calls, vdfs: handed, host: handed } },
    shell: { ...prompt, calls: { ...prompt?.calls, vdfs: {}, host: {}, vectors: { buffer: 32 * KiB } } },
  },
});
