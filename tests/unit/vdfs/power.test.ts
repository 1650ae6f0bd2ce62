// Power cuts: the store loses power in the middle of random changes, syncs and commits, a thousand times and more. Every time it mounts, what was
// acknowledged by a sync is there, and what it holds is the state after some change since: never a part of one, nothing wrong.
// Ten cuts in a row hit the same disk, so that a recovery is cut too.
import { beforeAll, expect, it } from "vitest";
import { MemoryDisk } from "../../../scripts/vdfs/disk.ts";
import { Store, storeModule } from "../../../scripts/vdfs/store.ts";
import { CutDisk } from "./cut-disk.ts";
import { applyToStore, type Change, digestOfStore, Model, Random, someChange } from "./model.ts";

const COMPILE_MS = 240_000;
const ROUNDS_MS = 400_000;
const SIZES = { nodes: 256, slots: 4, dirty: 24 };
const PAGES = 1024;
const DISKS = Number(process.env.PHI_POWER_CUTS ?? 1000) / 10;
const CUTS_A_DISK = 10;
const CHANGES_MAX = 40;
const FILE_BYTES = 24_000;
let time = 0n;

beforeAll(storeModule, COMPILE_MS);

async function storeOn(disk: CutDisk | MemoryDisk): Promise<Store> {
  const store = await Store.create(disk, SIZES);
  store.now = () => ++time;
  return store;
}

/** What may be found after a cut: the tree after the first `acknowledged` changes, and after each one since. */
interface Possible {
  changes: Change[];
  acknowledged: number;
  digests: string[];
}

/** Changes until the power goes, or there were enough. */
function work(store: Store, disk: CutDisk, random: Random, model: Model, changes: Change[]): Possible {
  const possible: Possible = { changes, acknowledged: changes.length, digests: [model.digest()] };
  for (let i = 0; i < CHANGES_MAX && !disk.isOff; i++) {
    const change = someChange(random, model, FILE_BYTES);
    const wanted = model.apply(change);
    const answer = applyToStore(store, change);
    changes.push(change);
    possible.digests.push(model.digest());
    if (disk.isOff) break;
    expect([change, answer]).toEqual([change, wanted]);
    if (random.below(3) !== 0) continue;
    if (Number(store.raw(random.below(6) === 0 ? "checkpoint" : "sync")) < 0) continue;
    possible.acknowledged = changes.length;
    possible.digests = [model.digest()];
  }
  return possible;
}

it(`survives ${DISKS * CUTS_A_DISK} power cuts`, { timeout: ROUNDS_MS }, async () => {
  let recoveries = 0;
  for (let seed = 1; seed <= DISKS; seed++) {
    const random = new Random(seed * 7919);
    let medium = new MemoryDisk(PAGES);
    const first = await storeOn(medium);
    first.format([9n, BigInt(seed)]);
    let possible: Possible = { changes: [], acknowledged: 0, digests: [""] };
    for (let cut = 0; cut < CUTS_A_DISK; cut++) {
      // a cut in the middle of the recovery, now and then
      if (random.below(3) === 0) {
        const trial = new CutDisk(medium, random);
        trial.cutAfter(random.below(8));
        (await storeOn(trial)).raw("mount", 0);
        medium = trial.survivor();
      }
      const disk = new CutDisk(medium, random);
      const store = await storeOn(disk);
      expect(`${seed}.${cut}: ${store.raw("mount", 0)}`).toBe(`${seed}.${cut}: 0`);
      expect(store.figure("is_read_only")).toBe(0);
      recoveries += store.figure("commits");
      const found = digestOfStore(store);
      const state = possible.digests.lastIndexOf(found);
      const verdict = state >= 0 ? "a state since the last sync" : `${found} is none of ${possible.digests.length}`;
      expect(`${seed}.${cut}: ${verdict}`).toBe(`${seed}.${cut}: a state since the last sync`);
      const changes = possible.changes.slice(0, possible.acknowledged + state);
      const model = new Model();
      for (const change of changes) model.apply(change);
      disk.cutAfter(random.below(60));
      possible = work(store, disk, random, model, changes);
      medium = disk.survivor();
    }
    const last = await storeOn(medium);
    last.mount();
    last.call("checkpoint");
    last.call("verify_space");
    const figures = ["named_but_free", "used_but_unnamed", "uses_are_right"].map((name) => last.figure(name));
    expect([seed, ...figures]).toEqual([seed, 0, 0, 1]);
  }
  expect(recoveries).toBeGreaterThan(DISKS);
});
