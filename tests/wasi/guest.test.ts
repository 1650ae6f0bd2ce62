// The test programs and the prebuilt third-party commands on ΦOS itself, by `phi run`: the same output as the specification and
// node:wasi say, on both architectures, in user mode and (trusted) in supervisor mode.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PROGRAM_MODES, phi, TESTED, temporaryDirectory } from "../system/support.ts";
import { buildProgram } from "./build.ts";
import { runWithNode } from "./oracle.ts";
import { EXPECTATIONS, GUEST_DIRECTORY } from "./programs.ts";
import { fetchThirdParty, THIRD_PARTY } from "./third-party.ts";
import { makeTree } from "./tree.ts";

const directory = temporaryDirectory();
const TREE = join(directory, "data/tree");
const GUEST_SECONDS = "100";
/** Translating a 1.8 MB module on a busy machine. */
const TRANSLATE_MS = 900_000;

beforeAll(() => {
  makeTree(TREE);
});

interface Started {
  arch: string;
  isolation: "hw" | "sfi";
  name: string;
  wasm: Uint8Array;
  arguments: readonly string[];
  variables: Readonly<Record<string, string>>;
  directories: readonly string[];
  input: string;
}

async function run(start: Started): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const file = join(directory, start.name);
  writeFileSync(file, start.wasm);
  const trust = start.isolation === "sfi" ? ["--trusted"] : [];
  const variables = Object.entries(start.variables).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
  const directories = start.directories.flatMap((guest) => ["--pack", `${TREE}::${guest}`]);
  // counted instructions are the time of a program that looks at the time: a busy host cannot make it late
  const clock = start.name === "time" ? ["--icount"] : [];
  const options = [
    "--arch",
    start.arch,
    "--isolation",
    start.isolation,
    ...trust,
    ...clock,
    "--timeout",
    GUEST_SECONDS,
  ];
  const result = await phi(["run", ...options, ...variables, ...directories, file, ...start.arguments], start.input);
  // What the command-line tool says of its own building stands before the program's output.
  return { ...result, stdout: result.stdout.toString(), stderr: result.stderr.replaceAll(/^phi: .*\n/gm, "") };
}

const PLACES = TESTED.flatMap((arch) => PROGRAM_MODES.map((isolation) => [arch, isolation] as const));

/** What could differ with the way into the companion: every errno, every pointer, sleeping. */
const IN_SUPERVISOR_MODE = ["errnos", "memory", "hostile", "time"];

describe.each(PLACES)("%s %s", (arch, isolation) => {
  it.each(EXPECTATIONS.filter((program) => isolation === "hw" || IN_SUPERVISOR_MODE.includes(program.name)))(
    "$name prints what the specification says",
    async (program) => {
      const wasm = await buildProgram(program.name);
      const result = await run({ arch, isolation, ...program, wasm, directories: [GUEST_DIRECTORY] });
      expect(result.stdout).toBe(program.output);
      expect([result.status, result.stderr]).toEqual([program.status, program.error]);
    },
    TRANSLATE_MS,
  );
});

describe.each(TESTED)("%s, third-party", (arch) => {
  it.each(THIRD_PARTY.filter((program) => !program.isLarge))(
    "$name prints what node:wasi prints",
    async (program) => {
      const wasm = fetchThirdParty(program);
      const input = Buffer.from(program.input);
      const directories: Record<string, string> = program.usesTree ? { ".": TREE } : {};
      const oracle = runWithNode(directory, program.name, wasm, {
        ...program,
        arguments: [program.name, ...program.arguments],
        input,
        directories,
      });
      const result = await run({ ...program, arch, isolation: "hw", wasm, directories: Object.keys(directories) });
      const lines = (text: string): string[] => text.split("\n").sort();
      expect(lines(result.stdout)).toEqual(lines(oracle.output.toString()));
      expect([result.status, result.stderr]).toEqual([oracle.status, oracle.error.toString()]);
    },
    TRANSLATE_MS,
  );
});
