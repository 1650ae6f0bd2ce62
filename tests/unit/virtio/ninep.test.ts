// The 9P transport: what goes out comes back from a host that answers, and one that does not answer, or lies, costs an error or the driver.
import { describe, expect, test } from "vitest";
import { type Chain, FEATURE_EVENT_INDEX, FEATURE_VERSION_1 } from "./device.ts";
import { Ended, Machine, WAYS, type Way } from "./machine.ts";

const E_ARGUMENT = -3n,
  E_TIMEOUT = -9n;
const LIMIT = 8192;

async function start(way: Way, features = FEATURE_EVENT_INDEX): Promise<Machine> {
  const tag = Buffer.from("\x04\0host", "latin1");
  let machine: Machine | undefined;
  const serve = (chain: Chain): number => {
    const [out, back] = chain.parts;
    if (machine === undefined || out === undefined || back === undefined) throw new Error("two parts are needed");
    const message = machine.memory.at(out.address, out.length);
    machine.memory.at(back.address, back.length).fill((message[out.length - 1] ?? 0) + 1, 0, out.length);
    return out.length;
  };
  machine = await Machine.start({
    service: "ninep.ts",
    way,
    identity: 9,
    features: FEATURE_VERSION_1 | features | 1n,
    configuration: tag,
    queues: [128],
    serve,
    prepare: (made) => {
      machine = made;
    },
  });
  return machine;
}

describe.each(WAYS)("%s", (way) => {
  test.each([0n, FEATURE_EVENT_INDEX])("messages and answers, features %s", async (features) => {
    const machine = await start(way, features);
    for (let round = 1; round <= 20; round++) {
      expect(machine.call(1n, 1, round * 100, round).answer).toBe(BigInt(round * 100));
    }
    expect(machine.call(1n, 1, LIMIT, 9).answer).toBe(BigInt(LIMIT));
    expect(machine.call(1n, 1, LIMIT + 1, 9).answer).toBe(E_ARGUMENT);
    expect(machine.call(1n, 1, 0, 9).answer).toBe(E_ARGUMENT);
    expect(machine.call(1n, 2).answer).toBe(BigInt((4 << 8) | "h".charCodeAt(0)));
    expect(machine.memory.faults).toEqual([]);
  });
});

test("a host that says it wrote more than fits ends the driver, and masters the bus no more", async () => {
  const machine = await start("pci");
  machine.device.lie = (used) => ({ ...used, length: LIMIT + 1 });
  expect(() => machine.call(1n, 1, 100, 1)).toThrow(Ended);
  expect(machine.mastering).toBe(false);
});

test("a host that does not answer is given up after a while", async () => {
  const machine = await start("mmio");
  machine.device.lie = (used) => ({ ...used, steps: 0 });
  expect(machine.call(1n, 1, 100, 1).answer).toBe(E_TIMEOUT);
});
