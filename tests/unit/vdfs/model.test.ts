// The store against its model: random changes with the same answers and the same tree, before and after it is mounted anew; and
// after each run the map of the space names exactly what the trees do.
import { beforeAll, describe, expect, it } from "vitest";
import { MemoryDisk } from "../../../scripts/vdfs/disk.ts";
import { Store, storeModule } from "../../../scripts/vdfs/store.ts";
import { applyToStore, digestOfStore, expectSound, Model, Random, someChange } from "./model.ts";

const COMPILE_MS = 240_000;
const SIZES = { nodes: 256, slots: 8, dirty: 32 };
const PAGES = 8192;
let time = 0n;

beforeAll(storeModule, COMPILE_MS);

async function storeOn(disk: MemoryDisk): Promise<Store> {
  const store = await Store.create(disk, SIZES);
  store.now = () => ++time;
  return store;
}

describe("the store against a model", () => {
  for (let seed = 1; seed <= 12; seed++) {
    it(`answers and holds the same, seed ${seed}`, async () => {
      const random = new Random(seed);
      const disk = new MemoryDisk(PAGES);
      let store = await storeOn(disk);
      store.format([1n, BigInt(seed)]);
      const model = new Model();
      for (let step = 0; step < 250; step++) {
        const change = someChange(random, model, seed % 3 === 0 ? 2_000_000 : 60_000);
        const wanted = model.apply(change);
        expect([step, change, applyToStore(store, change)]).toEqual([step, change, wanted]);
        const chance = random.below(20);
        if (chance === 0) store.sync();
        if (chance === 1) store.call("checkpoint");
        if (chance === 2) {
          store.sync();
          store = await storeOn(disk);
          store.mount();
        }
      }
      expect(digestOfStore(store)).toBe(model.digest());
      expectSound(store);
      store = await storeOn(disk);
      store.mount();
      expect(digestOfStore(store)).toBe(model.digest());
    });
  }
});
