// Disks that somebody made up: random bytes in superblocks, tree nodes and the log, with every check made right again, so that nothing but the
// store's own care is left. Whatever they say, each call answers: no trap, no endless loop.
import { beforeAll, describe, expect, it } from "vitest";
import { MemoryDisk, PAGE_BYTES } from "../../../scripts/vdfs/disk.ts";
import { ERROR, StoreError } from "../../../scripts/vdfs/errors.ts";
import { KIND, ROOT_NODE, Store, storeModule } from "../../../scripts/vdfs/store.ts";
import { emptyCount, scrub } from "../../../scripts/vdfs/tree.ts";
import { Random, someBytes } from "./model.ts";

const COMPILE_MS = 240_000;
const SIZES = { nodes: 256, slots: 4, dirty: 16 };
const PAGES = 512;
const ROUNDS = Number(process.env.PHI_HOSTILE_DISKS ?? 40);
const ROOT_ENTRY = { name: "", node: ROOT_NODE, kind: KIND.directory };
/** Of the superblock: docs/vdfs-format.md. */
const ROOTS_AT = 64;
const SEQUENCE_AT = 24;
const SEAL_AT = 480;
const LOG_PAGE = 2;

beforeAll(storeModule, COMPILE_MS);

let signer: Store;

function blake3(bytes: Uint8Array): Uint8Array {
  const memory = (signer.exports as unknown as { memory: WebAssembly.Memory }).memory;
  new Uint8Array(memory.buffer).set(bytes, SCRATCH.at);
  signer.raw("hash", SCRATCH.at, bytes.length, SCRATCH.out);
  return new Uint8Array(memory.buffer, SCRATCH.out, 32).slice();
}
const SCRATCH = { at: 0, out: 0 };

/** A small store; `names` decides whether its trees have one level or two. */
async function victim(names: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk(PAGES);
  const store = await Store.create(disk, SIZES);
  signer = store;
  SCRATCH.at = Number(store.raw("allocate", PAGE_BYTES));
  SCRATCH.out = Number(store.raw("allocate", 64));
  store.format([1n, 1n]);
  for (let i = 0; i < names; i++) {
    const node = store.create(ROOT_NODE, `n${i}`, i % 3 === 0 ? KIND.directory : KIND.file);
    if (i % 3 !== 0 && i < 40) store.write(node, 0, someBytes(new Random(i), 4096 * (1 + (i % 4))));
  }
  store.makeSnapshot("s");
  store.unlink(ROOT_NODE, "n1");
  store.call("checkpoint");
  store.write(store.lookup(ROOT_NODE, "n2").node, 100, someBytes(new Random(99), 400));
  store.rename(ROOT_NODE, ROOT_NODE, "n4", "m4");
  store.sync();
  return disk;
}

function pageOf(disk: MemoryDisk, page: number): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES);
  disk.read(page, bytes);
  return bytes;
}

/** The newest superblock's place and bytes. */
function newest(disk: MemoryDisk): { place: number; bytes: Buffer } {
  const both = [0, 1].map((place) => ({ place, bytes: pageOf(disk, place) }));
  return both.sort((a, b) =>
    Number(b.bytes.readBigUInt64LE(SEQUENCE_AT) - a.bytes.readBigUInt64LE(SEQUENCE_AT)),
  )[0] as never;
}

/** Writes a superblock to all four places, so that no other is taken. */
function seal(disk: MemoryDisk, bytes: Buffer): void {
  Buffer.from(blake3(bytes.subarray(0, SEAL_AT))).copy(bytes, SEAL_AT);
  for (const page of [0, 1, PAGES - 2, PAGES - 1]) disk.write(page, bytes);
}

function scramble(random: Random, bytes: Buffer, from: number, to: number): void {
  for (let i = 0; i < 1 + random.below(6); i++) {
    const at = from + random.below(to - from);
    // small numbers and extremes meet more conditions than any byte
    bytes[at] = random.pick([0, 1, 2, 0x7f, 0x80, 0xff, random.below(256)]);
  }
}

