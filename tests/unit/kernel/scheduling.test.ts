// Scheduling contexts and schedulers outside the kernel: budgets hold, decisions are checked, and whatever becomes of the
// service that decides, none of its threads is lost.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel, type Machine } from "./machine.ts";
import { child, done, MIB, type Scene, SFI, scene } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

const MS = 1_000_000n;
const WINDOW = 0x8100_0000n;

/** The event ring as a service reads it: every event once, in order. */
class Ring {
  private read = 0n;
  constructor(
    private readonly machine: Machine,
    private readonly base: number,
  ) {}

  events(): { event: number; thread: bigint; sequence: bigint; time: bigint; used: bigint }[] {
    const { memory, abi } = this.machine;
    const written = memory.getBigUint64(this.base, true);
    const capacity = memory.getBigUint64(this.base + abi.number("RING_CAPACITY_AT"), true);
    const list = [];
    while (this.read < written) {
      const at = this.base + abi.number("RING_ENTRY_SIZE") * (1 + Number(this.read % capacity));
      this.read++;
      expect(memory.getBigUint64(at, true)).toBe(this.read);
      list.push({
        event: memory.getUint32(at + abi.number("RING_EVENT_AT"), true) & 0xffff,
        thread: BigInt(memory.getUint32(at + abi.number("RING_THREAD_AT"), true)),
        sequence: this.read,
        time: memory.getBigUint64(at + abi.number("RING_TIME_AT"), true),
        used: memory.getBigUint64(at + abi.number("RING_USED_AT"), true),
      });
    }
    return list;
  }

  names(): string[] {
    const names = ["", "ATTACHED", "DETACHED", "READY", "EXPIRED", "YIELDED", "WITHDRAWN", "BLOCKED"];
    return this.events().map(({ event }) => names[event] ?? "?");
  }
}

interface Stage extends Scene {
  scheduler: bigint;
  ring: Ring;
  /** The domain whose life the scheduler depends on; init plays its part: it holds the scheduler and waits for news. */
  service: bigint;
  news: bigint;
  workers: bigint[];
}

/** `count` workers of priority 10, attached and started; nothing is decided yet. */
async function stage(count: number): Promise<Stage> {
  const start = await scene();
  const { machine, self, init } = start;
  const service = child(start, 1, SFI, MIB, 20n);
  const news = machine.gate("notification_create", self);
  const region = machine.gate("region_create", self, 1n, 0n);
  const scheduler = machine.gate("scheduler_create", service, region, news, 1n);
  expect(scheduler).toBeGreaterThan(0n);
  expect(machine.gate("region_map", region, WINDOW, 0n, 1n, 3n)).toBe(0n);
  const base = machine.translate(init, machine.field(init, "DOMAIN_MEMORY_BASE") + WINDOW);
  const workers: bigint[] = [];
  for (let i = 0; i < count; i++) {
    const handle = child(start, 1);
    expect(machine.gate("scheduler_attach", scheduler, handle, BigInt(i), 7n)).toBe(0n);
    machine.gate("domain_start", handle);
    workers.push(handle);
  }
  return { ...start, scheduler, ring: new Ring(machine, Number(base)), service, news, workers };
}

/** init waits for news until it has some or `limit`; answers who runs then. */
function rest({ machine, news }: Stage, limit = (1n << 64n) - 1n): number {
  const bits = machine.gate("wait", news, limit);
  return bits > 0n ? machine.current : machine.schedule();
}

/** Time passes until the hardware timer rings. */
function ring(machine: Machine): number {
  if (machine.armed > machine.now) machine.now = machine.armed;
  machine.interrupt(255);
  return machine.schedule();
}

function commit(state: Stage, thread: bigint, sequence: bigint, slice = 10n * MS): bigint {
  return state.machine.gate("scheduler_commit", state.scheduler, thread, slice, sequence);
}

