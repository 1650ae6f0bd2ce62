// Commits of an index that lies in files, cut off anywhere: after it, the index is as some commit left it, never before the last
// that was acknowledged. Between two syncs writes are dropped, torn and done in any order.

import { beforeAll, describe, expect, it } from "vitest";
import { ERROR } from "../../../scripts/vdfs/errors.ts";
import {
  COMPILE_TIMEOUT_MS,
  clustered,
  type Files,
  METRIC,
  randomNumbers,
  VectorError,
  type VectorIndex,
  VectorMachine,
} from "./machine.ts";

const DIMENSIONS = 6;
const SECTOR_BYTES = 512;

interface Change {
  readonly file: number;
  readonly offset: number;
  /** undefined: the file's new size is `offset`. */
  readonly bytes?: Uint8Array;
}

class PowerCut extends Error {}

/** Files whose changes are durable after a sync, and until then in any part. */
class CutFiles implements Files {
  readonly durable: Uint8Array[];
  readonly now: Uint8Array[];
  private readonly pending: Change[] = [];
  /** Changes until the power goes. */
  left = Number.POSITIVE_INFINITY;
  fails = false;

  constructor(durable: readonly Uint8Array[] = []) {
    this.durable = Array.from({ length: 8 }, (_none, file) => durable[file]?.slice() ?? new Uint8Array());
    this.now = this.durable.map((bytes) => bytes.slice());
  }

  private static apply(files: Uint8Array[], { file, offset, bytes }: Change): void {
    const old = files[file] as Uint8Array;
    const size = bytes === undefined ? offset : Math.max(old.length, offset + bytes.length);
    const changed = size === old.length ? old : new Uint8Array(size);
    if (changed !== old) changed.set(old.subarray(0, size));
    if (bytes !== undefined) changed.set(bytes, offset);
    files[file] = changed;
  }

  private change(change: Change): number {
    if (this.left-- <= 0) {
      if (this.fails) return ERROR.DEVICE;
      throw new PowerCut();
    }
    this.pending.push(change);
    CutFiles.apply(this.now, change);
    return 0;
  }

  read(file: number, offset: number, into: Uint8Array): number {
    const some = (this.now[file] as Uint8Array).subarray(offset, offset + into.length);
    into.set(some);
    return some.length;
  }

  write(file: number, offset: number, from: Uint8Array): number {
    return this.change({ file, offset, bytes: from.slice() });
  }

  cut(file: number, bytes: number): number {
    return this.change({ file, offset: bytes });
  }

  sync(): number {
    if (this.left-- <= 0) {
      if (this.fails) return ERROR.DEVICE;
      throw new PowerCut();
    }
    for (const change of this.pending.splice(0)) CutFiles.apply(this.durable, change);
    return 0;
  }

  /** What a disk may hold after the cut: of what was not synced some, in another order, some of it torn. */
  remains(random: () => number): CutFiles {
    const files = this.durable.map((bytes) => bytes.slice());
    const kept = this.pending.filter(() => random() > -0.4).sort(() => (random() > 0.5 ? 1 : -1));
    for (const change of kept) {
      const isTorn = change.bytes !== undefined && random() > 0.5;
      const sectors = Math.floor(((random() + 1) / 2) * ((change.bytes?.length ?? 0) / SECTOR_BYTES));
      CutFiles.apply(
        files,
        isTorn ? { ...change, bytes: change.bytes?.subarray(0, sectors * SECTOR_BYTES) ?? new Uint8Array() } : change,
      );
    }
    return new CutFiles(files);
  }
}

let machine: VectorMachine;
beforeAll(async () => {
  machine = await VectorMachine.make();
}, COMPILE_TIMEOUT_MS);

/** Every name that is in the index, and that each is found. */
function names(index: VectorIndex): string {
  const found = index.search(new Float32Array(DIMENSIONS), 1000, 0).map(({ name }) => name);
  for (const name of found) expect(index.find(name)).toBeGreaterThanOrEqual(0);
  expect(found).toHaveLength(index.size);
  return found.sort().join();
}

const SHAPE = { dimensions: DIMENSIONS, metric: METRIC.l2, links: 4, breadth: 20 };

describe("the journal", () => {
  it("300 cuts: the index is what the last acknowledged commit made it, or the one that was under way", () => {
    const vectors = clustered(120, DIMENSIONS, 1);
    const random = randomNumbers(4);
    let later = 0;
    for (let cut = 0; cut < 300; cut++) {
      const files = new CutFiles();
      const states: string[] = [];
      let acknowledged = -1;
      files.left = 20 + Math.floor(((random() + 1) / 2) * 700);
      try {
        const index = machine.inFiles(files, SHAPE);
        const model = new Set<string>();
        for (const [place, vector] of vectors.entries()) {
          if (index.insert(`v${place}`, vector) < 0) throw new Error("not inserted");
          model.add(`v${place}`);
          if (place % 9 === 8) {
            index.remove(`v${place - 4}`);
            model.delete(`v${place - 4}`);
          }
          if (place % 40 === 39) {
            states.push([...model].sort().join());
            expect(index.commit()).toBe(0);
            acknowledged = states.length - 1;
          }
        }
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      const after = files.remains(random);
      try {
        const state = states.indexOf(names(machine.inFiles(after)));
        expect(state).toBeGreaterThanOrEqual(Math.max(acknowledged, 0));
        if (state > acknowledged) later++;
      } catch (error) {
        if (!(error instanceof VectorError) || acknowledged >= 0) throw error;
      }
    }
    expect(later).toBeGreaterThan(5);
  });

  it("a power cut while it repairs is repaired the next time", () => {
    const vectors = clustered(60, DIMENSIONS, 2);
    const files = new CutFiles();
    const index = machine.inFiles(files, SHAPE);
    for (const [place, vector] of vectors.slice(0, 30).entries()) index.insert(`v${place}`, vector);
    expect(index.commit()).toBe(0);
    for (const [place, vector] of vectors.slice(30).entries()) index.insert(`w${place}`, vector);
    // let the commit go until its sync, then no further: its journal is whole, its places are not
    files.sync = () => {
      files.sync = () => {
        throw new PowerCut();
      };
      return CutFiles.prototype.sync.call(files);
    };
    expect(() => index.commit()).toThrow(PowerCut);
    const random = randomNumbers(9);
    let disk = files.remains(random);
    for (let cut = 1; cut < 12; cut++) {
      disk.left = cut;
      try {
        machine.inFiles(disk);
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      disk = disk.remains(random);
    }
    expect(names(machine.inFiles(disk)).split(",")).toHaveLength(60);
  });

  it("a write that fails is the commit's answer; the index opens again as it was", () => {
    const vectors = clustered(80, DIMENSIONS, 3);
    const files = new CutFiles();
    const index = machine.inFiles(files, SHAPE);
    for (const [place, vector] of vectors.slice(0, 40).entries()) index.insert(`v${place}`, vector);
    expect(index.commit()).toBe(0);
    const before = names(index);
    files.fails = true;
    files.left = 3;
    const answers = vectors.slice(40).map((vector, place) => index.insert(`w${place}`, vector));
    expect([...answers, index.commit()]).toContain(ERROR.DEVICE);
    expect(names(machine.inFiles(new CutFiles(files.durable)))).toBe(before);
  });
});
