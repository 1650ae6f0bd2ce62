// The store over drivers that are killed in the midst of its writes, on virtio and NVMe, behind an IOMMU where there is one: what was synced is there for the
// host, clients keep what they have, and two of them share the pages of a file.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { verify } from "../../scripts/phi/disk.ts";
import { FileDisk } from "../../scripts/vdfs/disk.ts";
import { ROOT_NODE, Store } from "../../scripts/vdfs/store.ts";
import { bootWithServices, DISKS, storeServices } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const DISK_BYTES = 16 << 20;
const FILES = 10;
const FILE_BYTES = 12_000;
const directory = temporaryDirectory();

function pattern(file: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: FILE_BYTES }, (_, at) => at * 13 + (at >> 8) * 7 + file * 31));
}

describe.each(TESTED)("%s", (arch) => {
  test.each(DISKS.filter(({ of }) => of === arch))(
    "the store on $device in $isolation loses nothing that it has acknowledged",
    async ({ device, isolation }) => {
      const file = join(directory, `${arch}-${device}.disk`);
      const empty = FileDisk.create(file, DISK_BYTES);
      (await Store.create(empty)).format([1n, 2n]);
      empty.close();
      const iommu = arch === "x86_64";
      const driver = { trustedDma: !iommu, restart: { limit: 100, window_seconds: 60 } };
      const client = { isolation, restart: "never" } as const;
      const disk = { kind: "disk", file, interface: device, ...(device === "virtio" ? { queues: 4 } : {}) } as const;
      await using guest = await bootWithServices(
        arch,
        directory,
        {
          ...storeServices(isolation, device, driver),
          crasher: { folder: "crasher", service: { priority: 34, calls: { init: { role: 1, buffer: 0 } } } },
          "store-load": {
            service: {
              ...client,
              numbers: { files: FILES },
              calls: { console: {}, vdfs: {}, init: { role: 1, buffer: 4096 }, crasher: { buffer: 0 } },
            },
          },
          "store-reader": { service: { ...client, calls: { vdfs: {} } } },
        },
        [],
        { devices: [disk], iommu },
      );
      await guest.waitFor(/store-load: synced .*seen/, LIMIT_MS);
      expect(guest.output).toContain(
        `store-load: synced ${FILES} crashes ${FILES} trouble 0 same mapped copied 0 seen`,
      );
      await guest.kill();
      const written = FileDisk.open(file, false);
      const store = await Store.create(written);
      store.mount(true);
      for (let at = 0; at < FILES; at++)
        expect(Buffer.compare(store.readAll(store.lookup(ROOT_NODE, `file-${at}`).node), pattern(at))).toBe(0);
      written.close();
      expect(await verify(file, true)).toBe(0);
    },
    LIMIT_MS,
  );
});