describe("a scheduler", () => {
  it("hears of its threads in order, and they run only when it says so", async () => {
    const state = await stage(2);
    const { machine, init } = state;
    const told = state.ring.events();
    expect(told.map(({ event }) => event)).toEqual([1, 3, 1, 3]);
    expect(told[2]).toMatchObject({ time: 1n, used: 7n }); // ATTACHED carries the two parameters
    machine.schedule(); // the kernel tells the service
    expect(rest(state)).toBe(init);
    expect(rest(state)).toBe(0); // nobody may run

    // The kernel watches: the timer is armed for the service's patience.
    expect(machine.armed).toBe(machine.abi.value("SCHEDULER_PATIENCE_NS"));
  });

  it("runs a thread for the slice it was given, and learns how much it ran", async () => {
    const state = await stage(2);
    const { machine, init } = state;
    machine.schedule();
    rest(state);
    const [, first, , second] = state.ring.events() as [Event, Event, Event, Event];
    expect(commit(state, first.thread, first.sequence, 4n * MS)).toBe(0n);
    const worker = rest(state);
    expect(worker).not.toBe(init);
    expect(machine.armed).toBe(4n * MS);
    expect(ring(machine)).toBe(init);
    const [expired] = state.ring.events() as [Event];
    expect(expired).toMatchObject({ event: 4, thread: first.thread, used: 4n * MS });
    expect(commit(state, second.thread, second.sequence)).toBe(0n);
    const other = rest(state);
    expect(other).not.toBe(worker);

    // It yields, then blocks, then is awake again: an event for each.
    machine.gate("yield");
    expect(machine.schedule()).toBe(init);
    const [yielded] = state.ring.events() as [Event];
    expect(yielded).toMatchObject({ event: 5, thread: second.thread });
    commit(state, second.thread, yielded.sequence);
    expect(rest(state)).toBe(other);
    done(machine);
    expect(state.ring.names()).toEqual(["BLOCKED"]);
  });

  it("is refused stale and forged decisions, and slices out of bounds", async () => {
    const state = await stage(1);
    const { machine } = state;
    const stranger = child(state, 1);
    machine.gate("domain_start", stranger);
    const [, ready] = state.ring.events() as [Event, Event];
    const { thread, sequence } = ready;
    const argument = machine.error("E_ARGUMENT");
    for (const forged of [0n, thread + 1n, thread - 1n, 0x7fff_ffffn])
      expect(commit(state, forged, sequence)).toBe(argument);
    expect(commit(state, thread | (5n << 32n), sequence)).toBe(argument);
    expect(commit(state, thread, sequence, 0n)).toBe(argument);
    expect(commit(state, thread, sequence, 1n << 40n)).toBe(argument);
    expect(commit(state, thread, sequence - 1n)).toBe(machine.error("E_STALE"));
    expect(machine.gate("scheduler_withdraw", state.scheduler, thread, sequence)).toBe(machine.error("E_STATE"));
    expect(commit(state, thread, sequence)).toBe(0n);
    expect(commit(state, thread, sequence)).toBe(machine.error("E_STATE"));
    expect(machine.gate("scheduler_withdraw", state.scheduler, thread, sequence)).toBe(0n);
    expect(state.ring.names()).toEqual(["WITHDRAWN"]);
    expect(commit(state, thread, sequence)).toBe(machine.error("E_STALE"));
  });

  it("answers to rights alone", async () => {
    const state = await stage(1);
    const { machine, scheduler, self, workers, service } = state;
    const [worker] = workers as [bigint];
    const only = (handle: bigint, right: string): bigint =>
      machine.gate("cap_derive", handle, machine.abi.value(right), 0n);
    const rights = machine.error("E_RIGHTS");
    const commits = only(scheduler, "SCHEDULER_COMMIT"),
      attaches = only(scheduler, "SCHEDULER_ATTACH");
    expect(machine.gate("scheduler_commit", attaches, 1n, MS, 1n)).toBe(rights);
    expect(machine.gate("scheduler_withdraw", attaches, 1n, 1n)).toBe(rights);
    expect(machine.gate("scheduler_next", attaches, 0n)).toBe(rights);
    expect(machine.gate("scheduler_attach", commits, worker, 0n, 0n)).toBe(rights);
    const inspects = only(worker, "DOMAIN_INSPECT");
    expect(machine.gate("scheduler_attach", scheduler, inspects, 0n, 0n)).toBe(rights);
    expect(machine.gate("scheduling_release", inspects)).toBe(rights);
    expect(machine.gate("scheduler_create", inspects, 0n, 0n, 1n)).toBe(rights);
    expect(machine.gate("context_create", inspects, MS, MS, 1n)).toBe(rights);
    expect(machine.gate("scheduler_commit", self, 1n, MS, 1n)).toBe(machine.error("E_HANDLE"));
    // No scheduler schedules a scheduler, and a service is one of them at most.
    expect(machine.gate("scheduler_attach", scheduler, service, 0n, 0n)).toBe(machine.error("E_STATE"));
    const region = machine.gate("region_create", self, 1n, 0n);
    expect(machine.gate("scheduler_create", service, region, state.news, 1n)).toBe(machine.error("E_STATE"));
    expect(machine.gate("scheduler_create", worker, region, state.news, 1n)).toBe(machine.error("E_STATE"));
    expect(machine.gate("scheduler_create", worker, state.archive, state.news, 1n)).toBe(rights);
    expect(machine.gate("scheduler_create", worker, only(region, "REGION_READ"), state.news, 1n)).toBe(rights);
  });

  it("that dies leaves every thread to the kernel: waiting, queued and blocked ones", async () => {
    const state = await stage(4);
    const { machine, init } = state;
    machine.schedule();
    rest(state);
    const ready = state.ring.events().filter(({ event }) => event === 3);
    commit(state, ready[0]?.thread ?? 0n, ready[0]?.sequence ?? 0n);
    expect(machine.gate("domain_stop", state.service)).toBe(0n);
    expect(commit(state, ready[1]?.thread ?? 0n, ready[1]?.sequence ?? 0n)).toBe(machine.error("E_STATE"));
    const seen = new Set<number>();
    rest(state); // takes the last news
    for (let at = rest(state); seen.size < 4; at = ring(machine)) {
      expect(at).not.toBe(0);
      if (at !== init) seen.add(at);
      else rest(state);
      if (machine.now > 10_000n * MS) throw new Error("a thread never runs");
    }
  });

  it("that decides nothing loses its threads after its patience, and only then", async () => {
    const state = await stage(3);
    const { machine, init } = state;
    machine.schedule();
    rest(state);
    expect(rest(state, 40n * MS)).toBe(0);
    // They wait, but the service decides about one of them in time: nothing happens.
    const ready = state.ring.events().filter(({ event }) => event === 3);
    expect(ring(machine)).toBe(init);
    commit(state, ready[0]?.thread ?? 0n, ready[0]?.sequence ?? 0n, 100n * MS);
    const worker = rest(state);
    machine.now = 50n * MS;
    machine.interrupt(255);
    expect(machine.schedule()).toBe(worker);
    machine.now = 140n * MS;
    machine.interrupt(255);
    expect(machine.schedule()).toBe(init); // told that the slice is over
    expect(rest(state)).toBe(0);
    machine.now = 200n * MS;
    machine.interrupt(255);
    expect(machine.schedule()).toBe(init); // told that it is over
    expect(commit(state, ready[1]?.thread ?? 0n, ready[1]?.sequence ?? 0n)).toBe(machine.error("E_STATE"));
    const seen = new Set<number>();
    for (let at = rest(state); seen.size < 3; at = ring(machine)) seen.add(at);
    expect(seen.has(0)).toBe(false);
  });

  it("can be asked again when its ring has overflowed", async () => {
    const state = await stage(1);
    const { machine } = state;
    const [, ready] = state.ring.events() as [Event, Event];
    let sequence = ready.sequence;
    for (let i = 0; i < 200; i++) {
      expect(commit(state, ready.thread, sequence)).toBe(0n);
      expect(machine.gate("scheduler_withdraw", state.scheduler, ready.thread, sequence)).toBe(0n);
      sequence++;
    }
    expect(machine.gate("scheduler_next", state.scheduler, 0n)).toBe(ready.thread);
    const words = words5(machine);
    expect(words).toEqual([sequence, machine.abi.value("SCHEDULED_WAITING"), 0n, 0n, 7n]);
    expect(machine.gate("scheduler_next", state.scheduler, ready.thread)).toBe(0n);
    expect(machine.gate("scheduler_next", state.scheduler, ready.thread + 1n)).toBe(machine.error("E_ARGUMENT"));
    expect(commit(state, ready.thread, sequence)).toBe(0n);
  });

  it("hands its threads over to another one under load", async () => {
    const state = await stage(3);
    const { machine, self } = state;
    const second = child(state, 1, SFI, MIB, 20n);
    const region = machine.gate("region_create", self, 1n, 0n);
    const other = machine.gate("scheduler_create", second, region, state.news, 1n);
    const ready = state.ring.events().filter(({ event }) => event === 3);
    commit(state, ready[0]?.thread ?? 0n, ready[0]?.sequence ?? 0n);
    for (const worker of state.workers) expect(machine.gate("scheduler_attach", other, worker, 0n, 0n)).toBe(0n);
    expect(state.ring.names()).toEqual(["DETACHED", "DETACHED", "DETACHED"]);
    expect(machine.gate("scheduler_next", state.scheduler, 0n)).toBe(0n);
    let cursor = machine.gate("scheduler_next", other, 0n),
      count = 0;
    for (; cursor !== 0n; count++) {
      expect(words5(machine)[1]).toBe(machine.abi.value("SCHEDULED_WAITING"));
      cursor = machine.gate("scheduler_next", other, cursor);
    }
    expect(count).toBe(3);
  });
});