async function tryAll(disk: MemoryDisk): Promise<number> {
  const store = await Store.create(disk, SIZES);
  const answer = Number(store.raw("mount", 0));
  if (answer < 0) return answer;
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  };
  let looked = 0;
  const look = (node: bigint, depth: number): void => {
    attempt(() => {
      for (const entry of store.list(node)) {
        if (looked++ > 2000) return;
        if (entry.kind !== KIND.directory) attempt(() => store.read(entry.node, 0, 20_000));
        else if (depth < 4) look(entry.node, depth + 1);
      }
    });
  };
  look(ROOT_NODE, 0);
  attempt(() => scrub(store, { ...ROOT_ENTRY, kind: KIND.file }, emptyCount()));
  attempt(() => store.write(store.create(ROOT_NODE, "new"), 0, someBytes(new Random(5), 20_000)));
  attempt(() => store.unlink(ROOT_NODE, "n2"));
  attempt(() => store.deleteSnapshot("s"));
  store.raw("checkpoint");
  store.raw("verify_space");
  return answer;
}

describe("a made-up disk", () => {
  it.each([8, 400])("with wrong tree nodes is refused or answers (%i names)", async (names) => {
    const original = await victim(names);
    const random = new Random(names);
    for (let round = 0; round < ROUNDS; round++) {
      const disk = original.copy();
      const { bytes } = newest(disk);
      const root = ROOTS_AT + 32 * random.below(3);
      const page = bytes.readUInt32LE(root);
      if (page === 0) continue;
      const node = pageOf(disk, page);
      scramble(random, node, random.below(2) === 0 ? 4 : 32, random.below(3) === 0 ? 64 : PAGE_BYTES);
      disk.write(page, node);
      Buffer.from(blake3(node).subarray(0, 16)).copy(bytes, root + 16);
      seal(disk, bytes);
      expect(await tryAll(disk)).toBeLessThanOrEqual(0);
    }
  });

  it("with a wrong superblock is refused or answers", async () => {
    const original = await victim(8);
    const random = new Random(3);
    for (let round = 0; round < ROUNDS; round++) {
      const disk = original.copy();
      const { bytes } = newest(disk);
      scramble(random, bytes, 12, 208);
      seal(disk, bytes);
      expect(await tryAll(disk)).toBeLessThanOrEqual(0);
    }
  });

  it("with a wrong log is refused or answers", async () => {
    const original = await victim(8);
    const random = new Random(4);
    const memory = (signer.exports as unknown as { memory: WebAssembly.Memory }).memory;
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const disk = original.copy();
      const group = pageOf(disk, LOG_PAGE);
      scramble(random, group, 64, 64 + 160);
      group.fill(0, 48, 64);
      new Uint8Array(memory.buffer).set(group, SCRATCH.at);
      const used = Number(group.readBigUInt64LE(24));
      signer.raw("quick_begin", group.readBigInt64LE(32), group.readBigInt64LE(40));
      signer.raw("quick_add", SCRATCH.at + 64, used);
      signer.raw("quick_add", SCRATCH.at, 64);
      signer.raw("quick_end", 64 + used);
      for (const [i, name] of ["quick_low", "quick_high"].entries())
        group.writeBigInt64LE((signer.exports[name] as unknown as WebAssembly.Global).value as bigint, 48 + 8 * i);
      disk.write(LOG_PAGE, group);
      const answer = await tryAll(disk);
      expect(answer).toBeLessThanOrEqual(0);
      refused += answer === ERROR.DAMAGED ? 1 : 0;
    }
    expect(refused).toBeLessThan(ROUNDS);
  });

  it("of random pages is no store", async () => {
    const disk = new MemoryDisk(256);
    const random = new Random(1);
    for (let page = 0; page < 256; page++)
      disk.damage(page, (block) => {
        for (let i = 0; i < 64; i++) block[i] = random.below(256);
      });
    expect(await tryAll(disk)).toBe(ERROR.FORMAT);
  });
});
