// Snapshots, transactions, shared contents, and files without a name that somebody has open.
import { beforeAll, describe, expect, it } from "vitest";
import { MemoryDisk } from "../../../scripts/vdfs/disk.ts";
import { KIND, ROOT_NODE, Store, storeModule } from "../../../scripts/vdfs/store.ts";
import { applyToStore, digestOfStore, expectSound, Model, Random, someBytes, someChange } from "./model.ts";

const COMPILE_MS = 240_000;
const SIZES = { nodes: 256, slots: 8, dirty: 32 };
const PAGES = 4096;

beforeAll(storeModule, COMPILE_MS);

async function fresh(disk = new MemoryDisk(PAGES), sizes = SIZES): Promise<Store> {
  const store = await Store.create(disk, sizes);
  store.format([5n, 6n]);
  return store;
}

describe("snapshots", () => {
  for (let seed = 1; seed <= 6; seed++) {
    it(`keep what was there, in any order of making and deleting, seed ${seed}`, async () => {
      const random = new Random(seed * 31);
      const disk = new MemoryDisk(PAGES);
      let store = await fresh(disk);
      const empty = store.figure("free_pages");
      const model = new Model();
      const kept = new Map<string, string>();
      for (let step = 0; step < 200; step++) {
        const change = someChange(random, model, 30_000);
        model.apply(change);
        applyToStore(store, change);
        if (random.below(12) === 0) {
          store.makeSnapshot(`s${step}`);
          kept.set(`s${step}`, model.digest());
        }
        if (random.below(25) === 0 && kept.size > 0) {
          const name = random.pick([...kept.keys()]);
          store.deleteSnapshot(name);
          kept.delete(name);
          expectSound(store);
        }
        if (random.below(40) === 0) {
          store.sync();
          store = await Store.create(disk, SIZES);
          store.mount();
        }
      }
      expectSound(store);
      for (const [name, digest] of kept) {
        const view = store.openView(name);
        expect(digestOfStore(store, view)).toBe(digest);
        store.raw("close_view", view);
      }
      expect(digestOfStore(store)).toBe(model.digest());
      for (const name of kept.keys()) store.deleteSnapshot(name);
      for (const path of model
        .paths()
        .filter((p) => p !== "")
        .sort((a, b) => b.length - a.length)) {
        const parts = path.split("/");
        const name = parts.pop() as string;
        let directory = ROOT_NODE;
        for (const part of parts) directory = store.lookup(directory, part).node;
        store.unlink(directory, name);
      }
      expectSound(store);
      // everything has been given back but the root's leaf
      store.call("checkpoint");
      expect(empty - store.figure("free_pages")).toBeLessThanOrEqual(4);
    });
  }
});

describe("transactions", () => {
  it("happen as a whole or not at all", async () => {
    const disk = new MemoryDisk(PAGES);
    const store = await fresh(disk);
    store.create(ROOT_NODE, "before");
    store.call("begin");
    const node = store.create(ROOT_NODE, "during");
    store.write(node, 0, someBytes(new Random(1), 400_000));
    store.unlink(ROOT_NODE, "before");
    store.call("abort");
    expect(store.list(ROOT_NODE).map(({ name }) => name)).toEqual(["before"]);
    store.call("begin");
    store.create(ROOT_NODE, "one");
    store.create(ROOT_NODE, "two");
    expect(store.raw("sync")).toBeLessThan(0n);
    store.call("end");
    store.sync();
    const again = await Store.create(disk, SIZES);
    again.mount();
    expect(
      again
        .list(ROOT_NODE)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["before", "one", "two"]);
  });
});

describe("contents", () => {
  it("that are equal are on the disk once, until the last is removed", async () => {
    const store = await fresh();
    const content = someBytes(new Random(9), 200_000);
    for (let i = 0; i < 10; i++) store.write(store.create(ROOT_NODE, `copy-${i}`), 0, content);
    store.call("checkpoint");
    store.call("checkpoint");
    const used = PAGES - store.figure("free_pages");
    expect(used).toBeLessThan(300);
    for (let i = 0; i < 9; i++) store.unlink(ROOT_NODE, `copy-${i}`);
    expect(Buffer.compare(store.readAll(store.lookup(ROOT_NODE, "copy-9").node), content)).toBe(0);
    expectSound(store);
  });

  it("cut where they are equal again after something else", async () => {
    const store = await fresh(new MemoryDisk(PAGES), { ...SIZES, dirty: 128 });
    const content = Buffer.concat(Array.from({ length: 60 }, (_, i) => someRandomPage(i)));
    store.write(store.create(ROOT_NODE, "a"), 0, content);
    store.call("checkpoint");
    const before = store.figure("shared_pages");
    store.write(store.create(ROOT_NODE, "b"), 0, Buffer.concat([someRandomPage(1000), someRandomPage(1001), content]));
    store.call("checkpoint");
    expect(store.figure("shared_pages") - before).toBeGreaterThan(40);
  });
});

function someRandomPage(seed: number): Buffer {
  const random = new Random(seed + 1);
  return Buffer.from(Uint8Array.from({ length: 4096 }, () => random.below(256)));
}

describe("an open file", () => {
  it("outlives its last name, and goes with the last who has it open, or with the power", async () => {
    const disk = new MemoryDisk(PAGES);
    const store = await fresh(disk);
    const content = someBytes(new Random(3), 50_000);
    const node = store.create(ROOT_NODE, "file");
    store.write(node, 0, content);
    store.call("open", node);
    store.unlink(ROOT_NODE, "file");
    store.write(node, 10, Buffer.from("still there"));
    expect(Buffer.from(store.read(node, 10, 11)).toString()).toBe("still there");
    store.sync();
    const after = await Store.create(disk.copy(), SIZES);
    after.mount();
    expect(after.raw("status", 0, node, 8192)).toBeLessThan(0n);
    expectSound(after);
    store.call("forget", node);
    expect(store.raw("status", 0, node, 8192)).toBeLessThan(0n);
    expectSound(store);
  });
});

describe("many names", () => {
  it("are found, listed and removed in one directory", async () => {
    const disk = new MemoryDisk(8192);
    let store = await fresh(disk);
    const directory = store.create(ROOT_NODE, "many", KIND.directory);
    const count = 6000;
    for (let i = 0; i < count; i++) store.create(directory, `name-${i}`);
    const names = store.list(directory).map(({ name }) => name);
    expect(new Set(names).size).toBe(count);
    for (let i = 0; i < count; i += 2) store.unlink(directory, `name-${i}`);
    expect(store.list(directory).length).toBe(count / 2);
    // from the disk, where each node is looked at
    store.sync();
    store = await Store.create(disk, SIZES);
    store.mount();
    expectSound(store);
    for (let i = 1; i < count; i += 2) expect(store.lookup(directory, `name-${i}`).kind).toBe(KIND.file);
    expect(store.lookup(directory, "name-4711").kind).toBe(KIND.file);
    expectSound(store);
    for (let i = 1; i < count; i += 2) store.unlink(directory, `name-${i}`);
    expect(store.list(directory)).toEqual([]);
    expectSound(store);
  });
});
