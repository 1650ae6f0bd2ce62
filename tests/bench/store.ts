// How the store's costs grow with what it holds, in a process of this machine: a new file, finding one by name, and a synced write, at 10³ … 10⁶
// files on a disk in memory. docs/store-growth.svg is made of it.

import { MemoryDisk } from "../../scripts/vdfs/disk.ts";
import { KIND, ROOT_NODE, Store } from "../../scripts/vdfs/store.ts";
import type { Benchmark, Figure } from "./figure.ts";

const COUNTS = [1000, 10_000, 100_000, 1_000_000] as const;
const DIRECTORY_NAMES = 1000;
const SAMPLES = 2000;
/** 1 GiB. */
const DISK_PAGES = 1 << 18;
const CONTENT_BYTES = 100;
const KINDS: Readonly<Record<string, string>> = {
  insert:
    "processor time of a new file with 100 bytes (of 1,000 different contents), commits included, on the way to so many files, 1,000 a directory",
  lookup: "of finding one of them by directory and name",
  sync: "of a write of 100 bytes and its sync, once so many are there",
};

function names(): string[] {
  return COUNTS.flatMap((count) => Object.keys(KINDS).map((kind) => `store.growth.${count}.${kind}`));
}

/** Microseconds of this process's processor time that `count` runs of `work` take, each. */
function time_us(count: number, work: (i: number) => void): number {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) work(i);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / count;
}

async function measure(counts: readonly number[]): Promise<Figure[]> {
  const store = await Store.create(new MemoryDisk(DISK_PAGES), { nodes: 4096, dirty: 1024 });
  store.format([1n, 2n]);
  const directories: bigint[] = [];
  const content = Buffer.alloc(CONTENT_BYTES);
  const figures: Figure[] = [];
  let made = 0;
  const add = (): bigint => {
    if (made % DIRECTORY_NAMES === 0)
      directories.push(store.create(ROOT_NODE, `d${directories.length}`, KIND.directory));
    const node = store.create(directories.at(-1) as bigint, `f${made}`);
    content.writeUInt32LE(made % DIRECTORY_NAMES, 0);
    store.write(node, 0, content);
    made++;
    return node;
  };
  for (const count of counts) {
    const results: Record<string, number> = {};
    results.insert = time_us(count - made, add);
    store.call("checkpoint");
    let at = 0;
    results.lookup = time_us(SAMPLES, () => {
      at = (at + 7919 * 104_729) % count;
      store.lookup(directories[Math.floor(at / DIRECTORY_NAMES)] as bigint, `f${at}`);
    });
    const node = store.lookup(directories[0] as bigint, "f0").node;
    results.sync = time_us(SAMPLES, (i) => {
      content.writeUInt32LE(i, 4);
      store.write(node, 0, content);
      store.sync();
    });
    for (const [kind, counted] of Object.entries(KINDS))
      figures.push({
        name: `store.growth.${count}.${kind}`,
        arch: "host",
        value: Math.round((results[kind] as number) * 10) / 10,
        unit: "µs",
        bar: null,
        better: "lower",
        counts: counted,
      });
  }
  return figures;
}

export const STORE_GROWTH: Benchmark = {
  names: names(),
  quick: false,
  on: ["host"],
  measure: () => measure(COUNTS),
};
