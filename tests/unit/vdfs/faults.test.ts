// What goes wrong: a full disk, quotas, a device that fails or goes, damage. Each has its own error, what was acknowledged stays, and what
// is left can be read.
import { beforeAll, describe, expect, it } from "vitest";
import { type Disk, MemoryDisk, PAGE_BYTES } from "../../../scripts/vdfs/disk.ts";
import { ERROR, StoreError } from "../../../scripts/vdfs/errors.ts";
import { KIND, ROOT_NODE, Store, storeModule } from "../../../scripts/vdfs/store.ts";
import { emptyCount, scrub } from "../../../scripts/vdfs/tree.ts";
import { digestOfStore, expectSound, Random } from "./model.ts";

const COMPILE_MS = 240_000;
const SIZES = { nodes: 256, slots: 8, dirty: 32 };
const PAGES = 1024;
/** Superblocks, log, map of the space and its table lie before it. */
const FIRST_DATA = 22;
const ROOT_ENTRY = { name: "", node: ROOT_NODE, kind: KIND.directory };

beforeAll(storeModule, COMPILE_MS);

/** A disk whose operations fail on demand. */
class FaultyDisk implements Disk {
  reading = 0;
  writing = 0;

  constructor(readonly medium: MemoryDisk) {}

  get pages(): number {
    return this.medium.pages;
  }

  read(page: number, into: Uint8Array): number {
    return this.reading < 0 ? this.reading : this.medium.read(page, into);
  }

  write(page: number, from: Uint8Array): number {
    return this.writing < 0 ? this.writing : this.medium.write(page, from);
  }

  flush(): number {
    return this.writing;
  }
}

async function fresh(disk: Disk = new MemoryDisk(PAGES)): Promise<Store> {
  const store = await Store.create(disk, SIZES);
  store.format([3n, 4n]);
  return store;
}

async function mounted(disk: Disk): Promise<Store> {
  const store = await Store.create(disk, SIZES);
  store.mount();
  return store;
}

function errorOf(work: () => void): number {
  try {
    work();
    return 0;
  } catch (error) {
    if (error instanceof StoreError) return error.error;
    throw error;
  }
}

function bytes(seed: number, length: number): Buffer {
  const random = new Random(seed);
  return Buffer.from(Uint8Array.from({ length }, () => random.below(256)));
}

describe("a full disk", () => {
  it("answers E_NO_SPACE, keeps what it has, lets files be removed, and takes new ones then", async () => {
    const disk = new MemoryDisk(PAGES);
    const store = await fresh(disk);
    const kept: Buffer[] = [];
    let error = 0;
    for (let i = 0; error === 0 && i < 1000; i++) {
      error = errorOf(() => {
        const node = store.create(ROOT_NODE, `file-${i}`);
        const content = bytes(i + 1, 20_000);
        store.write(node, 0, content);
        store.sync();
        kept.push(content);
      });
    }
    expect(error).toBe(ERROR.NO_SPACE);
    expect(kept.length).toBeGreaterThan(100);
    const again = await mounted(disk);
    for (const [i, content] of kept.entries())
      expect(Buffer.compare(again.readAll(again.lookup(ROOT_NODE, `file-${i}`).node), content)).toBe(0);
    for (let i = 0; i < 20; i++) again.unlink(ROOT_NODE, `file-${i}`);
    again.sync();
    const node = again.create(ROOT_NODE, "new");
    again.write(node, 0, bytes(7, 100_000));
    again.sync();
    expectSound(again);
  });
});

