// The shell image with a driver for each device that a machine may have; those that it has not got answer E_ABSENT. Without an IOMMU
// their devices reach all memory: trustedDma says that this is known, and the boot log repeats it for each device that is there.
import { defineImage, MiB, type Service } from "../linker/image/schema.ts";
import shell from "./shell.ts";

/** Above whom they serve, below the bus, whom they call. */
const driver: Service = { priority: 32, memory: 2 * MiB, trustedDma: true };

export default defineImage({
  name: "disk",
  summary: "a shell, and drivers of disks, network, entropy, console and input",
  modules: shell.modules,
  services: {
    ...shell.services,
    "virtio-blk": { ...driver, drives: "virtio-blk" },
    nvme: { ...driver, drives: "nvme" },
    "virtio-rng": { ...driver, drives: "virtio-rng" },
    "virtio-net": { ...driver, drives: "virtio-net" },
    "virtio-console": { ...driver, drives: "virtio-console" },
    "virtio-input": { ...driver, drives: "virtio-input" },
  },
});
