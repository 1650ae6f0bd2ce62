// What `phi run` boots when the program's directories are not packed into the archive: the image `run`, with directories of the host's by
// virtio-9p. The host is trusted with this machine's memory anyway, so that its devices may do without an IOMMU.
import { defineImage, KiB, MiB, type Service } from "../linker/image/schema.ts";
import run from "./run.ts";
import shell from "./shell.ts";

const { console, clock, wasi } = run.services;
const { bus } = shell.services;
/** Enough for a program's largest read or write in one call. */
const files = { buffer: 64 * KiB };

/** Directory number `unit` of the command line. */
function share(unit: number): Service {
  return { module: "ninep", priority: 32, memory: 2 * MiB, drives: "virtio-9p", unit, trustedDma: true };
}

export default defineImage({
  ...run,
  name: "run-files",
  summary: "runs one WASI program on directories of the host, and ends with its status",
  services: {
    console: console as Service,
    clock: clock as Service,
    bus: bus as Service,
    share0: share(0),
    share1: share(1),
    share2: share(2),
    share3: share(3),
    wasi: {
      ...wasi,
      calls: { ...wasi?.calls, share0: files, share1: files, share2: files, share3: files },
    },
  },
});
