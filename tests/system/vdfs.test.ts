// The store on a disk of the machine: what a guest wrote and synced is there after the power went, for the next guest and for the host.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileDisk } from "../../scripts/vdfs/disk.ts";
import { KIND, ROOT_NODE, Store } from "../../scripts/vdfs/store.ts";
import { bootWithServices, storeServices } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const MiB = 1 << 20;
const DISK_BYTES = 16 * MiB;
const BOOTS = 2;
const directory = temporaryDirectory();

function pattern(boot: number): Buffer {
  const bytes = Buffer.alloc(5000 + boot * 7001);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 13 + (i >> 8) * 7 + boot * 31) & 255;
  return bytes;
}

async function makeDisk(file: string): Promise<void> {
  const disk = FileDisk.create(file, DISK_BYTES);
  (await Store.create(disk)).format([1n, 2n]);
  disk.close();
}

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "what was synced is there after a power cut, by a store and a client in %s",
    async (isolation) => {
      const file = join(directory, `${arch}-${isolation}.disk`);
      await makeDisk(file);
      for (let boot = 0; boot < BOOTS; boot++) {
        await using guest = await bootWithServices(
          arch,
          directory,
          {
            ...storeServices(isolation),
            "vdfs-user": { service: { isolation, restart: "never", calls: { console: {}, vdfs: {} } } },
          },
          [],
          { devices: [{ kind: "disk", file }] },
        );
        await guest.waitFor(/vdfs: \d+ boots before, checks \d+, first failed \d+, answer/);
        expect(guest.output).toMatch(new RegExp(`vdfs: ${boot} boots before, checks \\d+, first failed 0,`));
        await guest.kill();
      }
      const disk = FileDisk.open(file, false);
      const store = await Store.create(disk);
      store.mount(true);
      const names = store
        .list(ROOT_NODE)
        .map((entry) => entry.name)
        .sort();
      expect(names).toEqual(["boot-0", "boot-1", "counter"]);
      for (let boot = 0; boot < BOOTS; boot++) {
        const entry = store.lookup(ROOT_NODE, `boot-${boot}`);
        expect(entry.kind).toBe(KIND.file);
        expect(Buffer.compare(store.readAll(entry.node), pattern(boot))).toBe(0);
      }
      disk.close();
    },
    LIMIT_MS,
  );
});
