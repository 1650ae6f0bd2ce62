// What the proof says, asked of kernels that run: that every other test of the kernel asks it is worth something if it can be
// answered with no (decision 061).
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel, Machine, seeded } from "./machine.ts";
import { child, done, scene, startChild } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

describe("a kernel that runs", () => {
  it("is asked every sentence of the invariant, and of most enough is known to answer", async () => {
    const start = await scene();
    const { machine } = start;
    const worker = child(start, 1);
    startChild(start, worker);
    done(machine);
    const asked = [...machine.monitor.asked.values()];
    const decided = asked.filter(({ times, undecided }) => undecided < times);
    expect(asked.length).toBeGreaterThan(150);
    // what a frame is used for no word of memory says: such a sentence is known where nothing is named
    expect(decided.length).toBe(asked.length);
  });

  it("is refused when a word is changed behind its back", async () => {
    const { machine, init } = await scene();
    const at = machine.abi.number("DOMAIN_THREAD_AT");
    const pair = machine.linearWord(init + at);
    machine.setField(init, "DOMAIN_THREAD_AT", (pair >> 32n) << 32n);
    expect(() => machine.gate("own_id")).toThrow(/"who enters gate_own_id" does not hold/);
  });

  it("is refused when it does what its contracts do not say", async () => {
    const bug = {
      name: "who becomes ready has another depth",
      file: "kernel/thread/scheduler.ts",
      from: "  thread.state = THREAD_READY;\n",
      to: "  thread.state = THREAD_READY;\n  thread.home.depth++;\n",
    };
    await expect(Machine.boot({ kernel: await seeded(bug) })).rejects.toThrow(
      /thread_(queue|ready) changed domains\+\d+/,
    );
  });

  it("is refused when it does not begin with what is said of it: its first domain has no code", async () => {
    const bug = {
      name: "the first domain has no code",
      file: "kernel/start/init.ts",
      from: "  root.code = code;",
      to: "",
    };
    await expect(Machine.boot({ kernel: await seeded(bug) })).rejects.toThrow(/one that exists has an object and code/);
  });
});
