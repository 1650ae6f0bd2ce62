// The virtio disk's driver against a device that is honest, and against ones that lie, hang or vanish: on every transport data goes where
// it belongs, nothing is answered twice or by nobody, and a device that breaks the rules is reset and never believed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readInterface } from "../../../linker/interface/generate.ts";
import { ROOT } from "../services/guest.ts";
import { type Chain, FEATURE_EVENT_INDEX, FEATURE_VERSION_1 } from "./device.ts";
import { type Call, E_ABSENT, E_DEVICE, Machine, WAYS, type Way } from "./machine.ts";
import type { PhysicalMemory } from "./memory.ts";

const E_ARGUMENT = -3n,
  E_STATE = -11n,
  E_METHOD = -32n,
  E_FULL = -34n,
  E_READ_ONLY = -44n;
const READ_ONLY = 1n << 5n,
  FLUSH = 1n << 9n,
  MANY_QUEUES = 1n << 12n,
  DISCARD = 1n << 13n;
const SECTORS = 64;
const ALICE = 0x101n,
  BOB = 0x202n;
const SECOND_NS = 1_000_000_000n;
const RECORD = 32;

const METHOD = Object.fromEntries(readInterface(ROOT, "disk").methods.map(({ name, number }) => [name, number]));
const method = (name: string): number => METHOD[name] ?? 0;

/** A disk in an array. */
class Disk {
  readonly content = new Uint8Array(SECTORS * 512).map((_, at) => (at * 7 + (at >> 9)) & 0xff);
  readonly served: string[] = [];
  status = 0;
  memory: PhysicalMemory | undefined;
  keep = false;

  serve = (chain: Chain): number | undefined => (this.keep ? undefined : this.finish(chain));

  finish(chain: Chain): number {
    const [header, ...rest] = chain.parts;
    const last = rest.pop();
    if (header === undefined || last === undefined || this.memory === undefined) throw new Error("too few parts");
    const { memory } = this;
    const view = memory.view(header.address, header.length);
    const [type, sector] = [view.getUint32(0, true), Number(view.getBigUint64(8, true))];
    let written = 1;
    for (const part of rest) {
      const bytes = memory.at(part.address, part.length);
      if (type === 0) bytes.set(this.content.subarray(sector * 512, sector * 512 + part.length));
      else if (type === 1) this.content.set(bytes, sector * 512);
      if (part.writable) written += part.length;
    }
    this.served.push(`${type} ${sector} ${rest.reduce((sum, part) => sum + part.length, 0)}`);
    memory.at(last.address, 1)[0] = this.status;
    return written;
  }
}

interface Fixture {
  readonly disk: Disk;
  readonly machine: Machine;
}

async function start(way: Way, more = FLUSH, queues: readonly number[] = [64]): Promise<Fixture> {
  const disk = new Disk();
  const configuration = new Uint8Array(64);
  const view = new DataView(configuration.buffer);
  view.setBigUint64(0, BigInt(SECTORS), true);
  view.setUint16(34, queues.length, true);
  view.setUint32(36, 16, true);
  const machine = await Machine.start({
    service: "virtio-blk",
    way,
    identity: 2,
    features: FEATURE_VERSION_1 | FEATURE_EVENT_INDEX | more,
    configuration,
    queues,
    serve: disk.serve,
    numbers: { patience_seconds: 10 },
    prepare: (made) => {
      disk.memory = made.memory;
    },
  });
  return { disk, machine };
}

/** A region of one page, attached; the machine's view of it. */
function attached(machine: Machine, badge: bigint): Uint8Array {
  const { call, region } = machine.attach(badge, method("attach"), 1, 1);
  expect(call.answer).toBe(1n);
  return machine.memory.bytes(region);
}

const read = (machine: Machine, block: number, count = 1, badge = ALICE, offset = 0): Call =>
  machine.call(badge, method("read"), 1, offset, block, count);

/** Requests of a batch, in the client's buffer: operation, memory, offset, block, count. */
function batch(machine: Machine, badge: bigint, records: readonly (readonly number[])[]): Call {
  const buffer = machine.buffer(badge);
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  records.forEach(([operation = 0, memory = 0, offset = 0, block = 0, count = 0], index) => {
    const at = index * RECORD;
    view.setUint32(at, operation, true);
    view.setUint32(at + 4, memory, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(block), true);
    view.setUint32(at + 24, count, true);
    view.setInt32(at + 28, 77, true);
  });
  return machine.call(badge, method("transfer"), BigInt(records.length * RECORD) << 32n);
}