describe("quotas", () => {
  it("limit a subtree, follow sizes and removals, and nest", async () => {
    const store = await fresh();
    const outer = store.create(ROOT_NODE, "outer", KIND.directory);
    store.setQuota(outer, 100_000);
    const inner = store.create(outer, "inner", KIND.directory);
    store.setQuota(inner, 40_000);
    const file = store.create(inner, "file");
    expect(errorOf(() => store.write(file, 0, bytes(1, 50_000)))).toBe(ERROR.QUOTA);
    expect(store.status(file).size).toBe(0);
    store.write(file, 0, bytes(1, 30_000));
    expect(store.quota(inner)).toEqual({ limit: 40_000, used: 8 * 4096 + 1024 });
    expect(store.quota(outer).used).toBe(8 * 4096 + 1024 + 512);
    const other = store.create(outer, "other");
    expect(errorOf(() => store.write(other, 0, bytes(2, 65_536)))).toBe(ERROR.QUOTA);
    expect(errorOf(() => store.rename(inner, ROOT_NODE, "file", "file"))).toBe(ERROR.CROSSES);
    store.truncate(file, 1);
    store.write(other, 0, bytes(2, 65_536));
    store.unlink(inner, "file");
    expect(store.quota(inner).used).toBe(512);
    expect(errorOf(() => store.truncate(other, 1 << 20))).toBe(ERROR.QUOTA);
    const outside = store.create(ROOT_NODE, "outside");
    store.write(outside, 0, bytes(3, 200_000));
    expectSound(store);
  });
});

it("a quota is charged for names and tags, as long as they are there", async () => {
  const store = await fresh();
  const directory = store.create(ROOT_NODE, "limited", KIND.directory);
  store.setTag(directory, "before", "the quota");
  store.setQuota(directory, 512 * 7);
  const file = store.create(directory, "file");
  expect(store.quota(directory).used).toBe(512 * 3);
  store.link(file, directory, "second");
  store.setTag(file, "colour", "red");
  store.setTag(file, "colour", "blue");
  store.setTag(directory, "kind", "x");
  expect(store.quota(directory).used).toBe(512 * 6);
  store.link(file, directory, "third");
  expect(errorOf(() => store.link(file, directory, "fourth"))).toBe(ERROR.QUOTA);
  expect(errorOf(() => store.setTag(file, "size", "large"))).toBe(ERROR.QUOTA);
  store.setTag(file, "colour", "green");
  expect(store.status(file).links).toBe(3);
  store.unlink(directory, "third");
  store.setTag(directory, "kind", null);
  expect(store.quota(directory).used).toBe(512 * 5);
  const twin = store.create(directory, "twin");
  store.rename(directory, directory, "twin", "second");
  expect(store.quota(directory).used).toBe(512 * 5);
  store.unlink(directory, "file");
  expect(store.quota(directory).used).toBe(512 * 3);
  expect(store.status(twin).links).toBe(1);
  store.sync();
  expectSound(store);
});

it("a quota that an open file without a name had filled admits again what the log had admitted", async () => {
  const disk = new MemoryDisk(PAGES);
  const store = await fresh(disk);
  const directory = store.create(ROOT_NODE, "limited", KIND.directory);
  store.setQuota(directory, 40_000);
  const first = store.create(directory, "first");
  store.write(first, 0, bytes(1, 30_000));
  store.call("open", first);
  store.unlink(directory, "first");
  store.call("checkpoint");
  store.call("forget", first);
  const second = store.create(directory, "second");
  store.write(second, 0, bytes(2, 30_000));
  store.sync();
  const again = await Store.create(disk);
  again.mount();
  expect(again.figure("is_salvaged")).toBe(0);
  expect(Buffer.compare(again.readAll(again.lookup(directory, "second").node), bytes(2, 30_000))).toBe(0);
  expect(again.quota(directory)).toEqual({ limit: 40_000, used: 8 * 4096 + 1024 });
  expectSound(again);
});

