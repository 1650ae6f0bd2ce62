// Interrupt lines: masked until acknowledged; one that does not rest is held back for a while, whatever its driver does. Messages of
// devices: one holder each, held back at the source. Devices: a part of one reaches no further.
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { type Scene, scene } from "./scenario.ts";

const LINE = 4;
const TIMER_VECTOR = 255;
const STORM = 1024;
const HOLD_NS = 10_000_000n;

beforeAll(compileKernel, COMPILE_MS);

async function driver(): Promise<{ start: Scene; irq: bigint; notification: bigint }> {
  const start = await scene();
  const { machine, self } = start;
  const irq = machine.handle("STARTUP_IRQ");
  const notification = machine.gate("notification_create", self);
  expect(machine.gate("irq_bind", irq, notification, 2n)).toBe(0n);
  machine.now = 1n << 40n;
  return { start, irq, notification };
}

/** The line fires, and the driver takes note and acknowledges. */
function fire({ start: { machine }, irq, notification }: Awaited<ReturnType<typeof driver>>): void {
  machine.interrupt(LINE);
  expect(machine.gate("wait", notification, 0n)).toBe(2n);
  expect(machine.gate("irq_ack", irq)).toBe(0n);
}

function storms({ machine, system }: Scene): bigint {
  return machine.gate("system_info", system, machine.abi.value("INFO_STORMS"));
}

describe("an interrupt line", () => {
  it("is masked from the interrupt to the acknowledgement", async () => {
    const all = await driver();
    const { machine } = all.start;
    expect(machine.masked.get(LINE)).toBe(false);
    machine.interrupt(LINE);
    expect(machine.masked.get(LINE)).toBe(true);
    machine.gate("irq_ack", all.irq);
    expect(machine.masked.get(LINE)).toBe(false);
  });

  it("that does not rest stays masked for 10 ms after its acknowledgement, is counted and logged, and then goes on", async () => {
    const all = await driver();
    const { machine } = all.start;
    for (let i = 0; i < 3 * STORM && machine.masked.get(LINE) === false; i++) {
      machine.now += 1000n;
      fire(all);
    }
    expect(machine.masked.get(LINE)).toBe(true);
    expect(storms(all.start)).toBe(1n);
    expect(machine.said).toMatch(/interrupt line 4 does not rest: held back, 1 times/);
    machine.gate("irq_ack", all.irq);
    machine.gate("irq_bind", all.irq, all.notification, 2n);
    expect(machine.masked.get(LINE)).toBe(true);
    machine.now += HOLD_NS - 1n;
    machine.interrupt(TIMER_VECTOR);
    expect(machine.masked.get(LINE)).toBe(true);
    machine.now += 1n;
    machine.interrupt(TIMER_VECTOR);
    expect(machine.masked.get(LINE)).toBe(false);
    fire(all);
    expect(machine.masked.get(LINE)).toBe(false);
  });

  it("that was held back waits for its driver all the same", async () => {
    const all = await driver();
    const { machine } = all.start;
    for (let i = 0; i < 3 * STORM && storms(all.start) === 0n; i++) {
      machine.now += 1000n;
      machine.interrupt(LINE);
      if (storms(all.start) === 0n) machine.gate("irq_ack", all.irq);
    }
    expect(storms(all.start)).toBe(1n);
    machine.now += HOLD_NS;
    machine.interrupt(TIMER_VECTOR);
    expect(machine.masked.get(LINE)).toBe(true);
    machine.gate("irq_ack", all.irq);
    expect(machine.masked.get(LINE)).toBe(false);
  });

  it("that is merely busy is left alone", async () => {
    const all = await driver();
    const { machine } = all.start;
    for (let i = 0; i < 5 * STORM; i++) {
      machine.now += 5000n;
      fire(all);
    }
    expect(storms(all.start)).toBe(0n);
    expect(machine.masked.get(LINE)).toBe(false);
  });
});

