// Switches that a gate or an interrupt makes by itself (kernel/thread/direct.ts) choose whom schedule() would have chosen: two machines
// go through the same random life of events, calls, yields and time, one with the short ways and one without.
import { beforeAll, describe, expect, it } from "vitest";
import { Cast } from "./cast.ts";
import { COMPILE_MS, compileKernel } from "./machine.ts";

beforeAll(compileKernel, COMPILE_MS);

const PRIORITIES = [5, 10, 10, 10, 20];
const INIT = -1;
const IDLE = -2;
const STEPS = 3_000;
const TICK_NS = 1_000_000n;

class Life {
  readonly trail: string[] = [];
  private now = 0n;

  constructor(readonly cast: Cast) {}

  private gate(name: string, ...values: bigint[]): bigint {
    const { machine } = this.cast;
    const answer = machine.gate(name, ...values);
    if (machine.attention) machine.schedule();
    return answer;
  }

  private pass(): void {
    this.now += TICK_NS;
    this.cast.at(this.now);
  }

  /** `choice` is any number below 2^16: what whoever runs does now. */
  step(choice: number): void {
    const { cast } = this;
    const what = choice % 8,
      whom = (choice >> 3) % PRIORITIES.length;
    const before = cast.running;
    let answer = 0n;
    if (before === IDLE || what === 0) this.pass();
    else if (what === 1) answer = this.gate("yield");
    else if (before === INIT) {
      if (what < 6) answer = this.gate("notify", cast.member(whom).wake, 1n);
      else cast.leave(this.now + 3n * TICK_NS);
    } else if (what === 2) answer = this.gate("notify", cast.member(before).home, 1n);
    else if (what < 6) answer = cast.call(whom);
    else cast.done(BigInt(choice));
    this.trail.push(`${before} ${what} ${whom} ${answer > 0n ? "enters" : answer} -> ${cast.running}`);
  }
}

function choices(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  };
}

describe("the short ways between threads", () => {
  it.each([1, 2, 3, 4])("lead where schedule() leads, life %i", async (seed) => {
    const short = new Life(await Cast.of(...PRIORITIES));
    const long = new Life(await Cast.of(...PRIORITIES));
    short.cast.machine.allowDirect();
    const next = choices(seed),
      same = choices(seed);
    for (let i = 0; i < STEPS; i++) {
      short.step(next());
      long.step(same());
      expect(short.trail.at(-1), `step ${i}, after ${short.trail.slice(-6).join("; ")}`).toBe(long.trail.at(-1));
    }
    expect(new Set(short.trail.map((line) => line.split("-> ")[1])).size).toBe(PRIORITIES.length + 2); // everybody ran, and nobody
    expect(short.cast.machine.switches).toBeGreaterThan(STEPS / 20);
    expect(long.cast.machine.switches).toBe(0);
  });

  it("pass a whole slice on to an equal, however short the yielding thread ran", async () => {
    const cast = await Cast.of(10, 10);
    const { machine } = cast;
    machine.allowDirect();
    expect(cast.begin(0, 1)).toBe(0);
    machine.now = 9_999_999n;
    machine.gate("yield");
    expect(cast.running).toBe(1);
    expect(cast.at(10_000_001n)).toBe(1); // where the first one's slice would have ended
    expect(cast.at(19_999_998n)).toBe(1);
    expect(cast.at(19_999_999n)).toBe(0);
  });

  it("are left while a hook watches the scheduler", async () => {
    const cast = await Cast.of(10, 10);
    const { machine } = cast;
    machine.allowDirect();
    const hook = machine.gate(
      "hook_attach",
      machine.handle("STARTUP_SYSTEM"),
      machine.abi.value("HOOK_POINT_SCHEDULE"),
      0n,
      0n,
      0n,
      0n,
    );
    expect(hook).toBeGreaterThan(0n);
    expect(cast.begin(0, 1)).toBe(0);
    expect(machine.gate("yield")).toBe(0n);
    expect(machine.switches).toBe(0);
    machine.schedule();
    expect(cast.running).toBe(1);
  });
});