describe("a device that fails", () => {
  it("that takes no writes any more can be read; once it takes them again, the store does", async () => {
    const disk = new FaultyDisk(new MemoryDisk(PAGES));
    const store = await fresh(disk);
    const content = bytes(1, 9000);
    const node = store.create(ROOT_NODE, "kept");
    store.write(node, 0, content);
    store.sync();
    disk.writing = ERROR.DEVICE;
    store.write(store.create(ROOT_NODE, "lost"), 0, bytes(2, 4096));
    expect(errorOf(() => store.sync())).toBe(ERROR.DEVICE);
    for (let round = 0; round < 3; round++) {
      expect(Buffer.compare(store.readAll(store.lookup(ROOT_NODE, "kept").node), content)).toBe(0);
      expect(store.list(ROOT_NODE).map(({ name }) => name)).toEqual(["kept"]);
      expect(errorOf(() => store.create(ROOT_NODE, "more"))).toBe(ERROR.DEVICE);
      expect(errorOf(() => store.makeSnapshot("more"))).toBe(ERROR.DEVICE);
    }
    // nor does a store that is taken up there, with what the log says in it
    const second = await Store.create(disk, SIZES);
    second.mount();
    expect(Buffer.compare(second.readAll(second.lookup(ROOT_NODE, "kept").node), content)).toBe(0);
    expect(errorOf(() => second.create(ROOT_NODE, "more"))).toBe(ERROR.DEVICE);
    disk.writing = 0;
    expect(errorOf(() => store.sync())).toBe(ERROR.DEVICE); // "lost" is: whoever syncs is told, once
    store.write(store.create(ROOT_NODE, "more"), 0, content);
    store.sync();
    expectSound(store);
    const again = await mounted(disk.medium);
    expect(
      again
        .list(ROOT_NODE)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["kept", "more"]);
  });

  it.each([ERROR.DEVICE, ERROR.ABSENT])(
    "loses nothing that was acknowledged and says so once (error %i)",
    async (why) => {
      const disk = new FaultyDisk(new MemoryDisk(PAGES));
      const store = await fresh(disk);
      const node = store.create(ROOT_NODE, "kept");
      store.write(node, 0, bytes(1, 9000));
      store.sync();
      const before = digestOfStore(store);
      disk.writing = why;
      store.write(node, 0, bytes(2, 4096));
      expect(errorOf(() => store.sync())).toBe(why);
      expect(errorOf(() => store.create(ROOT_NODE, "more"))).toBe(why);
      disk.writing = 0;
      // what was written since is gone, and the next sync says that
      expect(digestOfStore(store)).toBe(before);
      expect(errorOf(() => store.sync())).toBe(why);
      store.sync();
      store.write(store.lookup(ROOT_NODE, "kept").node, 0, bytes(3, 4096));
      store.sync();
      expectSound(store);
    },
  );

  it("gives the number of what was lost to nothing else, and the log says so", async () => {
    const disk = new FaultyDisk(new MemoryDisk(PAGES));
    const store = await fresh(disk);
    store.create(ROOT_NODE, "kept");
    store.sync();
    const lost = store.create(ROOT_NODE, "lost");
    disk.writing = ERROR.DEVICE;
    expect(errorOf(() => store.sync())).toBe(ERROR.DEVICE);
    disk.writing = 0;
    expect(errorOf(() => store.lookup(ROOT_NODE, "lost"))).toBe(ERROR.NOT_FOUND);
    const next = store.create(ROOT_NODE, "next");
    expect(next).toBeGreaterThan(lost);
    expect(errorOf(() => store.status(lost))).toBe(ERROR.NOT_FOUND);
    expect(errorOf(() => store.sync())).toBe(ERROR.DEVICE);
    store.sync();
    const again = await mounted(disk);
    expect(again.lookup(ROOT_NODE, "next").node).toBe(next);
    expect(again.create(ROOT_NODE, "one more")).toBeGreaterThan(next);
    expectSound(again);
  });

  it("gives no number again that a service which crashed may have given", async () => {
    const disk = new FaultyDisk(new MemoryDisk(PAGES));
    const crashed = await fresh(disk);
    const kept = crashed.create(ROOT_NODE, "kept");
    crashed.sync();
    const lost = crashed.create(ROOT_NODE, "lost");
    const next = await mounted(disk);
    next.call("pass_numbers_over");
    expect(errorOf(() => next.status(lost))).toBe(ERROR.NOT_FOUND);
    expect(next.create(ROOT_NODE, "next")).toBeGreaterThan(lost);
    next.sync();
    const again = await mounted(disk);
    expect(again.lookup(ROOT_NODE, "kept").node).toBe(kept);
    expect(errorOf(() => again.status(lost))).toBe(ERROR.NOT_FOUND);
    expectSound(again);
  });

  it("answers reads that fail with its error, and reads again when it is back", async () => {
    const medium = new MemoryDisk(PAGES);
    const first = await fresh(medium);
    const node = first.create(ROOT_NODE, "file");
    const content = bytes(5, 300_000);
    first.write(node, 0, content);
    first.call("checkpoint");
    const disk = new FaultyDisk(medium);
    const store = await mounted(disk);
    const found = store.lookup(ROOT_NODE, "file").node;
    disk.reading = ERROR.DEVICE;
    expect(errorOf(() => store.readAll(found))).toBe(ERROR.DEVICE);
    disk.reading = 0;
    expect(Buffer.compare(store.readAll(found), content)).toBe(0);
  });
});