function statusOf(machine: Machine, badge: bigint, record: number): number {
  const buffer = machine.buffer(badge);
  return new DataView(buffer.buffer, buffer.byteOffset).getInt32(record * RECORD + 28, true);
}

describe.each(WAYS)("%s", (way) => {
  test("reads, writes, flushes, and says what it is", async () => {
    const { disk, machine } = await start(way);
    const geometry = machine.call(ALICE, method("geometry"));
    expect([geometry.answer, ...geometry.words]).toEqual([0n, 64n, 512n, 2n, 2048n, 21n]);
    const bytes = attached(machine, ALICE);
    expect(read(machine, 5, 3, ALICE, 512).answer).toBe(0n);
    expect(bytes.subarray(512, 2048)).toEqual(disk.content.subarray(5 * 512, 8 * 512));
    bytes.fill(0xab, 1024, 1536);
    expect(machine.call(ALICE, method("write"), 1, 1024, 63, 1).answer).toBe(0n);
    expect(disk.content.subarray(63 * 512)).toEqual(new Uint8Array(512).fill(0xab));
    expect(machine.call(ALICE, method("flush")).answer).toBe(0n);
    expect(disk.served).toEqual(["0 5 1536", "1 63 512", "4 0 0"]);
    expect(machine.memory.faults).toEqual([]);
  });

  test("refuses what is out of range before the device hears of it", async () => {
    const { disk, machine } = await start(way);
    attached(machine, ALICE);
    const transfer = (...words: (number | bigint)[]): bigint | undefined =>
      machine.call(ALICE, method("read"), ...words).answer;
    expect(transfer(1, 0, 64, 1)).toBe(E_ARGUMENT);
    expect(transfer(1, 0, 63, 2)).toBe(E_ARGUMENT);
    expect(transfer(1, 0, 0, 0)).toBe(E_ARGUMENT);
    expect(transfer(1, 0, 0xffff_ffff_ffff_ffffn, 1)).toBe(E_ARGUMENT);
    expect(transfer(1, 0, 0, 9)).toBe(E_ARGUMENT);
    expect(transfer(1, 4096, 0, 1)).toBe(E_ARGUMENT);
    expect(transfer(1, 100, 0, 1)).toBe(E_ARGUMENT);
    expect(transfer(1, 0xffff_ffff_ffff_fe00n, 0, 1)).toBe(E_ARGUMENT);
    expect(transfer(2, 0, 0, 1)).toBe(E_STATE);
    expect(transfer(0, 0, 0, 1)).toBe(E_STATE);
    expect(transfer(9, 0, 0, 1)).toBe(E_STATE);
    expect(read(machine, 0, 1, BOB).answer).toBe(E_STATE);
    expect(machine.call(ALICE, method("discard"), 0, 1).answer).toBe(E_METHOD);
    expect(disk.served).toEqual([]);
  });

  test("keeps many in flight and answers each when it is done", async () => {
    const { disk, machine } = await start(way);
    attached(machine, ALICE);
    disk.keep = true;
    const calls = Array.from({ length: 21 }, (_, block) => read(machine, block));
    expect(calls.map(({ answer }) => answer)).toEqual(calls.map(() => undefined));
    expect(read(machine, 30).answer).toBe(E_FULL);
    for (const index of [20, 0, 7]) {
      const chain = machine.kept.find(({ head }) => head === index * 3);
      if (chain !== undefined) machine.device.finish(chain, disk.finish(chain));
    }
    expect(calls.flatMap(({ answer }, index) => (answer === 0n ? [index] : []))).toEqual([0, 7, 20]);
    expect(read(machine, 30).answer).toBe(undefined);
  });
});

