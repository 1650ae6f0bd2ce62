// The NVMe disk's driver against a controller that is honest, and against ones that lie, hang, fail or vanish: data goes where it belongs, every
// caller is answered once, a controller that breaks the rules ends its driver, and one that is silent for too long begins anew.
import fc from "fast-check";
import { expect, test } from "vitest";
import { readInterface } from "../../../linker/interface/generate.ts";
import { ROOT } from "../services/guest.ts";
import { type Call, E_ABSENT, E_DEVICE, Ended, Machine } from "./machine.ts";
import { type Completion, NvmeDevice } from "./nvme-device.ts";

const E_ARGUMENT = -3n;
const ALICE = 0x101n;
const BOB = 0x202n;
const MILLISECOND_NS = 1_000_000n;
const METHOD = Object.fromEntries(readInterface(ROOT, "disk").methods.map(({ name, number }) => [name, number]));
const method = (name: string): number => METHOD[name] ?? 0;

async function start(
  way: "pci" | "pci-line" = "pci",
  nvme = new NvmeDevice(),
): Promise<{ nvme: NvmeDevice; machine: Machine }> {
  const machine = await Machine.start({
    service: "nvme",
    ...{ way, identity: 0, features: 0n, configuration: new Uint8Array(0), queues: [], serve: () => undefined },
    plain: nvme,
    numbers: { patience_seconds: 10 },
    prepare: (made) => {
      nvme.memory = made.memory;
      nvme.raise = (vector) => made.interrupt(vector);
    },
  });
  return { nvme, machine };
}

function attached(machine: Machine, badge: bigint, pages = 4): Uint8Array {
  const { call, region } = machine.attach(badge, method("attach"), pages, pages);
  expect(call.answer).toBe(1n);
  return machine.memory.bytes(region);
}

const read = (machine: Machine, block: number, count = 1, badge = ALICE, offset = 0): Call =>
  machine.call(badge, method("read"), 1, offset, block, count);

/** Time in steps that no watch oversleeps. */
function pass(machine: Machine, seconds: number): void {
  for (let step = 0; step < seconds * 10; step++) machine.advance(100n * MILLISECOND_NS);
}

test.each(["pci", "pci-line"] as const)("%s: reads and writes pieces of every size, and flushes", async (way) => {
  const { nvme, machine } = await start(way);
  const geometry = machine.call(ALICE, method("geometry"));
  expect([geometry.answer, ...geometry.words].slice(0, 4)).toEqual([0n, 64n, 512n, 2n]);
  const bytes = attached(machine, ALICE);
  for (const [block, count, offset] of [
    [3, 1, 0],
    [5, 8, 512],
    [8, 16, 1536],
    [0, 24, 2048],
  ] as const) {
    expect(read(machine, block, count, ALICE, offset).answer).toBe(0n);
    expect(bytes.subarray(offset, offset + count * 512)).toEqual(
      nvme.content.subarray(block * 512, (block + count) * 512),
    );
  }
  bytes.fill(0xab, 512, 512 + 20 * 512);
  expect(machine.call(ALICE, method("write"), 1, 512, 44, 20).answer).toBe(0n);
  expect(nvme.content.subarray(44 * 512).every((byte) => byte === 0xab)).toBe(true);
  expect(machine.call(ALICE, method("flush")).answer).toBe(0n);
  expect(read(machine, 64).answer).toBe(E_ARGUMENT);
  expect(machine.memory.faults).toEqual([]);
});

test("many are in flight, are answered in any order, and a failed one fails alone", async () => {
  const { nvme, machine } = await start();
  attached(machine, ALICE);
  nvme.keep = true;
  const calls = Array.from({ length: 20 }, (_, block) => read(machine, block));
  expect(calls.every(({ answer }) => answer === undefined)).toBe(true);
  const kept = [...nvme.kept];
  kept.reverse();
  kept.forEach(({ queue, command }, index) => {
    nvme.status = index === 3 ? 0x281 : 0;
    nvme.finish(queue, command);
  });
  expect(calls.map(({ answer }) => answer).filter((answer) => answer === 0n).length).toBe(19);
  expect(calls[16]?.answer).toBe(E_DEVICE);
});

test("a completion of the phase before is none, and one of no command ends the driver", async () => {
  const { nvme, machine } = await start();
  attached(machine, ALICE);
  nvme.lie = (honest) => ({ ...honest, isNew: false });
  const call = read(machine, 0);
  expect(call.answer).toBe(undefined);
  for (const identifier of [31, 32, 0xffff]) {
    const { nvme: liar, machine: other } = await start();
    attached(other, ALICE);
    liar.lie = (honest) => ({ ...honest, identifier });
    expect(() => read(other, 0)).toThrow(Ended);
    expect(other.mastering).toBe(false);
  }
});