const FIRST_MESSAGE = 64;
const MESSAGES = 4;

describe("a message", () => {
  it("is for holders of the right", async () => {
    const { machine, system } = await scene();
    const weak = machine.gate("cap_derive", system, 63n, 0n);
    expect(machine.gate("irq_message", weak)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("irq_message", machine.handle("STARTUP_DEVICE"))).toBe(machine.error("E_HANDLE"));
    expect(machine.gate("irq_message", 0n)).toBe(machine.error("E_HANDLE"));
  });

  it("is nobody else's, until its last capability goes; then it is silent", async () => {
    const { machine, system, self } = await scene();
    const all = Array.from({ length: MESSAGES }, () => machine.gate("irq_message", system));
    const numbers = all.map((handle) => machine.gate("cap_info", handle, 3n));
    expect(new Set(numbers).size).toBe(MESSAGES);
    expect(machine.gate("irq_message", system)).toBe(machine.error("E_NO_MEMORY"));
    const notification = machine.gate("notification_create", self);
    const [, second] = all as [bigint, bigint];
    const copy = machine.gate("cap_derive", second, 3n, 0n);
    machine.gate("irq_bind", second, notification, 4n);
    machine.gate("cap_delete", second);
    expect(machine.gate("irq_message", system)).toBe(machine.error("E_NO_MEMORY"));
    machine.kernelCall("interrupt", FIRST_MESSAGE + 1);
    expect(machine.gate("wait", notification, 0n)).toBe(4n);
    machine.gate("cap_delete", copy);
    const again = machine.gate("irq_message", system);
    expect(machine.gate("cap_info", again, 3n)).toBe(numbers[1]);
    machine.kernelCall("interrupt", FIRST_MESSAGE + 1);
    expect(machine.gate("wait", notification, 0n)).toBe(machine.error("E_TIMEOUT"));
  });

  it("that does not rest is held back at the source for 10 ms, bound or not", async () => {
    const { machine, system } = await scene();
    machine.now = 1n << 40n;
    machine.gate("irq_message", system);
    for (let i = 0; i < 3 * STORM && machine.held.get(FIRST_MESSAGE) !== true; i++) {
      machine.now += 1000n;
      machine.kernelCall("interrupt", FIRST_MESSAGE);
    }
    expect(machine.held.get(FIRST_MESSAGE)).toBe(true);
    machine.now += HOLD_NS;
    machine.kernelCall("interrupt", TIMER_VECTOR);
    expect(machine.held.get(FIRST_MESSAGE)).toBe(false);
  });
});

describe("a part of a device", () => {
  const one = (offset: bigint): bigint => offset | (1n << 32n);

  it("starts at 0 and ends where it ends, aligned as the device sees it", async () => {
    const { machine } = await scene();
    const device = machine.handle("STARTUP_DEVICE"); // eight registers at 0x3f8, which answer with their address
    const part = machine.gate("cap_derive", device, 3n, 3n | (4n << 32n));
    expect(machine.gate("device_load", part, one(0n))).toBe(0x3fbn);
    expect(machine.gate("device_load", part, one(3n))).toBe(0x3fen);
    expect(machine.gate("device_load", part, one(4n))).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("device_load", part, 0n | (2n << 32n))).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("device_load", part, 1n | (2n << 32n))).toBe(0x3fcn);
    expect(machine.gate("device_store", part, one(4n), 1n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.stores).toEqual([]);
  });

  it("is never more than the device, and never changes", async () => {
    const { machine } = await scene();
    const device = machine.handle("STARTUP_DEVICE");
    const wide = machine.gate("cap_derive", device, 3n, 4n | (8n << 32n));
    expect(machine.gate("device_load", wide, one(3n))).toBe(0x3ffn);
    expect(machine.gate("device_load", wide, one(4n))).toBe(machine.error("E_ARGUMENT"));
    const far = machine.gate("cap_derive", device, 3n, 0xffff_ffffn | (0x7fff_ffffn << 32n));
    for (const offset of [0n, 1n, 0xffff_ffffn])
      expect(machine.gate("device_load", far, one(offset))).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("cap_derive", wide, 3n, 8n << 32n)).toBe(machine.error("E_ARGUMENT"));
  });
});