test("a write that is to be durable is answered behind its flush, and with the first of the two that fails", async () => {
  const { disk, machine } = await start("pci");
  attached(machine, ALICE).fill(0xcd);
  const write = (block: number): Call => machine.call(ALICE, method("write_through"), 1, 0, block, 1);
  expect(write(7).answer).toBe(0n);
  expect(disk.served).toEqual(["1 7 512", "4 0 0"]);
  expect(disk.content.subarray(7 * 512, 8 * 512)).toEqual(new Uint8Array(512).fill(0xcd));
  expect(write(64).answer).toBe(E_ARGUMENT);
  disk.served.length = 0;
  disk.status = 1;
  expect(write(8).answer).toBe(E_DEVICE);
  expect(disk.served).toEqual(["1 8 512"]);
  disk.status = 0;
  const honest = disk.finish.bind(disk);
  disk.finish = (chain) => {
    disk.status = disk.served.length % 2 === 0 ? 1 : 0;
    return honest(chain);
  };
  disk.served.length = 1;
  expect(write(9).answer).toBe(E_DEVICE);
  expect(disk.served.slice(1)).toEqual(["1 9 512", "4 0 0"]);
});

test("a disk without a cache needs no flush behind a write", async () => {
  const { disk, machine } = await start("pci", 0n);
  attached(machine, ALICE);
  expect(machine.call(ALICE, method("write_through"), 1, 0, 3, 1).answer).toBe(0n);
  expect(disk.served).toEqual(["1 3 512"]);
});

test("a batch is in flight together, and each record says how it went", async () => {
  const { disk, machine } = await start("pci");
  const bytes = attached(machine, ALICE);
  disk.keep = true;
  const before = machine.device.notifications;
  const call = batch(machine, ALICE, [
    [1, 1, 0, 3, 1],
    [1, 1, 512, 99, 1],
    [1, 1, 1024, 4, 2],
    [9, 1, 0, 0, 1],
  ]);
  expect(machine.kept.length).toBe(2);
  expect(machine.device.notifications - before).toBe(1);
  for (const chain of [...machine.kept].reverse()) machine.device.finish(chain, disk.finish(chain));
  expect(call.answer).toBe(E_ARGUMENT);
  expect([0, 1, 2, 3].map((record) => statusOf(machine, ALICE, record))).toEqual([0, -3, 0, -3]);
  expect(bytes.subarray(1024, 2048)).toEqual(disk.content.subarray(4 * 512, 6 * 512));
  expect(batch(machine, ALICE, [[3], [2, 1, 0, 8, 1]]).answer).toBe(undefined);
  disk.keep = false;
  for (const chain of [...machine.kept]) machine.device.finish(chain, disk.finish(chain));
  expect(batch(machine, ALICE, [[1, 1, 0, 0, 1]]).answer).toBe(0n);
});

test("clients are spread over the queues of a device that has several", async () => {
  const { machine, disk } = await start("pci", MANY_QUEUES | FLUSH, [64, 64, 64, 64]);
  disk.keep = true;
  for (const badge of [0x101n, 0x202n, 0x303n, 0x404n]) {
    attached(machine, badge);
    read(machine, 0, 1, badge);
  }
  expect(machine.kept.map(({ queue }) => queue).sort()).toEqual([0, 1, 2, 3]);
  expect(machine.call(ALICE, method("geometry")).words[4]).toBe(84n);
});

test("read-only, discarding and failing disks say so", async () => {
  const sealed = await start("pci", READ_ONLY | DISCARD);
  attached(sealed.machine, ALICE);
  expect(sealed.machine.call(ALICE, method("write"), 1, 0, 0, 1).answer).toBe(E_READ_ONLY);
  expect(sealed.machine.call(ALICE, method("discard"), 0, 1).answer).toBe(E_READ_ONLY);
  expect(sealed.machine.call(ALICE, method("geometry")).words[2]).toBe(5n);
  const open = await start("mmio", DISCARD);
  expect(open.machine.call(ALICE, method("discard"), 8, 4).answer).toBe(0n);
  expect(open.disk.served).toEqual(["11 0 16"]);
  open.disk.status = 1;
  attached(open.machine, ALICE);
  expect(read(open.machine, 0).answer).toBe(E_DEVICE);
  expect(batch(open.machine, ALICE, [[1, 1, 0, 0, 1]]).answer).toBe(E_DEVICE);
  expect(statusOf(open.machine, ALICE, 0)).toBe(Number(E_DEVICE));
  open.disk.status = 0;
  expect(read(open.machine, 0).answer).toBe(0n);
});