describe("damage", () => {
  it("of any page of data is found and named, never read as good", async () => {
    const disk = new MemoryDisk(PAGES);
    const store = await fresh(disk);
    const contents = new Map<string, Buffer>();
    for (let i = 0; i < 6; i++) {
      const content = bytes(100 + i, 30_000);
      const node = store.create(ROOT_NODE, `f${i}`);
      store.write(node, 0, content);
      contents.set(`f${i}`, content);
    }
    store.call("checkpoint");
    const random = new Random(77);
    let found = 0;
    for (const page of disk.written()) {
      const copy = disk.copy();
      copy.damage(page, (block) => {
        block[random.below(PAGE_BYTES)] ^= 1 << random.below(8);
      });
      const hurt = await Store.create(copy, SIZES);
      const answer = Number(hurt.raw("mount", 0));
      if (answer < 0) {
        expect(answer).toBe(ERROR.DAMAGED);
        continue;
      }
      const damages = scrub(hurt, ROOT_ENTRY, emptyCount());
      found += damages.length > 0 ? 1 : 0;
      for (const damage of damages) expect(damage.error).toBe(ERROR.DAMAGED);
      const bad = new Set(damages.map(({ path }) => path));
      for (const [name, content] of contents) {
        if (bad.has(`/${name}`) || bad.has("/")) continue;
        expect(Buffer.compare(hurt.readAll(hurt.lookup(ROOT_NODE, name).node), content)).toBe(0);
      }
    }
    expect(found).toBeGreaterThan(40);
  });

  it("of any page under a log that is not empty: nothing wrong is read, and where nobody knows what is free nothing is written", async () => {
    const disk = new MemoryDisk(PAGES);
    const store = await fresh(disk);
    const contents = new Map<string, Buffer>();
    const write = (name: string, seed: number) => {
      const content = bytes(seed, 100);
      store.write(store.create(ROOT_NODE, name), 0, content);
      contents.set(name, content);
    };
    for (let i = 0; i < 300; i++) write(`f${i}`, 300 + i);
    store.call("checkpoint");
    for (let i = 0; i < 60; i += 4) store.rename(ROOT_NODE, ROOT_NODE, `f${i}`, `h${i}`);
    for (let i = 0; i < 20; i++) write(`g${i}`, 700 + i);
    store.sync();
    const random = new Random(79);
    let [readOnly, salvaged] = [0, 0];
    // in a map of the space zeros are pages in use that count as free: wherever they begin, somebody's node is the next
    const offsets = (page: number) =>
      page < FIRST_DATA ? Array.from({ length: 60 }, (_, i) => i) : [random.below(200)];
    const places = disk.written().flatMap((page) => offsets(page).map((offset) => ({ page, offset })));
    for (const { page, offset } of places) {
      const copy = disk.copy();
      copy.damage(page, (block) => block.fill(0, offset, offset + 40));
      const before = copy.copy();
      const hurt = await Store.create(copy, SIZES);
      if (Number(hurt.raw("mount", 0)) < 0) continue;
      if (hurt.figure("is_read_only") === 1) {
        readOnly++;
        salvaged += hurt.figure("is_salvaged");
        const [now, then] = [Buffer.alloc(PAGE_BYTES), Buffer.alloc(PAGE_BYTES)];
        for (let at = 0; at < PAGES && page < FIRST_DATA; at++) {
          copy.read(at, now);
          before.read(at, then);
          expect([page, at, now.equals(then)]).toEqual([page, at, true]);
        }
      }
      const bad = new Set(scrub(hurt, ROOT_ENTRY, emptyCount()).map(({ path }) => path));
      if (bad.has("/")) continue;
      for (const { name, node } of hurt.list(ROOT_NODE)) {
        if (bad.has(`/${name}`)) continue;
        const content = contents.get(name) ?? contents.get(name.replace("h", "f"));
        expect([page, name, Buffer.compare(hurt.readAll(node), content as Buffer)]).toEqual([page, name, 0]);
      }
    }
    expect(readOnly).toBeGreaterThan(0);
    expect(salvaged).toBeGreaterThan(0);
  });
});
