// Calls that end before their answer: a deadline passes or somebody cancels, while the call queues, is handled, or is detached.
// The caller goes on at once, the handler finishes for nobody, and both are good for the next call.
import { beforeAll, describe, expect, it } from "vitest";
import { Cast } from "./cast.ts";
import { COMPILE_MS, compileKernel } from "./machine.ts";

beforeAll(compileKernel, COMPILE_MS);

const CLIENT = 0;
const SERVER = 1;
const BUSY = 2;

/** What a call can be in the middle of: the client has the higher priority, so it runs as soon as it may. */
const PHASES: Record<string, (cast: Cast, deadline?: bigint) => void> = {
  "in the handler": (cast, deadline) => {
    expect(cast.begin(CLIENT)).toBe(CLIENT);
    expect(cast.call(SERVER, deadline)).toBeGreaterThan(0n);
    expect(cast.running).toBe(SERVER);
  },
  "in the queue": (cast, deadline) => {
    expect(cast.begin(SERVER)).toBe(SERVER); // in an event of its own
    cast.back();
    expect(cast.begin(CLIENT)).toBe(CLIENT);
    expect(cast.call(SERVER, deadline)).toBe(0n);
    expect(cast.running).toBe(SERVER);
  },
  "of a detached reply": (cast, deadline) => {
    expect(cast.begin(CLIENT)).toBe(CLIENT);
    expect(cast.call(SERVER, deadline)).toBeGreaterThan(0n);
    expect(cast.machine.gate("detach")).toBeGreaterThan(0n);
    cast.machine.schedule();
    expect(cast.running).toBe(SERVER);
  },
  "in a handler that calls on": (cast, deadline) => {
    expect(cast.begin(CLIENT)).toBe(CLIENT);
    expect(cast.call(SERVER, deadline)).toBeGreaterThan(0n);
    expect(cast.call(BUSY)).toBeGreaterThan(0n);
    expect(cast.running).toBe(BUSY);
  },
};

/** What the kernel says of each phase: the client's wait, whose answer it waits for, and whose call that one answers. */
const SEEN: Record<string, [wait: string, callee: number, caller: number]> = {
  "in the handler": ["WAIT_CALLEE", SERVER, CLIENT],
  "in the queue": ["WAIT_SERVER", SERVER, -1],
  "of a detached reply": ["WAIT_REPLY", SERVER, -1],
  "in a handler that calls on": ["WAIT_CALLEE", SERVER, CLIENT],
};

/** The client is in its event again; whatever it left behind ends, and a call works as ever. */
function goesOn(cast: Cast, error: string): void {
  expect(cast.running).toBe(CLIENT);
  expect(cast.result(CLIENT)).toBe(cast.machine.error(error));
  cast.done();
  while (cast.running > 0) cast.done(99n);
  expect(cast.running).toBe(-2);
  cast.machine.interrupt(255);
  // nothing is armed for anybody: far later nobody wakes
  expect(cast.at(1_000_000n)).toBe(-2);
}