type Event = ReturnType<Ring["events"]>[number];

describe("any sequence of decisions and events", () => {
  /** What a thread does, by the events alone: the model that the kernel's answers are compared with. */
  interface Known {
    waits: boolean;
    sequence: bigint;
  }

  it("keeps each thread where its last event says, refuses what is stale, and loses none at the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.nat(30)), { maxLength: 40 }), async (steps) => {
        const state = await stage(3);
        const { machine, init } = state;
        const model = new Map<bigint, Known>();
        const take = (): void => {
          for (const { event, thread, sequence } of state.ring.events()) {
            model.set(thread, { waits: event >= 3 && event <= 6, sequence });
          }
        };
        machine.schedule();
        take();
        rest(state);
        const threads = [...model.keys()].sort();
        let decided = 0n;
        for (const [what, which, ms] of steps) {
          const thread = threads[which % 3] as bigint,
            known = model.get(thread) as Known;
          if (machine.gate("scheduler_next", state.scheduler, 0n) === machine.error("E_STATE")) {
            // The kernel has lost its patience, and rightly so.
            expect(machine.now - decided).toBeGreaterThanOrEqual(machine.abi.value("SCHEDULER_PATIENCE_NS"));
            break;
          }
          if (what <= 1) {
            const answer = commit(state, thread, known.sequence, BigInt(1 + ms) * MS);
            expect(answer).toBe(known.waits ? 0n : machine.error("E_STATE"));
            if (known.waits) decided = machine.now;
            known.waits = false;
          } else if (what === 2) {
            expect(commit(state, thread, known.sequence - 1n)).toBe(machine.error("E_STALE"));
          } else if (what === 3) {
            const answer = machine.gate("scheduler_withdraw", state.scheduler, thread, known.sequence);
            if (known.waits) expect(answer).toBe(machine.error("E_STATE"));
          } else {
            // The service sleeps; who runs runs until the timer, yields, or is done.
            let at = rest(state, machine.now + BigInt(1 + ms) * MS);
            for (let i = 0; i < 20 && at !== init; i++) {
              if (at !== 0 && what === 5 && i === 0) machine.gate("yield");
              at = at !== 0 && what === 5 && i === 0 ? machine.schedule() : ring(machine);
            }
            expect(at).toBe(init);
          }
          take();
          machine.gate("wait", state.news, 0n); // what was told is known
        }
        machine.gate("domain_stop", state.service);
        machine.gate("wait", state.news, 0n);
        const seen = new Set<number>();
        let at = rest(state);
        for (let i = 0; i < 40 && seen.size < 3; i++) {
          seen.add(at);
          at = ring(machine);
          if (at === init) at = rest(state);
        }
        expect(seen.size).toBe(3);
        expect(seen.has(0)).toBe(false);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

/** r1 … r5 in the current domain's message words. */
function words5(machine: Machine): bigint[] {
  const domain = machine.current;
  const base = machine.translate(domain, machine.field(domain, "DOMAIN_MEMORY_BASE"));
  const at = Number(base) + machine.abi.number("MESSAGE");
  return [8, 16, 24, 32, 40].map((offset) => machine.memory.getBigUint64(at + offset, true));
}

describe("a scheduling context", () => {
  /** A child of priority 10 with a context, started; init rests. */
  async function bound(
    budget: bigint,
    period: bigint,
  ): Promise<Scene & { worker: number; handle: bigint; pause: bigint }> {
    const start = await scene();
    const { machine, self } = start;
    const handle = child(start, 1);
    const context = machine.gate("context_create", self, budget, period, 10n);
    expect(context).toBeGreaterThan(0n);
    expect(machine.gate("context_bind", context, handle)).toBe(0n);
    machine.gate("domain_start", handle);
    const pause = machine.gate("notification_create", self);
    machine.gate("wait", pause, (1n << 64n) - 1n);
    const worker = machine.schedule();
    expect(worker).not.toBe(0);
    return { ...start, worker, handle, pause };
  }

  it("lets a busy thread run its budget in each period, to the nanosecond", async () => {
    const { machine, worker } = await bound(20n * MS, 100n * MS);
    let ran = 0n;
    for (let at = worker; machine.now < 1_000n * MS; ) {
      const before = machine.now;
      const next = ring(machine);
      if (at === worker) ran += machine.now - before;
      at = next;
    }
    expect(ran).toBe(200n * MS);
  });

  it("gives back what was used a period after the stretch began, and no earlier", async () => {
    const { machine, worker } = await bound(20n * MS, 100n * MS);
    // It runs 5 ms, is looked at, and runs 15 ms more.
    machine.now = 5n * MS;
    machine.interrupt(255);
    expect(machine.schedule()).toBe(worker);
    expect(machine.armed).toBe(20n * MS);
    machine.now = 20n * MS;
    machine.interrupt(255);
    expect(machine.schedule()).toBe(0);
    expect(machine.armed).toBe(100n * MS);
    machine.now = 100n * MS;
    machine.interrupt(255);
    expect(machine.schedule()).toBe(worker);
    expect(machine.armed).toBe(120n * MS);
  });

  it("that is spent in a server stops there, goes on while somebody waits for the server, and pays for it", async () => {
    const start = await scene();
    const { machine, self, init } = start;
    const serverHandle = child(start, 1, SFI, MIB, 20n),
      clientHandle = child(start, 1);
    const endpoint = machine.gate("endpoint_create", self);
    machine.gate("endpoint_bind", endpoint, serverHandle);
    const granted = machine.gate("cap_grant", clientHandle, endpoint, machine.abi.value("ENDPOINT_CALL"), 0n);
    const context = machine.gate("context_create", self, 5n * MS, 100n * MS, 10n);
    machine.gate("context_bind", context, clientHandle);
    machine.gate("domain_start", serverHandle);
    machine.gate("domain_start", clientHandle);
    const pause = machine.gate("notification_create", self);
    machine.gate("wait", pause, 20n * MS);
    const server = machine.schedule();
    const client = done(machine); // the server's start is over
    expect(machine.kernelCall("call_enter", granted, 0)).toBe(BigInt(server));
    expect(ring(machine)).toBe(0); // spent at 5 ms, inside the server
    expect(machine.now).toBe(5n * MS);
    expect(ring(machine)).toBe(init); // at 20 ms
    expect(machine.kernelCall("call_enter", endpoint, 0)).toBe(0n);
    expect(machine.schedule()).toBe(server); // for init's sake
    expect(machine.armed).toBe(21n * MS);
    expect(ring(machine)).toBe(server);
    machine.now = 25n * MS;
    expect(done(machine, 1n)).toBe(server); // now for init, by init's thread; the client is off again
    expect(done(machine, 7n)).toBe(init);
    expect(machine.field(init, "DOMAIN_RESULT")).toBe(7n);
    machine.gate("wait", pause, (1n << 64n) - 1n);
    expect(machine.schedule()).toBe(0);
    expect(ring(machine)).toBe(0); // the timer is set anew only where it would be late: it was for a deadline that is gone
    // 10 ms were used of 5: twice the period after the first stretch.
    expect(machine.armed).toBe(205n * MS);
    expect(ring(machine)).toBe(client);
    expect(machine.armed).toBe(210n * MS);
  });

  it("is never above its maker's own priority, and within the documented bounds", async () => {
    const { machine, self } = await scene();
    const argument = machine.error("E_ARGUMENT");
    expect(machine.gate("context_create", self, MS, 10n * MS, 41n)).toBe(argument);
    expect(machine.gate("context_create", self, 10n, 10n * MS, 1n)).toBe(argument);
    expect(machine.gate("context_create", self, 11n * MS, 10n * MS, 1n)).toBe(argument);
    expect(machine.gate("context_create", self, MS, 5_000n * MS, 1n)).toBe(argument);
    expect(machine.gate("context_create", self, MS, 10n * MS, 40n)).toBeGreaterThan(0n);
  });

  it("serves one thread at a time, and ends with it", async () => {
    const start = await scene();
    const { machine, self } = start;
    const context = machine.gate("context_create", self, MS, 10n * MS, 1n);
    const first = child(start, 1),
      second = child(start, 1);
    expect(machine.gate("context_bind", context, first)).toBe(0n);
    expect(machine.gate("context_bind", context, second)).toBe(machine.error("E_STATE"));
    machine.gate("domain_stop", first);
    expect(machine.gate("context_bind", context, second)).toBe(0n);
    expect(machine.gate("scheduling_release", second)).toBe(0n);
    expect(machine.gate("scheduling_release", second)).toBe(machine.error("E_STATE"));
    const unable = machine.gate("cap_derive", context, 0n, 0n);
    expect(machine.gate("context_bind", unable, second)).toBe(machine.error("E_RIGHTS"));
  });

  it("lends its priority as long as the thread runs by it, one context after the other", async () => {
    const start = await scene();
    const { machine, self } = start;
    const [high, low] = [30n, 3n].map((priority) => machine.gate("context_create", self, MS, 10n * MS, priority));
    const worker = child(start, 1);
    const priority = (): bigint => machine.gate("domain_status", worker, machine.abi.value("STATUS_PRIORITY"));
    machine.gate("domain_start", worker);
    for (const [context, expected] of [
      [high, 30n],
      [low, 3n],
      [high, 30n],
    ]) {
      expect(machine.gate("context_bind", context ?? 0n, worker)).toBe(0n);
      expect(priority()).toBe(expected);
    }
    expect(machine.gate("scheduling_release", worker)).toBe(0n);
    expect(priority()).toBe(10n);
  });
});
