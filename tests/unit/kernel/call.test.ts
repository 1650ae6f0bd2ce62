// Protected calls, detached replies, queues, deadlocks and deaths: no caller is ever left without an answer.
import { beforeAll, describe, expect, it } from "vitest";
import { Cast } from "./cast.ts";
import { COMPILE_MS, compileKernel, type Machine } from "./machine.ts";
import { child, done, type Scene, scene, wholly } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

interface Pair extends Scene {
  endpoint: bigint;
  server: bigint;
}

/** init, with a service of the same module that has started and is idle; init runs in an event. */
async function pair(): Promise<Pair> {
  const start = await scene();
  const { machine, self } = start;
  const server = child(start, 1);
  const endpoint = machine.gate("endpoint_create", self);
  machine.gate("endpoint_bind", endpoint, server);
  const wake = machine.gate("notification_create", self);
  machine.gate("notification_bind", wake);
  machine.gate("notify", wake, 1n);
  machine.gate("domain_start", server);
  const entered = done(machine); // init's start ends, its event begins at once: it has the higher priority
  expect(entered).toBe(start.init);
  return { ...start, endpoint, server };
}

function call(machine: Machine, endpoint: bigint, words = 0): bigint {
  return machine.kernelCall("call_enter", endpoint, words);
}

describe("calls", () => {
  it("enter an idle server with the badge and come back with its answer", async () => {
    const state = await pair();
    const { machine, self, init } = state;
    const timer = machine.gate("notification_create", self);
    machine.now = 5n;
    expect(machine.gate("wait", timer, 1_000n)).toBe(0n);
    const server = machine.schedule();
    expect(server).not.toBe(init);
    done(machine);
    machine.now = 2_000n;
    machine.interrupt(255);
    expect(machine.schedule()).toBe(init);
    expect(machine.field(init, "DOMAIN_RESULT")).toBe(BigInt.asUintN(64, machine.error("E_TIMEOUT")));

    const badged = machine.gate("cap_derive", state.endpoint, machine.abi.value("ENDPOINT_CALL"), 77n);
    expect(call(machine, badged)).toBe(BigInt(server));
    expect(machine.current).toBe(server);
    expect(machine.field(server, "DOMAIN_ENTER_ARGUMENTS")).toBe(77n);
    expect(machine.kernelCall("activation_done", 42n)).toBe(BigInt(init));
    expect(machine.current).toBe(init);
  });

  it("are refused without the right, on a stranger's handle, and when nobody serves", async () => {
    const { machine, self, endpoint, server } = await pair();
    const only_serve = machine.gate("cap_derive", endpoint, machine.abi.value("ENDPOINT_SERVE"), 0n);
    expect(call(machine, only_serve)).toBe(machine.error("E_RIGHTS"));
    expect(call(machine, endpoint + (1n << 32n))).toBe(machine.error("E_HANDLE"));
    expect(call(machine, self)).toBe(machine.error("E_HANDLE"));
    expect(call(machine, machine.gate("endpoint_create", self))).toBe(machine.error("E_PEER_GONE"));
    machine.gate("domain_stop", server);
    expect(call(machine, endpoint)).toBe(machine.error("E_PEER_GONE"));
  });

  it("to oneself are a deadlock", async () => {
    const { machine, self } = await pair();
    const loop = machine.gate("endpoint_create", self);
    const bound = machine.gate("endpoint_bind", loop, self);
    if (bound === 0n) expect(call(machine, loop)).toBe(machine.error("E_DEADLOCK"));
    else expect(bound).toBe(machine.error("E_RIGHTS"));
  });

  it("queue at a server that has not started, and fail when it dies first", async () => {
    const state = await pair();
    const { machine, endpoint, init, server } = state;
    expect(call(machine, endpoint)).toBe(0n);
    const serverIndex = machine.schedule();
    expect(serverIndex).not.toBe(init);
    // the server traps in its start
    machine.kernelCall("gate_trap", 6, 0n, 0n);
    expect(machine.schedule()).toBe(init);
    expect(machine.field(init, "DOMAIN_RESULT")).toBe(BigInt.asUintN(64, machine.error("E_PEER_FAULT")));
    expect(machine.gate("domain_status", server, machine.abi.value("STATUS_TRAP"))).toBe(6n);
  });

  it("that were queued begin when the server is free", async () => {
    const { machine, endpoint, init } = await pair();
    expect(call(machine, endpoint)).toBe(0n);
    const server = machine.schedule();
    expect(done(machine)).toBe(server);
    expect(machine.word32(server, "DOMAIN_CONTEXT_KIND")).toBe(machine.abi.number("CONTEXT_ENTER"));
    expect(machine.kernelCall("activation_done", 9n)).toBe(BigInt(init));
  });

  it("are counted at the endpoint that they came to, not at another one of the same server, and not if they were refused", async () => {
    const { machine, self, endpoint, server } = await pair();
    const [second, nobody] = [machine.gate("endpoint_create", self), machine.gate("endpoint_create", self)];
    machine.gate("endpoint_bind", second, server);
    const counts = (): bigint[] =>
      [endpoint, second, nobody].map((one) =>
        machine.gate("endpoint_status", one, machine.abi.value("ENDPOINT_CALLS")),
      );
    expect(counts()).toEqual([0n, 0n, 0n]);
    expect(call(machine, nobody)).toBe(machine.error("E_PEER_GONE"));
    expect(call(machine, second)).toBe(0n);
    expect(counts()).toEqual([0n, 1n, 0n]);
    machine.schedule();
    done(machine);
    machine.kernelCall("activation_done", 9n);
    for (const one of [endpoint, second, second]) {
      expect(call(machine, one)).toBeGreaterThan(0n);
      machine.kernelCall("activation_done", 9n);
    }
    expect(counts()).toEqual([1n, 3n, 0n]);
  });

  it("detached keep the caller waiting, once and no longer", async () => {
    const { machine, endpoint, init } = await pair();
    call(machine, endpoint);
    const server = machine.schedule();
    done(machine);
    const reply = machine.gate("detach");
    expect(reply).toBeGreaterThan(0n);
    expect(machine.gate("detach")).toBe(machine.error("E_STATE"));
    expect(machine.current).toBe(server);
    expect(machine.gate("reply", reply, 5n, 1n, 2n, 3n, 4n, 5n)).toBe(0n);
    expect(machine.gate("reply", reply, 6n, 0n, 0n, 0n, 0n, 0n)).toBe(machine.error("E_HANDLE"));
    expect(machine.schedule()).toBe(init);
    expect(machine.field(init, "DOMAIN_RESULT")).toBe(5n);
  });

  it("detached and then forgotten end as a fault of the peer", async () => {
    const { machine, endpoint, init } = await pair();
    call(machine, endpoint);
    machine.schedule();
    done(machine);
    const reply = machine.gate("detach");
    expect(machine.gate("cap_delete", reply)).toBe(0n);
    expect(machine.schedule()).toBe(init);
    expect(machine.field(init, "DOMAIN_RESULT")).toBe(BigInt.asUintN(64, machine.error("E_PEER_FAULT")));
  });

  it("detached for a client that is no more answer nobody, least of all who got its place in the table", async () => {
    const cast = await Cast.of(10, 10, 10);
    const { machine } = cast;
    const old = cast.member(1);
    cast.begin(1);
    cast.call(0);
    const stale = machine.gate("detach");
    cast.back();
    machine.gate("domain_stop", old.domain);
    wholly(machine, "domain_destroy", old.domain);
    const heir = child(cast.scene, 1);
    const call = machine.gate("cap_grant", heir, cast.member(2).endpoint, machine.abi.value("ENDPOINT_CALL"), 0n);
    machine.gate("domain_stop", cast.member(0).domain);
    machine.gate("domain_start", heir);
    expect(cast.leave()).toBe(old.index);
    expect(machine.kernelCall("call_enter", call, 0)).toBe(BigInt(cast.member(2).index));
    const fresh = machine.gate("detach");
    expect(machine.gate("notify", cast.member(2).home, 1n)).toBe(0n);
    machine.schedule();
    // The stopped server's Replies go with it: none of them is for whoever waits now.
    expect(stale).toBeGreaterThan(0n);
    expect(wholly(machine, "domain_destroy", cast.member(0).domain)).toBe(0n);
    cast.leave();
    expect(cast.running).toBe(2);
    expect(machine.gate("reply", fresh, 7n, 0n, 0n, 0n, 0n, 0n)).toBe(0n);
    expect(machine.field(old.index, "DOMAIN_RESULT")).toBe(7n);
  });

  it("end with a fault when the server traps in the handler", async () => {
    const { machine, endpoint, init } = await pair();
    call(machine, endpoint);
    machine.schedule();
    done(machine);
    machine.kernelCall("gate_trap", 6, 0n, 0n);
    expect(machine.schedule()).toBe(init);
    expect(machine.field(init, "DOMAIN_RESULT")).toBe(BigInt.asUintN(64, machine.error("E_PEER_FAULT")));
    expect(call(machine, endpoint)).toBe(machine.error("E_PEER_GONE"));
  });
});