describe.each(Object.keys(PHASES))("a call %s", (name) => {
  const phase = PHASES[name] as (cast: Cast, deadline?: bigint) => void;

  it("is seen by whoever may inspect", async () => {
    const cast = await Cast.of(20, 10, 5);
    phase(cast);
    cast.back();
    const { machine } = cast;
    const ask = (who: number, field: string): bigint =>
      machine.gate("domain_status", cast.member(who).domain, machine.abi.value(field));
    const id = (who: number): bigint => (who < 0 ? 0n : ask(who, "STATUS_ID"));
    const [wait, callee, caller] = SEEN[name] as (typeof SEEN)[string];
    expect(ask(CLIENT, "STATUS_WAIT")).toBe(machine.abi.value(wait));
    expect(ask(CLIENT, "STATUS_CALLEE")).toBe(id(callee));
    expect(ask(CLIENT, "STATUS_CALLER")).toBe(0n);
    expect(ask(SERVER, "STATUS_CALLER")).toBe(id(caller));
    machine.gate("cancel", cast.member(CLIENT).domain);
    expect(ask(CLIENT, "STATUS_WAIT")).toBe(machine.abi.value("WAIT_NONE"));
    expect(ask(CLIENT, "STATUS_CALLEE")).toBe(0n);
    expect(ask(SERVER, "STATUS_CALLER")).toBe(0n);
  });

  it("ends with E_TIMEOUT when its deadline passes, not before", async () => {
    const cast = await Cast.of(20, 10, 5);
    cast.machine.now = 100n;
    phase(cast, 5_000n);
    const handler = cast.running;
    expect(cast.at(4_999n)).toBe(handler);
    expect(cast.at(5_000n)).toBe(CLIENT);
    goesOn(cast, "E_TIMEOUT");
  });

  it("ends with E_CANCELLED when somebody with the right cancels it", async () => {
    const cast = await Cast.of(20, 10, 5);
    phase(cast);
    cast.back();
    const { machine } = cast;
    const { domain } = cast.member(CLIENT);
    const weak = machine.gate("cap_derive", domain, machine.abi.value("DOMAIN_STOP"), 0n);
    expect(machine.gate("cancel", weak)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("cancel", domain)).toBe(0n);
    expect(machine.gate("cancel", domain)).toBe(machine.error("E_STATE"));
    cast.leave();
    goesOn(cast, "E_CANCELLED");
  });

  it("in time answers as any other, and its deadline is forgotten", async () => {
    const cast = await Cast.of(20, 10, 5);
    cast.machine.now = 100n;
    phase(cast, 5_000n);
    if (name === "of a detached reply") {
      // the handle that detach answered is the server's newest capability
      cast.back();
      const cursor = cast.machine.gate("cap_next", cast.member(SERVER).domain, 0n);
      expect(cursor).toBeGreaterThan(0n);
      const at = Number(
        cast.machine.translate(
          cast.scene.init,
          cast.machine.field(cast.scene.init, "DOMAIN_MEMORY_BASE") + cast.machine.abi.value("MESSAGE"),
        ),
      );
      const reply = cast.machine.memory.getBigUint64(at + 8, true);
      cast.leave();
      expect(cast.running).toBe(SERVER);
      expect(cast.machine.gate("reply", reply, 7n, 0n, 0n, 0n, 0n, 0n)).toBe(0n);
      cast.machine.schedule();
    } else {
      while (cast.running > 0) cast.done(7n);
    }
    expect(cast.running).toBe(CLIENT);
    expect(cast.result(CLIENT)).toBe(7n);
    expect(cast.at(6_000n)).toBe(CLIENT);
    expect(cast.result(CLIENT)).toBe(7n);
  });
});

describe("timed calls", () => {
  it("are refused when the deadline has passed, and when the ordinary call is", async () => {
    const cast = await Cast.of(20, 10);
    cast.begin(CLIENT);
    cast.machine.now = 100n;
    expect(cast.call(SERVER, 100n)).toBe(cast.machine.error("E_TIMEOUT"));
    expect(cast.machine.kernelCall("call_enter_until", 5n, 1_000n)).toBe(cast.machine.error("E_HANDLE"));
    expect(cast.at(2_000n)).toBe(CLIENT);
    expect(cast.call(CLIENT, 9_000n)).toBe(cast.machine.error("E_DEADLOCK"));
  });

  it("nest: each caller has its own deadline on the same thread", async () => {
    const cast = await Cast.of(20, 10, 5);
    cast.machine.now = 100n;
    cast.begin(0);
    cast.call(1, 9_000n);
    cast.call(2, 5_000n);
    expect(cast.running).toBe(2);
    expect(cast.at(5_000n)).toBe(1); // the handler of 2 goes on on its own thread, of lower priority
    expect(cast.result(1)).toBe(cast.machine.error("E_TIMEOUT"));
    expect(cast.done(3n)).toBe(0);
    expect(cast.result(0)).toBe(3n);
    cast.done();
    expect(cast.running).toBe(2);
    expect(cast.done(4n)).toBe(-2);
    expect(cast.at(10_000n)).toBe(-2);
  });

  it("end with the first of deadline and the server's death, once", async () => {
    const cast = await Cast.of(20, 10);
    cast.machine.now = 100n;
    cast.begin(CLIENT);
    cast.call(SERVER, 5_000n);
    cast.machine.kernelCall("gate_trap", 6, 0n, 0n);
    cast.machine.schedule();
    expect(cast.running).toBe(CLIENT);
    expect(cast.result(CLIENT)).toBe(cast.machine.error("E_PEER_FAULT"));
    expect(cast.at(6_000n)).toBe(CLIENT);
    expect(cast.result(CLIENT)).toBe(cast.machine.error("E_PEER_FAULT"));
  });
});

