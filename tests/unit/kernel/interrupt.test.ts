// Interrupt lines: masked until acknowledged; one that does not rest is held back for a while, whatever its driver does.
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
  machine.kernelCall("interrupt", LINE);
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
    machine.kernelCall("interrupt", LINE);
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
    machine.kernelCall("interrupt", TIMER_VECTOR);
    expect(machine.masked.get(LINE)).toBe(true);
    machine.now += 1n;
    machine.kernelCall("interrupt", TIMER_VECTOR);
    expect(machine.masked.get(LINE)).toBe(false);
    fire(all);
    expect(machine.masked.get(LINE)).toBe(false);
  });

  it("that was held back waits for its driver all the same", async () => {
    const all = await driver();
    const { machine } = all.start;
    for (let i = 0; i < 3 * STORM && storms(all.start) === 0n; i++) {
      machine.now += 1000n;
      machine.kernelCall("interrupt", LINE);
      if (storms(all.start) === 0n) machine.gate("irq_ack", all.irq);
    }
    expect(storms(all.start)).toBe(1n);
    machine.now += HOLD_NS;
    machine.kernelCall("interrupt", TIMER_VECTOR);
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
