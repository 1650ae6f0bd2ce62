// Power cuts of a whole machine: a client, the store and a driver write to a disk whose emulator logs every write and flush. From the log come the disks that
// cuts at any moment could leave: what was not flushed is there, torn, out of order, or not. Each one mounts and holds the state after a change that is not
// older than the last acknowledged sync; nothing between two states, nothing wrong. A thousand cuts over both architectures.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LoggedWrite, readWriteLog } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import { FileDisk, MemoryDisk, PAGE_BYTES } from "../../scripts/vdfs/disk.ts";
import { KIND, ROOT_NODE, Store } from "../../scripts/vdfs/store.ts";
import { CutDisk } from "../unit/vdfs/cut-disk.ts";
import { type Change, digestOfStore, expectSound, Model, Random, someChange } from "../unit/vdfs/model.ts";
import { bootWithServices, DISKS, storeServices } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 600_000;
const DISK_PAGES = 4096;
const CHANGES = 500;
const FILE_BYTES = 12_000;
const CUTS = 250;
const SOUND_EVERY = 10;
/** A file that says how many changes a sync had acknowledged before: whoever finds it in a write knows what was promised then. */
const MARK = "mark";
const MARKED = /acknowledged (\d{6})/g;
const directory = temporaryDirectory();

/** The numbers of tests/system/guest/power-load.ts. */
const WHAT = { create: 0, symlink: 1, link: 2, unlink: 3, rename: 4, write: 5, truncate: 6, sync: 7 } as const;

function recordOf(what: number, answer: number, value: number, strings: readonly (string | Buffer)[]): Buffer {
  const pieces = strings.map((piece) => Buffer.from(piece as string));
  while (pieces.length < 3) pieces.push(Buffer.alloc(0));
  const bytes = 28 + pieces.reduce((sum, piece) => sum + piece.length, 0);
  const header = Buffer.alloc(28);
  header.writeInt32LE(answer, 8);
  [bytes, what].forEach((word, at) => {
    header.writeUInt32LE(word, at * 4);
  });
  [value, ...pieces.map((piece) => piece.length)].forEach((word, at) => {
    header.writeUInt32LE(word, 12 + at * 4);
  });
  return Buffer.concat([header, ...pieces]);
}

function encoded(change: Change, answer: number): Buffer {
  const what = WHAT[change.what];
  switch (change.what) {
    case "create":
    case "unlink":
      return recordOf(what, answer, change.kind, [change.directory, change.name]);
    case "symlink":
      return recordOf(what, answer, 0, [change.directory, `${change.name}\0${change.target}`]);
    case "link":
      return recordOf(what, answer, 0, [change.from, change.directory, change.name]);
    case "rename":
      return recordOf(what, answer, 0, [change.from, change.to, `${change.name}\0${change.newName}`]);
    case "write":
      return recordOf(what, answer, change.offset, [change.file, change.bytes]);
    case "truncate":
      return recordOf(what, answer, change.size, [change.file]);
  }
}

interface Plan {
  script: Buffer;
  /** The tree after so many changes. */
  digests: string[];
  /** Behind how many changes a sync comes. */
  syncs: number[];
}

function plan(random: Random): Plan {
  const model = new Model();
  const records: Buffer[] = [];
  const digests = [model.digest()];
  const syncs: number[] = [];
  const add = (change: Change): void => {
    records.push(encoded(change, model.apply(change)));
    digests.push(model.digest());
  };
  add({ what: "create", directory: "", name: MARK, kind: KIND.file });
  while (digests.length <= CHANGES) {
    const drawn = someChange(random, model, FILE_BYTES);
    if (("file" in drawn && drawn.file === MARK) || (drawn.what === "link" && drawn.from === MARK)) continue;
    add(drawn.what === "unlink" && drawn.kind === 0 ? { ...drawn, kind: 1 } : drawn);
    if (random.below(3) !== 0) continue;
    const done = digests.length - 1;
    syncs.push(done);
    records.push(recordOf(WHAT.sync, 0, 0, []));
    const bytes = Buffer.from(`acknowledged ${String(done).padStart(6, "0")}`);
    add({ what: "write", file: MARK, offset: 0, bytes });
  }
  return { script: Buffer.concat(records), digests, syncs };
}

function apply(medium: MemoryDisk, write: LoggedWrite): void {
  if (write.bytes.length > 0) medium.write(write.offset / PAGE_BYTES, write.bytes);
}