describe("cancel", () => {
  it("ends a wait for a notification, and its deadline", async () => {
    const cast = await Cast.of(20, 10);
    const { machine } = cast;
    const { domain } = cast.member(0);
    const notification = machine.gate("notification_create", cast.scene.self);
    const granted = machine.gate("cap_grant", domain, notification, machine.abi.value("NOTIFICATION_WAIT"), 0n);
    expect(cast.begin(0, 1)).toBe(0);
    machine.gate("wait", granted, 50_000n);
    machine.schedule();
    expect(cast.running).toBe(1);
    cast.back();
    expect(machine.gate("cancel", domain)).toBe(0n);
    cast.leave();
    expect(cast.running).toBe(0);
    expect(cast.result(0)).toBe(machine.error("E_CANCELLED"));
    expect(machine.gate("wait", granted, 0n)).toBe(machine.error("E_TIMEOUT")); // nobody else waits there now
    expect(cast.at(60_000n)).toBe(0);
    expect(cast.result(0)).toBe(machine.error("E_CANCELLED"));
  });
});

describe("a cycle of calls", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("of %i domains is found", async (length) => {
    const cast = await Cast.of(...Array.from({ length }, () => 10));
    cast.begin(0);
    for (let i = 1; i < length; i++) expect(cast.call(i)).toBeGreaterThan(0n);
    expect(cast.call(0)).toBe(cast.machine.error("E_DEADLOCK"));
    for (let i = length - 1; i > 0; i--) expect(cast.done()).toBe(i - 1);
  });

  it("through a queue is found", async () => {
    const cast = await Cast.of(20, 10);
    cast.begin(1); // 1 is busy on its own thread
    cast.back();
    cast.begin(0);
    expect(cast.call(1)).toBe(0n); // 0 queues at 1
    expect(cast.running).toBe(1);
    expect(cast.call(0)).toBe(cast.machine.error("E_DEADLOCK"));
  });

  it("through a detached reply is found, and an idle server that owes one is no cycle", async () => {
    const cast = await Cast.of(20, 10);
    cast.begin(0);
    cast.call(1);
    cast.machine.gate("detach");
    cast.machine.schedule();
    expect(cast.running).toBe(1);
    expect(cast.call(0)).toBe(cast.machine.error("E_DEADLOCK")); // 0 waits for what only 1 can give
    cast.done();
    expect(cast.running).toBe(-2);
  });
});

it("what a thread has run stays its own when its reply is detached: the rest of the handler is the server's", async () => {
  const cast = await Cast.of(20, 10, 5);
  const { machine } = cast;
  const ran = (who: number): bigint =>
    machine.gate("domain_status", cast.member(who).domain, machine.abi.value("STATUS_TIME_NS"));
  expect(cast.begin(CLIENT)).toBe(CLIENT);
  const before = [ran(CLIENT), ran(SERVER)] as const;
  machine.now += 5_000n;
  expect(cast.call(SERVER)).toBeGreaterThan(0n);
  machine.now += 300n;
  expect(machine.gate("detach")).toBeGreaterThan(0n);
  machine.now += 70n;
  machine.schedule();
  expect(cast.running).toBe(SERVER);
  cast.back();
  // to the nanosecond that the counter's scale rounds away
  expect((ran(CLIENT) - before[0] - 5_300n) / 2n).toBe(0n);
  expect((ran(SERVER) - before[1] - 70n) / 2n).toBe(0n);
});
