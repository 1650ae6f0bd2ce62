// Mailboxes, capabilities that travel with calls, and hooks: who may, what is delivered, and that nothing is ever lost silently.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Cast } from "./cast.ts";
import { COMPILE_MS, compileKernel, type Machine } from "./machine.ts";
import { child, freeFrames, type Scene, scene } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

/** Words r1 … r5 of a domain's message area. */
function words(machine: Machine, domain = machine.current): bigint[] {
  const base = machine.field(domain, "DOMAIN_MEMORY_BASE") + machine.abi.value("MESSAGE");
  const at = Number(machine.translate(domain, base));
  return [1, 2, 3, 4, 5].map((word) => machine.memory.getBigUint64(at + 8 * word, true));
}

const value = (machine: Machine, name: string): bigint => machine.abi.value(name);

describe("a mailbox", () => {
  it("does what a bounded queue does, after any sequence of operations", async () => {
    const { machine, self } = await scene();
    const wake = machine.gate("notification_create", self);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 130 }),
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })), { maxLength: 60 }),
        async (capacity, script) => {
          const mailbox = machine.gate("mailbox_create", self, BigInt(capacity));
          expect(mailbox).toBeGreaterThan(0n);
          const senders = [0n, 7n, 9n].map((badge) =>
            machine.gate("cap_derive", mailbox, value(machine, "MAILBOX_SEND"), badge),
          );
          const room = machine.gate("notification_create", self);
          machine.gate("mailbox_bind", mailbox, 0n, wake, 1n);
          machine.gate("mailbox_bind", mailbox, 1n, room, 2n);
          machine.gate("wait", room, 0n); // there is room at first
          const model: bigint[][] = [];
          let serial = 0n;
          for (const step of script) {
            if (step === 0) {
              const answer = machine.gate("mailbox_receive", mailbox);
              if (model.length === 0) expect(answer).toBe(machine.error("E_MAILBOX_EMPTY"));
              else {
                const full = model.length === capacity;
                expect(words(machine)).toEqual(model.shift());
                expect(answer).toBe(BigInt(model.length));
                expect(machine.gate("wait", room, 0n)).toBe(full ? 2n : machine.error("E_TIMEOUT"));
              }
            }
            for (let i = 0; i < step; i++) {
              const message = [[0n, 7n, 9n][i % 3] as bigint, ++serial, 2n, 3n, 0xffff_ffff_ffff_ffffn];
              const answer = machine.gate("mailbox_send", senders[i % 3] as bigint, ...message.slice(1));
              expect(answer).toBe(model.length === capacity ? machine.error("E_MAILBOX_FULL") : 0n);
              const first = model.length === 0;
              if (answer === 0n) model.push(message);
              expect(machine.gate("wait", wake, 0n)).toBe(first ? 1n : machine.error("E_TIMEOUT"));
            }
          }
          expect(machine.gate("cap_delete", mailbox)).toBe(0n);
          for (const sender of senders) machine.gate("cap_delete", sender);
          machine.gate("cap_delete", room);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("asks for the right of each gate, and for sizes that it has", async () => {
    const { machine, self } = await scene();
    const mailbox = machine.gate("mailbox_create", self, 4n);
    const send = machine.gate("cap_derive", mailbox, value(machine, "MAILBOX_SEND"), 0n);
    const receive = machine.gate("cap_derive", mailbox, value(machine, "MAILBOX_RECEIVE"), 0n);
    const notification = machine.gate("notification_create", self);
    const deaf = machine.gate("cap_derive", notification, value(machine, "NOTIFICATION_WAIT"), 0n);
    const rights = machine.error("E_RIGHTS");
    expect(machine.gate("mailbox_send", receive, 0n, 0n, 0n, 0n)).toBe(rights);
    expect(machine.gate("mailbox_receive", send)).toBe(rights);
    expect(machine.gate("mailbox_bind", send, 0n, notification, 1n)).toBe(rights);
    expect(machine.gate("mailbox_bind", receive, 1n, notification, 1n)).toBe(rights);
    expect(machine.gate("mailbox_bind", mailbox, 0n, deaf, 1n)).toBe(rights);
    expect(machine.gate("mailbox_bind", mailbox, 2n, notification, 1n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("mailbox_bind", mailbox, 0n, notification, 0n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("mailbox_send", self, 0n, 0n, 0n, 0n)).toBe(machine.error("E_HANDLE"));
    for (const capacity of [0n, 4097n, 1n << 32n, (1n << 32n) + 1n, -1n])
      expect(machine.gate("mailbox_create", self, BigInt.asUintN(64, capacity))).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("mailbox_create", notification, 4n)).toBe(machine.error("E_HANDLE"));
  });

  it("is paid by its owner, ends with it, and tells senders so", async () => {
    const start = await scene();
    const { machine } = start;
    machine.gate("domain_destroy", child(start, 1)); // tables grow once
    const before = freeFrames(start);
    const owner = child(start, 1, 0n, 1n << 20n);
    const mailbox = machine.gate("mailbox_create", owner, 4096n);
    expect(mailbox).toBeGreaterThan(0n);
    expect(machine.gate("mailbox_create", owner, 4096n)).toBeGreaterThan(0n);
    let more = 0n;
    for (let i = 0; i < 10 && more >= 0n; i++) more = machine.gate("mailbox_create", owner, 4096n);
    expect(more).toBe(machine.error("E_BUDGET"));
    expect(machine.gate("mailbox_send", mailbox, 1n, 2n, 3n, 4n)).toBe(0n);
    machine.gate("domain_stop", owner);
    expect(machine.gate("mailbox_send", mailbox, 1n, 2n, 3n, 4n)).toBe(machine.error("E_PEER_GONE"));
    machine.gate("domain_destroy", owner);
    expect(machine.gate("mailbox_send", mailbox, 1n, 2n, 3n, 4n)).toBe(machine.error("E_REVOKED"));
    expect(machine.gate("cap_delete", mailbox)).toBe(0n);
    expect(before - freeFrames(start)).toBeLessThanOrEqual(2n); // the test's code object
  });
});

