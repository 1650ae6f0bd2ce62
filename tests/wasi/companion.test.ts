// The test programs on the companion in Node, without an emulator: what they print is what the specification says, and what
// node:wasi prints but for its named deviations.
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packDirectory } from "../../linker/pack/directory.ts";
import { ROOT, runProgram } from "../unit/wasi-service/companion.ts";
import { buildProgram } from "./build.ts";
import { runWithNode } from "./oracle.ts";
import { EXPECTATIONS, GUEST_DIRECTORY, undoDeviations } from "./programs.ts";
import { makeTree } from "./tree.ts";

const SCRATCH = join(ROOT, "build/wasi-tests/companion");
const TREE = join(SCRATCH, "tree");
const POWER_ON = 1_780_000_000_000_000_000n;

beforeAll(() => {
  makeTree(TREE);
});

describe.each(EXPECTATIONS)("$name", (program) => {
  it("prints what the specification says", async () => {
    const result = await runProgram(await buildProgram(program.name), {
      arguments: [program.name, ...program.arguments],
      variables: Object.entries(program.variables).map(([key, value]) => `${key}=${value}`),
      directories: [GUEST_DIRECTORY],
      trees: [packDirectory(TREE)],
      input: Buffer.from(program.input),
      realtime: POWER_ON,
    });
    expect(result.output.toString()).toBe(program.output);
    expect(result.error.toString()).toBe(program.error);
    expect(result.status).toBe(program.status);
  });

  it.runIf(program.comparesWithNode)("prints what node:wasi prints, its deviations aside", async () => {
    const run = {
      arguments: [program.name, ...program.arguments],
      variables: program.variables,
      directories: { [GUEST_DIRECTORY]: TREE },
      input: Buffer.from(program.input),
    };
    const result = runWithNode(SCRATCH, program.name, await buildProgram(program.name), run);
    const lines = (text: string): (string | undefined)[] => text.split("\n");
    if (program.deviation === "") expect(result.output.toString()).toBe(program.output);
    else {
      const ours = lines(program.output).map((line) => (line?.startsWith(":") ? undefined : line));
      expect(lines(result.output.toString()).map((line) => (line === "" ? "" : undoDeviations(line ?? "")))).toEqual(
        ours,
      );
    }
    expect([result.status, result.error.toString()]).toEqual([program.status, program.error]);
  });
});
