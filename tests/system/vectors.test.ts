// Vector indices in a guest: the service on the store on a disk of the machine. One client owns an index that it makes, another may only
// search one that the host made; what was committed is there after the power went, for the host.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Isolation } from "../../linker/image/schema.ts";
import { FileDisk } from "../../scripts/vdfs/disk.ts";
import { ROOT_NODE, Store } from "../../scripts/vdfs/store.ts";
import { createIndex, openIndex } from "../../scripts/vdfs/vector-files.ts";
import { METRIC } from "../../scripts/vdfs/vectors.ts";
import { bootWithServices, type Extra, storeServices } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const MiB = 1 << 20;
const DIMENSIONS = 8;
const COUNT = 120;
const directory = temporaryDirectory();

/** The same as in tests/system/guest/vectors-user.ts. */
function vector(of: number): Float32Array {
  return Float32Array.from({ length: DIMENSIONS }, (_none, place) => (of * (place + 3) * 7) % 127);
}

async function makeDisk(file: string): Promise<void> {
  const disk = FileDisk.create(file, 16 * MiB);
  const store = await Store.create(disk);
  store.format([1n, 2n]);
  const shape = { dimensions: DIMENSIONS, metric: METRIC.l2, links: 8, breadth: 40 };
  const index = await createIndex(store, ROOT_NODE, "given", shape);
  for (let of = 0; of < COUNT; of++) expect(index.insert(`v${of}`, vector(of))).toBe(of);
  expect(index.commit()).toBe(0);
  store.call("checkpoint");
  disk.close();
}

/** With a cache of eight pages everything goes through the store, or is its own pages. */
function service(isolation: Isolation, windows: number): Extra {
  const numbers = { cache: 0, windows };
  const calls = { vdfs: { buffer: 16384 } };
  return { folder: "vectors", service: { isolation, memory: 16 * MiB, mints: true, numbers, calls } };
}

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "an index is searched in the store's own pages: no byte is copied; in %s",
    async (isolation) => {
      const file = join(directory, `${arch}-${isolation}-shown.disk`);
      await makeDisk(file);
      await using guest = await bootWithServices(
        arch,
        directory,
        {
          ...storeServices(isolation),
          vectors: service(isolation, 6),
          reader: {
            source: "vectors-user",
            service: {
              isolation,
              restart: "never",
              numbers: { owner: 0, shown: 1 },
              calls: { console: {}, vectors: { role: 0, buffer: 4096 }, vdfs: { buffer: 4096 } },
            },
          },
        },
        [],
        { devices: [{ kind: "disk", file }] },
      );
      await guest.waitFor(/reader: checks \d+, first failed \d+, answer/);
      expect(guest.output).toMatch(/reader: checks 1\d, first failed 0,/);
    },
    LIMIT_MS,
  );

  test.each(["sfi", "hw"].flatMap((mode) => [0, 6].map((windows) => [mode as Isolation, windows] as const)))(
    "an index made in the guest is the host's after a power cut, and one of the host's is searched; all in %s, with %i MiB shown",
    async (isolation, windows) => {
      const file = join(directory, `${arch}-${isolation}-${windows}.disk`);
      await makeDisk(file);
      const user = (owner: number) => ({
        source: "vectors-user",
        service: {
          isolation,
          restart: "never",
          numbers: { owner },
          calls: { console: {}, vectors: { role: owner, buffer: 4096 } },
        } as const,
      });
      await using guest = await bootWithServices(
        arch,
        directory,
        {
          ...storeServices(isolation),
          vectors: service(isolation, windows),
          owner: user(1),
          reader: user(0),
        },
        [],
        { devices: [{ kind: "disk", file }] },
      );
      // the two end in no order
      await guest.waitFor(/(owner|reader): checks \d+, first failed \d+, answer/);
      await guest.waitFor(/(owner|reader): checks \d+, first failed \d+, answer/);
      expect(guest.output).toMatch(/owner: checks 1\d, first failed 0,/);
      expect(guest.output).toMatch(/reader: checks 1\d, first failed 0,/);
      await guest.kill();
      const disk = FileDisk.open(file, true);
      const store = await Store.create(disk);
      store.mount(false);
      const index = await openIndex(store, ROOT_NODE, "made");
      expect(index.size).toBe(COUNT - 2);
      expect([index.find("v5"), index.find("v7"), index.find("v9")]).toEqual([-1, -1, 9]);
      for (const of of [0, 9, 60, 119])
        expect(index.search(vector(of), 1, 40)[0]).toEqual({ name: `v${of}`, distance: 0 });
      disk.close();
    },
    LIMIT_MS,
  );
});