interface Call {
  cast: Cast;
  machine: Machine;
  /** init's object, a notification, and the client's handle to it. */
  object: bigint;
  held: bigint;
  /** the client's handle to the server's endpoint. */
  to: bigint;
}

/** Member 0 has a capability and is about to call member 1. */
async function callWith(rights: string[]): Promise<Call> {
  const cast = await Cast.of(20, 10, 5);
  const { machine } = cast;
  const object = machine.gate("notification_create", cast.scene.self);
  const bits = rights.reduce((sum, right) => sum | value(machine, right), 0n);
  const held = machine.gate("cap_grant", cast.member(0).domain, object, bits, 0n);
  cast.begin(0);
  return { cast, machine, object, held, to: cast.member(0).to[1] as bigint };
}

describe("a capability", () => {
  const ALL = ["NOTIFICATION_SIGNAL", "NOTIFICATION_WAIT", "RIGHT_SHARE"];

  it("goes with a call, weakened, into the server's space, once", async () => {
    const { cast, machine, object, held, to } = await callWith(ALL);
    expect(machine.gate("offer", to, held, value(machine, "NOTIFICATION_SIGNAL"))).toBe(0n);
    expect(machine.gate("accept", 0n)).toBe(machine.error("E_STATE")); // not to oneself
    expect(cast.call(1)).toBeGreaterThan(0n);
    const mine = machine.gate("accept", 0n);
    expect(mine).toBeGreaterThan(0n);
    expect(mine).not.toBe(held);
    expect(machine.gate("accept", 0n)).toBe(machine.error("E_STATE"));
    expect(machine.gate("notify", mine, 4n)).toBe(0n);
    expect(machine.gate("wait", mine, 0n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("notify", held, 4n)).toBe(machine.error("E_HANDLE"));
    cast.back();
    expect(machine.gate("wait", object, 0n)).toBe(4n);
    expect(machine.gate("cap_revoke", object)).toBe(0n);
    cast.leave();
    expect(machine.gate("notify", mine, 4n)).toBeLessThan(0n);
  });

  it("is for the server that it was offered to, while it answers the giver: for nobody else, and at no other time", async () => {
    const { cast, machine, held, to } = await callWith(ALL);
    machine.gate("offer", to, held, 0n);
    cast.call(2);
    expect(machine.gate("accept", 0n)).toBe(machine.error("E_STATE")); // another server
    expect(cast.call(1)).toBeGreaterThan(0n); // which calls the right one
    expect(machine.gate("accept", 0n)).toBe(machine.error("E_STATE")); // for another caller
    expect(cast.done()).toBe(2);
    expect(cast.done()).toBe(0);
    cast.back();
    machine.gate("notify", cast.member(1).wake, 1n);
    cast.leave();
    expect(cast.running).toBe(0);
    cast.done();
    expect(cast.running).toBe(1); // in an event of its own
    expect(machine.gate("accept", 0n)).toBe(machine.error("E_STATE"));
  });

  it("needs SHARE, a right that is there, and a handle of one's own; a Reply never travels", async () => {
    const { cast, machine, object, held, to } = await callWith(["NOTIFICATION_SIGNAL"]);
    expect(machine.gate("offer", to, held, 0n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("offer", to, object, 0n)).toBe(machine.error("E_HANDLE"));
    expect(machine.gate("offer", to, to, 0n)).toBe(machine.error("E_RIGHTS"));
    cast.call(1);
    const reply = machine.gate("detach");
    machine.schedule();
    expect(machine.gate("offer", 0n, reply, 0n)).toBe(machine.error("E_RIGHTS"));
    const shared = await callWith(ALL);
    expect(shared.machine.gate("offer", shared.to, shared.held, 4n)).toBe(shared.machine.error("E_ARGUMENT"));
    expect(shared.machine.gate("offer", 0n, shared.held, 1n)).toBe(shared.machine.error("E_STATE")); // handles no call
    expect(shared.machine.gate("offer", shared.held, shared.held, 1n)).toBe(shared.machine.error("E_HANDLE"));
  });

  it("that was revoked or deleted meanwhile is refused, and says which", async () => {
    const revoked = await callWith(ALL);
    revoked.machine.gate("offer", revoked.to, revoked.held, 1n);
    revoked.cast.call(1);
    revoked.cast.back();
    revoked.machine.gate("cap_revoke", revoked.object);
    revoked.cast.leave();
    expect(revoked.machine.gate("accept", 0n)).toBeLessThan(0n);
    expect(revoked.machine.gate("accept", 0n)).toBe(revoked.machine.error("E_STATE"));
  });

  it("comes with a reply, also a detached one, for the call that it answers", async () => {
    for (const detached of [false, true]) {
      const { cast, machine, to } = await callWith(ALL);
      cast.back();
      const gift = machine.gate("notification_create", cast.scene.self);
      const given = machine.gate(
        "cap_grant",
        cast.member(1).domain,
        gift,
        value(machine, "NOTIFICATION_SIGNAL") | value(machine, "RIGHT_SHARE"),
        0n,
      );
      cast.leave();
      expect(cast.running).toBe(0);
      cast.call(1);
      if (detached) {
        const reply = machine.gate("detach");
        machine.schedule();
        expect(machine.gate("offer", 0n, given, 1n)).toBe(machine.error("E_STATE"));
        expect(machine.gate("offer", reply, given, 1n)).toBe(0n);
        expect(machine.gate("reply", reply, 8n, 0n, 0n, 0n, 0n, 0n)).toBe(0n);
        machine.schedule();
      } else {
        expect(machine.gate("offer", 0n, given, 1n)).toBe(0n);
        cast.done(8n);
      }
      expect(cast.running).toBe(0);
      expect(machine.gate("accept", cast.member(0).to[2] as bigint)).toBe(machine.error("E_STATE"));
      const mine = machine.gate("accept", to);
      expect(mine).toBeGreaterThan(0n);
      expect(machine.gate("notify", mine, 16n)).toBe(0n);
      expect(machine.gate("accept", to)).toBe(machine.error("E_STATE"));
    }
  });

  it("waits for a receiver without room, who may make some", async () => {
    const { cast, machine, held, to } = await callWith(ALL);
    machine.gate("offer", to, held, 1n);
    cast.call(1);
    const made: bigint[] = [];
    // the server spends its budget: with capabilities of its own
    const own = cast.member(1).to[0] as bigint;
    for (;;) {
      const one = machine.gate("cap_derive", own, 0n, 0n);
      if (one < 0n) {
        expect(one).toBe(machine.error("E_BUDGET"));
        break;
      }
      made.push(one);
    }
    expect(machine.gate("accept", 0n)).toBe(machine.error("E_BUDGET"));
    machine.gate("cap_delete", made[0] as bigint);
    expect(machine.gate("accept", 0n)).toBeGreaterThan(0n);
  });
});

describe("a hook", () => {
  const OBSERVE = 0n;
  const DENY = 1n;
  const what = (point: bigint, action: bigint): bigint => point | (action << 8n);

  function system({ machine, system: handle }: Scene): { machine: Machine; handle: bigint } {
    return { machine, handle };
  }

  it("asks for its right, and refuses what is no hook", async () => {
    const start = await scene();
    const { machine, handle } = system(start);
    const weak = machine.gate("cap_derive", handle, value(machine, "SYSTEM_INFO"), 0n);
    expect(machine.gate("hook_attach", weak, 0n, 0n, 0n, 0n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("hook_attach", start.self, 0n, 0n, 0n, 0n)).toBe(machine.error("E_HANDLE"));
    const notification = machine.gate("notification_create", start.self);
    for (const [wrong, subject, signalled, bits] of [
      [3n, 0n, 0n, 0n],
      [what(0n, 2n), 0n, 0n, 0n],
      [1n << 16n, 0n, 0n, 0n],
      [what(2n, DENY), 0n, 0n, 0n], // nobody would ever run
      [what(2n, OBSERVE), start.self, notification, 1n],
      [0n, 0n, notification, 0n],
    ] as const)
      expect(machine.gate("hook_attach", handle, wrong, subject, signalled, bits)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("hook_attach", handle, 0n, 12345n, 0n, 0n)).toBe(machine.error("E_HANDLE"));
    const hooks: bigint[] = [];
    for (;;) {
      const hook = machine.gate("hook_attach", handle, 0n, 0n, 0n, 0n);
      if (hook < 0n) {
        expect(hook).toBe(machine.error("E_NO_MEMORY"));
        break;
      }
      hooks.push(hook);
    }
    expect(hooks.length).toBe(8);
    for (const hook of hooks) expect(machine.gate("cap_delete", hook)).toBe(0n);
    expect(machine.gate("hook_attach", handle, 0n, 0n, 0n, 0n)).toBeGreaterThan(0n);
  });

  it("sees calls, and refuses those of one caller or to one endpoint until it goes", async () => {
    const cast = await Cast.of(20, 10, 5);
    const { machine, handle } = system(cast.scene);
    const seen = machine.gate("notification_create", cast.scene.self);
    const all = machine.gate("hook_attach", handle, what(0n, OBSERVE), 0n, seen, 8n);
    const one = machine.gate("hook_attach", handle, what(0n, DENY), cast.member(1).endpoint, 0n, 0n);
    cast.begin(0);
    const { to } = cast.member(0);
    expect(machine.kernelCall("call_enter_plain", to[2] as bigint)).toBe(0n); // the shortest path asks
    expect(cast.call(1)).toBe(machine.error("E_DENIED"));
    expect(cast.call(2)).toBeGreaterThan(0n);
    cast.back();
    expect(machine.gate("wait", seen, 0n)).toBe(8n);
    expect(machine.gate("hook_met", all)).toBe(2n);
    expect(machine.gate("hook_met", one)).toBe(1n);
    const blind = machine.gate("cap_derive", one, value(machine, "HOOK_READ"), 0n);
    expect(machine.gate("hook_detach", blind)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("hook_detach", one)).toBe(0n);
    expect(machine.gate("hook_detach", one)).toBe(0n);
    expect(machine.gate("cap_delete", all)).toBe(0n);
    cast.leave();
    cast.done();
    expect(cast.running).toBe(0);
    expect(machine.kernelCall("call_enter_plain", to[1] as bigint)).toBe(BigInt(cast.member(1).index));
  });

  it("refuses messages of one mailbox", async () => {
    const start = await scene();
    const { machine, handle } = system(start);
    const mailbox = machine.gate("mailbox_create", start.self, 2n);
    const other = machine.gate("mailbox_create", start.self, 2n);
    const hook = machine.gate("hook_attach", handle, what(1n, DENY), mailbox, 0n, 0n);
    expect(machine.gate("mailbox_send", mailbox, 0n, 0n, 0n, 0n)).toBe(machine.error("E_DENIED"));
    expect(machine.gate("mailbox_send", other, 0n, 0n, 0n, 0n)).toBe(0n);
    machine.gate("cap_delete", hook);
    expect(machine.gate("mailbox_send", mailbox, 0n, 0n, 0n, 0n)).toBe(0n);
  });

  it("holds a thread that it refuses, wherever it is, until it goes", async () => {
    const cast = await Cast.of(20, 10, 5);
    const { machine, handle } = system(cast.scene);
    expect(cast.begin(0, 2)).toBe(0);
    cast.call(1); // 0's thread is in 1
    cast.back();
    const hook = machine.gate("hook_attach", handle, what(2n, DENY), cast.member(0).domain, 0n, 0n);
    cast.leave();
    expect(cast.running).toBe(2);
    expect(machine.gate("hook_detach", 0n)).toBe(machine.error("E_HANDLE"));
    cast.back();
    expect(machine.gate("hook_met", hook)).toBe(1n);
    expect(machine.gate("hook_detach", hook)).toBe(0n);
    cast.leave();
    expect(cast.running).toBe(1);
    expect(cast.done(3n)).toBe(0);
    expect(cast.result(0)).toBe(3n);
  });

  it("that holds a thread lets its handler go on when the caller is cancelled", async () => {
    const cast = await Cast.of(20, 10, 5);
    const { machine, handle } = system(cast.scene);
    cast.begin(0, 2);
    cast.call(1);
    cast.back();
    const { domain } = cast.member(0);
    const hook = machine.gate("hook_attach", handle, what(2n, DENY), domain, 0n, 0n);
    cast.leave();
    expect(cast.running).toBe(2);
    cast.back();
    expect(machine.gate("cancel", domain)).toBe(0n);
    cast.leave();
    expect(cast.running).toBe(1); // on its own thread, for nobody
    expect(cast.done(3n)).toBe(2);
    cast.back();
    machine.gate("cap_delete", hook);
    cast.leave();
    expect(cast.running).toBe(0);
    expect(cast.result(0)).toBe(machine.error("E_CANCELLED"));
  });
});