describe("what the service gets that hands devices to drivers", () => {
  const PAGE = 4096n;
  const WIDTH_4 = 4n << 32n;
  const MEMORY = 32n << 20n;

  it("takes the right, on System", async () => {
    const { machine, system, self } = await scene();
    const weak = machine.gate("cap_derive", system, 127n, 0n);
    for (const [handle, error] of [
      [weak, "E_RIGHTS"],
      [self, "E_HANDLE"],
      [0n, "E_HANDLE"],
    ] as const) {
      expect(machine.gate("device_range", self, handle, 1n << 34n, PAGE)).toBe(machine.error(error));
      expect(machine.gate("irq_line", handle, 5n)).toBe(machine.error(error));
    }
    expect(machine.gate("device_range", 0n, system, 1n << 34n, PAGE)).toBe(machine.error("E_HANDLE"));
  });

  it("is a device over a range without memory or what the kernel keeps, no longer than it says", async () => {
    const { machine, system, self } = await scene();
    const end = 1n << 36n;
    const refused: readonly (readonly [bigint, bigint])[] = [
      [MEMORY - PAGE, 2n * PAGE],
      [0n, 1n],
      [0x2_0fff_f000n, 2n * PAGE],
      [0x1_ffff_f000n, 2n * PAGE],
      [end, 1n],
      [2n ** 64n - 1n, 2n],
      [1n << 35n, 1n << 32n],
      [1n << 35n, 2n ** 64n - 1n],
    ];
    for (const [base, bytes] of refused)
      expect(machine.gate("device_range", self, system, base, bytes)).toBe(machine.error("E_ADDRESS"));
    const base = 0x3_0000_0000n;
    const device = machine.gate("device_range", self, system, base, PAGE);
    expect(machine.gate("device_load", device, 16n | WIDTH_4)).toBe(base + 16n);
    expect(machine.gate("device_load", device, PAGE | WIDTH_4)).toBe(machine.error("E_ARGUMENT"));
    const part = machine.gate("cap_derive", device, 0x8003n, 256n | (16n << 32n));
    expect(machine.gate("device_load", part, 12n | WIDTH_4)).toBe(base + 268n);
    machine.gate("cap_revoke", device);
    expect(machine.gate("device_load", part, 12n | WIDTH_4)).toBeLessThan(0n);
  });

  it("is what the firmware handed over, to read", async () => {
    const { machine, system, self } = await scene();
    const device = machine.gate("device_range", self, system, 0n, 0n);
    expect(machine.gate("device_load", device, 60n | WIDTH_4)).toBe(0x9000n + 60n);
    expect(machine.gate("device_load", device, 64n | WIDTH_4)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("device_store", device, 0n | WIDTH_4, 1n)).toBe(machine.error("E_RIGHTS"));
  });

  it("is a line that nobody has, until its last capability goes", async () => {
    const { machine, system, self } = await scene();
    expect(machine.gate("irq_line", system, BigInt(LINE))).toBe(machine.error("E_STATE"));
    expect(machine.gate("irq_line", system, 64n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("irq_line", system, 1n << 32n)).toBe(machine.error("E_ARGUMENT"));
    const irq = machine.gate("irq_line", system, 9n);
    expect(machine.gate("irq_line", system, 9n)).toBe(machine.error("E_STATE"));
    const notification = machine.gate("notification_create", self);
    expect(machine.gate("irq_bind", irq, notification, 8n)).toBe(0n);
    machine.interrupt(9);
    expect(machine.gate("wait", notification, 0n)).toBe(8n);
    machine.gate("cap_delete", irq);
    expect(machine.gate("irq_line", system, 9n)).toBeGreaterThan(0n);
  });
});