test("a device that finishes nothing is reset, and one that is pulled out is gone", async () => {
  const { disk, machine } = await start("pci");
  attached(machine, ALICE);
  disk.keep = true;
  const first = read(machine, 0);
  machine.advance(11n * SECOND_NS);
  expect(first.answer).toBe(E_DEVICE);
  expect(machine.device.resets).toBe(2);
  disk.keep = false;
  expect(read(machine, 1).answer).toBe(0n);
  disk.keep = true;
  const second = read(machine, 2);
  machine.device.isGone = true;
  machine.advance(30n * SECOND_NS);
  expect(second.answer).toBe(E_ABSENT);
  expect(machine.mastering).toBe(false);
  expect(read(machine, 1).answer).toBe(E_ABSENT);
  expect(machine.call(ALICE, method("flush")).answer).toBe(E_ABSENT);
});

test("a device that asks for a reset gets it, and one that never finishes its reset is given up", async () => {
  const { disk, machine } = await start("pci");
  attached(machine, ALICE);
  disk.keep = true;
  const call = read(machine, 0);
  machine.device.configurationChanged(true);
  expect(call.answer).toBe(E_DEVICE);
  disk.keep = false;
  expect(read(machine, 0).answer).toBe(0n);
  machine.device.isStuck = true;
  machine.device.configurationChanged(true);
  expect(read(machine, 0).answer).toBe(E_DEVICE);
  expect(machine.mastering).toBe(false);
});

test("memory of a client that has ended stays with the device until its requests are done", async () => {
  const { disk, machine } = await start("pci");
  attached(machine, ALICE);
  machine.buffer(ALICE);
  disk.keep = true;
  const call = batch(machine, ALICE, [[1, 1, 0, 0, 1]]);
  const successor = (ALICE & 0xffn) | 0x900n;
  machine.buffer(successor);
  expect(read(machine, 0, 1, successor).answer).toBe(E_STATE);
  const [chain] = machine.kept;
  if (chain !== undefined) machine.device.finish(chain, disk.finish(chain));
  expect(call.answer).toBe(0n);
  expect(machine.memory.faults).toEqual([]);
  // The new client's buffer holds nothing of the old one's record.
  expect([...machine.buffer(successor)].some((byte) => byte === 77)).toBe(true);
});

/** Devices to try; `PHI_VIRTIO_LIARS=20000` tries so many. */
const LIARS = Number(process.env["PHI_VIRTIO_LIARS"] ?? "60");

const LIES = fc.record({
  head: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(0xffff_ffff, 0x1_0000, 192)),
  length: fc.oneof(fc.integer({ min: 0, max: 1025 }), fc.constantFrom(0xffff_ffff, 4097)),
  steps: fc.oneof(fc.constant(1), fc.constantFrom(0, 2, 100, 0x8000, 0xffff)),
});

test("a device that lies is reset or harmless: every caller is answered once, with data or an error", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...WAYS),
      fc.array(fc.tuple(fc.option(LIES), fc.boolean()), { maxLength: 12 }),
      async (way, script) => {
        const { disk, machine } = await start(way);
        const bytes = attached(machine, ALICE);
        const calls: Call[] = [];
        for (const [lie, keep] of script) {
          disk.keep = keep;
          machine.device.lie = (used) => lie ?? used;
          calls.push(read(machine, calls.length % SECTORS));
          for (const chain of [...machine.kept].slice(0, 1)) machine.device.finish(chain, disk.finish(chain));
        }
        machine.device.lie = (used) => used;
        for (let round = 0; round < 4; round++) machine.advance(11n * SECOND_NS);
        expect(calls.filter(({ answer }) => answer === undefined)).toEqual([]);
        expect(calls.every(({ answer }) => [0n, E_DEVICE, E_ABSENT].includes(answer ?? 1n))).toBe(true);
        expect(machine.memory.faults).toEqual([]);
        disk.keep = false;
        const after = read(machine, 9);
        if (machine.device.resets < 9) {
          expect(after.answer).toBe(0n);
          expect(bytes.subarray(0, 512)).toEqual(disk.content.subarray(9 * 512, 10 * 512));
        } else expect([0n, E_ABSENT]).toContain(after.answer);
      },
    ),
    { numRuns: LIARS },
  );
}, 600_000);