test("a command that is completed twice ends the driver, and its caller was answered once", async () => {
  const { nvme, machine } = await start();
  attached(machine, ALICE);
  nvme.keep = true;
  const call = read(machine, 0);
  const [kept] = nvme.kept;
  if (kept === undefined) throw new Error("no command");
  nvme.finish(kept.queue, kept.command);
  expect(call.answer).toBe(0n);
  expect(() => nvme.finish(kept.queue, kept.command)).toThrow(Ended);
});

test("a silent controller is begun anew after its time, and whoever waited is told", async () => {
  const { nvme, machine } = await start();
  attached(machine, ALICE);
  attached(machine, BOB);
  nvme.keep = true;
  const [first, second] = [read(machine, 0), read(machine, 1, 1, BOB)];
  pass(machine, 5);
  expect([first.answer, second.answer]).toEqual([undefined, undefined]);
  expect(nvme.resets).toBe(1);
  pass(machine, 6);
  expect([first.answer, second.answer]).toEqual([E_DEVICE, E_DEVICE]);
  expect(nvme.resets).toBe(2);
  nvme.keep = false;
  expect(read(machine, 2).answer).toBe(0n);
  expect(machine.memory.faults).toEqual([]);
});

test("a controller that is slow but gets on keeps its time", async () => {
  const { nvme, machine } = await start();
  attached(machine, ALICE);
  nvme.keep = true;
  const calls = [0, 1, 2].map((block) => read(machine, block));
  const kept = [...nvme.kept];
  for (const { queue, command } of kept) {
    pass(machine, 8);
    nvme.finish(queue, command);
  }
  expect(calls.map(({ answer }) => answer)).toEqual([0n, 0n, 0n]);
  expect(nvme.resets).toBe(1);
});

test("one that never finishes its reset, and one that is pulled out, are gone for good", async () => {
  for (const trouble of ["isStuck", "isGone"] as const) {
    const { nvme, machine } = await start();
    attached(machine, ALICE);
    nvme.keep = true;
    const call = read(machine, 0);
    nvme[trouble] = true;
    pass(machine, 12);
    const error = trouble === "isGone" ? E_ABSENT : E_DEVICE;
    expect(call.answer).toBe(error);
    expect(machine.mastering).toBe(false);
    expect(read(machine, 0).answer).toBe(error);
  }
});

test("one that is begun anew too often is gone", async () => {
  const { nvme, machine } = await start();
  attached(machine, ALICE);
  nvme.keep = true;
  const answers: (bigint | undefined)[] = [];
  for (let time = 0; time < 10; time++) {
    const call = read(machine, 0);
    pass(machine, 12);
    answers.push(call.answer);
  }
  expect(answers).toEqual([...Array(8).fill(E_DEVICE), E_ABSENT, E_ABSENT]);
});

test("what failed under another driver is no reason not to begin", async () => {
  const nvme = new NvmeDevice();
  nvme.fatal = 2;
  const { machine } = await start("pci", nvme);
  expect(machine.call(ALICE, method("geometry")).answer).toBe(0n);
});

test("an interrupt by line that is lost costs a look", async () => {
  const { nvme, machine } = await start("pci-line");
  attached(machine, ALICE);
  nvme.raise = () => undefined;
  const call = read(machine, 0);
  expect(call.answer).toBe(undefined);
  machine.advance(6n * MILLISECOND_NS);
  expect(call.answer).toBe(0n);
});

/** Devices to try; `PHI_VIRTIO_LIARS=20000` tries so many. */
const LIARS = Number(process.env["PHI_VIRTIO_LIARS"] ?? "60");
const LIES = fc.record({
  queue: fc.constantFrom(0, 1, 2),
  identifier: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(0xffff)),
  status: fc.constantFrom(0, 0x281, 0x7fff),
  isNew: fc.boolean(),
});

test("a controller that lies is harmless: every caller is answered once, or the driver ends", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.option(LIES), fc.boolean()), { maxLength: 12 }), async (script) => {
      const { nvme, machine } = await start();
      attached(machine, ALICE);
      const calls: Call[] = [];
      let hasEnded = false;
      try {
        for (const [lie, keep] of script) {
          nvme.keep = keep;
          nvme.lie = (honest): Completion => (lie === null ? honest : { ...honest, ...lie });
          calls.push(read(machine, calls.length));
          for (const { queue, command } of nvme.kept.splice(0, 1)) nvme.finish(queue, command);
        }
        nvme.lie = (honest) => honest;
        pass(machine, 40);
      } catch (error) {
        if (!(error instanceof Ended)) throw error;
        hasEnded = true;
      }
      expect(machine.memory.faults).toEqual([]);
      if (hasEnded) {
        expect(machine.mastering).toBe(false);
        return;
      }
      expect(calls.filter(({ answer }) => answer === undefined)).toEqual([]);
      expect(calls.every(({ answer }) => [0n, E_DEVICE, E_ABSENT].includes(answer ?? 1n))).toBe(true);
    }),
    { numRuns: LIARS },
  );
}, 600_000);
