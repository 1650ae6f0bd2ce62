// Prebuilt third-party commands on the companion in Node print what they print under node:wasi.
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { packDirectory } from "../../linker/pack/directory.ts";
import { ROOT, runProgram } from "../unit/wasi-service/companion.ts";
import { runWithNode } from "./oracle.ts";
import { fetchThirdParty, THIRD_PARTY } from "./third-party.ts";
import { makeTree } from "./tree.ts";

const SCRATCH = join(ROOT, "build/wasi-tests/third-party");
const TREE = join(SCRATCH, "tree");

beforeAll(() => {
  makeTree(TREE);
});

it.each(THIRD_PARTY)(
  "$name ($about)",
  async (program) => {
    const wasm = fetchThirdParty(program);
    const run = {
      arguments: [program.name, ...program.arguments],
      variables: program.variables,
      input: Buffer.from(program.input),
    };
    const oracle = runWithNode(SCRATCH, program.name, wasm, {
      ...run,
      directories: program.usesTree ? { ".": TREE } : {},
    });
    const ours = await runProgram(wasm, {
      arguments: run.arguments,
      variables: Object.entries(program.variables).map(([key, value]) => `${key}=${value}`),
      input: run.input,
      directories: program.usesTree ? ["."] : [],
      trees: program.usesTree ? [packDirectory(TREE)] : [],
      realtime: 1_780_000_000_000_000_000n,
    });
    const lines = (text: Buffer): string[] => text.toString().split("\n").sort();
    expect(oracle.output.length + oracle.error.length).toBeGreaterThan(0);
    expect(lines(ours.output)).toEqual(lines(oracle.output));
    expect([ours.status, ours.error.toString()]).toEqual([oracle.status, oracle.error.toString()]);
  },
  600_000,
);
