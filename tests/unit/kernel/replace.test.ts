// Live replacement in the kernel: who is held back, what moves to the successor, and what a dead holder leaves behind.
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { child, done, MIB, type Scene, SFI, scene, status } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

interface Stage extends Scene {
  timer: bigint;
  endpoint: bigint;
  old: bigint;
  oldIndex: number;
  successor: bigint;
  client: bigint;
  clientIndex: number;
  /** The client's handle to call the old one by, badge 7. */
  call: bigint;
}

/** init rests for a moment: whoever is ready runs, as `play` has it; then init goes on. */
function rest({ machine, init }: Scene, timer: bigint, play: () => void): void {
  expect(machine.gate("wait", timer, machine.now + 1000n)).toBe(0n);
  machine.schedule();
  play();
  machine.now += 2000n;
  machine.interrupt(255);
  expect(machine.schedule()).toBe(init);
}

/** An idle server, a client of it in the middle of its start, and a successor that is held past its start; init runs. */
async function stage(): Promise<Stage> {
  const start = await scene();
  const { machine, self } = start;
  const { abi } = machine;
  const timer = machine.gate("notification_create", self);
  const endpoint = machine.gate("endpoint_create", self);
  const old = child(start, 1);
  machine.gate("endpoint_bind", endpoint, old);
  const successor = child(start, 1);
  const client = child(start, 1, SFI, MIB, 5n);
  const call = machine.gate("cap_grant", client, endpoint, abi.value("ENDPOINT_CALL"), 7n);
  machine.gate("domain_start", old);
  let oldIndex = 0;
  let clientIndex = 0;
  rest(start, timer, () => {
    oldIndex = machine.current;
    done(machine);
  });
  expect(machine.gate("domain_hold", successor)).toBe(0n);
  machine.gate("domain_start", successor);
  machine.gate("domain_start", client);
  rest(start, timer, () => {
    done(machine); // the successor's start
    clientIndex = machine.current;
  });
  expect(status({ ...start }, successor, "STATUS_STATE")).toBe(abi.value("STATE_HELD"));
  return { ...start, timer, endpoint, old, oldIndex, successor, client, clientIndex, call };
}

/** The client, which runs now, calls the held server: it queues. */
function queueUp({ machine, clientIndex, call }: Stage): void {
  expect(machine.current).toBe(clientIndex);
  expect(machine.kernelCall("call_enter_plain", call)).toBe(0n);
  expect(machine.kernelCall("call_enter", call, 0)).toBe(0n);
  expect(machine.schedule()).toBe(0);
}

describe("a held domain", () => {
  it("keeps everybody but its holder waiting, and serves them when it is released", async () => {
    const state = await stage();
    const { machine, old, oldIndex, init, endpoint, timer } = state;
    expect(machine.gate("domain_hold", old)).toBe(0n);
    expect(machine.gate("domain_hold", old)).toBe(machine.error("E_STATE"));
    rest(state, timer, () => queueUp(state));
    expect(machine.kernelCall("call_enter", endpoint, 0)).toBe(BigInt(oldIndex)); // the holder's own call
    expect(machine.kernelCall("activation_done_plain", 3n)).toBe(0n); // the end of it is for the kernel to see
    expect(machine.kernelCall("activation_done", 3n)).toBe(BigInt(init));
    expect(machine.gate("domain_release", old)).toBe(0n);
    rest(state, timer, () => {
      expect(machine.current).toBe(oldIndex);
      expect(machine.field(oldIndex, "DOMAIN_ENTER_ARGUMENTS")).toBe(7n);
      done(machine);
    });
  });

  it("is free again when its holder ends", async () => {
    const state = await stage();
    const { machine, old, oldIndex, timer } = state;
    expect(machine.gate("domain_hold", old)).toBe(0n);
    rest(state, timer, () => queueUp(state));
    machine.gate("exit", 0);
    expect(machine.schedule()).toBe(oldIndex);
  });

  it("that dies fails whoever waits for it", async () => {
    const state = await stage();
    const { machine, old, clientIndex, timer } = state;
    expect(machine.gate("domain_hold", old)).toBe(0n);
    rest(state, timer, () => queueUp(state));
    expect(machine.gate("domain_stop", old)).toBe(0n);
    expect(machine.gate("domain_destroy", old)).toBe(0n);
    rest(state, timer, () => {
      expect(machine.current).toBe(clientIndex);
      expect(machine.field(clientIndex, "DOMAIN_RESULT")).toBe(BigInt.asUintN(64, machine.error("E_PEER_FAULT")));
    });
  });
});

describe("replacement", () => {
  it("asks for the right, and for two different domains that the caller holds and that rest", async () => {
    const { machine, self, old, successor } = await stage();
    expect(machine.gate("domain_hold", self)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("domain_release", old)).toBe(machine.error("E_STATE"));
    expect(machine.gate("domain_replace", old, successor)).toBe(machine.error("E_STATE"));
    expect(machine.gate("domain_hold", old)).toBe(0n);
    expect(machine.gate("domain_replace", old, old)).toBe(machine.error("E_STATE"));
    expect(machine.gate("domain_replace", old, self)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("domain_replace", old, successor)).toBe(0n);
  });

  it("moves the endpoint and the waiting caller: the successor serves it", async () => {
    const state = await stage();
    const { machine, old, oldIndex, successor, timer } = state;
    expect(machine.gate("domain_hold", old)).toBe(0n);
    rest(state, timer, () => queueUp(state));
    expect(machine.gate("domain_replace", old, successor)).toBe(0n);
    expect(machine.gate("domain_release", successor)).toBe(0n);
    expect(machine.gate("domain_stop", old)).toBe(0n);
    expect(machine.gate("domain_destroy", old)).toBe(0n);
    rest(state, timer, () => {
      expect(machine.current).not.toBe(oldIndex);
      expect(machine.field(machine.current, "DOMAIN_ENTER_ARGUMENTS")).toBe(7n);
      expect(machine.kernelCall("activation_done", 1n)).toBe(BigInt(state.clientIndex));
      done(machine);
    });
  });

  it("keeps an unanswered call good: the successor has the Reply under the same handle", async () => {
    const state = await stage();
    const { machine, old, successor, client, timer, clientIndex, call } = state;
    let reply = 0n;
    rest(state, timer, () => {
      machine.kernelCall("call_enter", call, 0);
      reply = machine.gate("detach");
      done(machine);
    });
    expect(machine.gate("domain_hold", old)).toBe(0n);
    expect(machine.gate("domain_replace", old, successor)).toBe(0n);
    expect(machine.gate("domain_stop", old)).toBe(0n);
    expect(machine.gate("domain_destroy", old)).toBe(0n);
    expect(status(state, client, "STATUS_STATE")).toBe(machine.abi.value("STATE_BUSY"));
    machine.gate("domain_release", successor);
    machine.kernelCall("call_enter", state.endpoint, 0); // init calls the successor, which answers the client from there
    expect(machine.gate("reply", reply, 5n, 0n, 0n, 0n, 0n, 0n)).toBe(0n);
    machine.kernelCall("activation_done", 0n);
    rest(state, timer, () => {
      expect(machine.current).toBe(clientIndex);
      expect(machine.field(clientIndex, "DOMAIN_RESULT")).toBe(5n);
    });
  });
});