/** What the disk may hold when the power goes behind the log's first `end` entries; `flushed` of them are in `medium`. */
function cut(medium: MemoryDisk, log: readonly LoggedWrite[], flushed: number, end: number, random: Random) {
  const disk = new CutDisk(medium.copy(), random);
  const pending = log.slice(flushed, end);
  for (const write of pending)
    if (!write.durable && write.bytes.length > 0) disk.write(write.offset / PAGE_BYTES, write.bytes);
  const left = disk.survivor();
  for (const write of pending) if (write.durable) apply(left, write);
  return left;
}

async function expectState(disk: MemoryDisk, planned: Plan, acknowledged: number, what: string, sound: boolean) {
  const store = await Store.create(disk);
  expect(`${what}: ${store.raw("mount", 0)}`).toBe(`${what}: 0`);
  expect([what, store.figure("is_read_only")]).toEqual([what, 0]);
  const found = digestOfStore(store)
    .split("\n")
    .filter((line) => !line.startsWith("/script "))
    .join("\n");
  const newest = planned.syncs.find((sync) => sync > acknowledged) ?? planned.digests.length - 1;
  const state = planned.digests.lastIndexOf(found, newest);
  expect([what, state >= acknowledged], `acknowledged ${acknowledged}, found ${state}:\n${found}`).toEqual([
    what,
    true,
  ]);
  if (sound) expectSound(store);
}

describe.each(TESTED)("%s", (arch) => {
  test.each(DISKS.filter(({ of }) => of === arch))(
    `whatever ${CUTS} power cuts leave of the writes to $device, by a store in $isolation, is sound`,
    async ({ device, isolation }) => {
      const file = join(directory, `${arch}-${device}.disk`);
      const log = join(directory, `${arch}-${device}.log`);
      writeFileSync(log, ""); // the emulator opens it, and makes none
      const random = new Random(device.length * 7919 + arch.length);
      const planned = plan(random);
      const medium = new MemoryDisk(DISK_PAGES);
      const store = await Store.create(medium);
      store.format([1n, 2n]);
      store.write(store.create(ROOT_NODE, "script", KIND.file), 0, planned.script);
      store.call("checkpoint");
      const made = FileDisk.create(file, DISK_PAGES * PAGE_BYTES);
      const page = Buffer.alloc(PAGE_BYTES);
      for (const number of medium.written()) {
        medium.read(number, page);
        made.write(number, page);
      }
      made.close();
      const iommu = arch === "x86_64";
      await using guest = await bootWithServices(
        arch,
        directory,
        {
          ...storeServices(isolation, device, { trustedDma: !iommu }),
          "power-load": { service: { isolation, restart: "never", calls: { console: {}, vdfs: { buffer: 65_536 } } } },
        },
        [],
        { devices: [{ kind: "disk", file, interface: device, log }], iommu },
      );
      await guest.waitFor(/power-load: changes \d+ wrong \d+/, LIMIT_MS);
      const done = planned.digests.length - 1 + planned.syncs.length;
      expect(guest.output).toContain(`power-load: changes ${done} wrong 0`);
      await guest.kill();
      const writes = readWriteLog(log);
      expect(writes.filter((write) => write.flush).length).toBeGreaterThan(planned.syncs.length - 1);
      const moments = Array.from({ length: CUTS }, () => random.below(writes.length + 1)).sort((a, b) => a - b);
      let [flushed, seen, acknowledged] = [0, 0, 0];
      for (const [at, moment] of moments.entries()) {
        for (; seen < moment; seen++) {
          const marks = [...(writes[seen]?.bytes.toString("latin1") ?? "").matchAll(MARKED)];
          acknowledged = Math.max(acknowledged, ...marks.map((match) => Number(match[1])));
          if (!writes[seen]?.flush) continue;
          for (; flushed <= seen; flushed++) apply(medium, writes[flushed] as LoggedWrite);
        }
        const left = cut(medium, writes, flushed, moment, random);
        await expectState(left, planned, acknowledged, `cut ${at} behind ${moment}`, at % SOUND_EVERY === 0);
      }
      // the last cuts were late: nearly everything had been acknowledged
      expect(acknowledged).toBeGreaterThan(CHANGES / 2);
    },
    LIMIT_MS,
  );
});
