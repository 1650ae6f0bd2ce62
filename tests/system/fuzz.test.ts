// The kept corpora of the fuzzers: every input's gates answer as the model says, no invariant breaks, what firmware, devices, hosts and disks wrote is
// refused or used as the judges of each world have it, and the same inputs find a bug that is put in. Fuzzing itself is `make fuzz`.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/phi/paths.ts";
import { buildFuzzer } from "../fuzz/build.ts";
import { KERNEL, seedInputs, unpackCorpus } from "../fuzz/corpus.ts";
import { buildParserFuzzer } from "../fuzz/parsers/build.ts";
import { TARGETS } from "../fuzz/parsers/targets.ts";
import { SEEDS } from "../fuzz/seeds.ts";
import { temporaryDirectory } from "./support.ts";

const LIMIT_MS = 300_000;
const directory = temporaryDirectory();

function replay(program: string, corpus: string): { status: number | null; said: string } {
  const result = spawnSync(program, ["-handle_segv=0", "-runs=0", `-artifact_prefix=${directory}/`, corpus], {
    encoding: "utf8",
    timeout: LIMIT_MS,
  });
  return { status: result.status, said: result.stderr };
}

test("each seeded bug has an input that shows it among the kept ones", () => {
  const bugs = [{ name: KERNEL, seeds: SEEDS }, ...TARGETS];
  const without = bugs.flatMap(({ name, seeds }) =>
    seeds.filter((seed) => !seedInputs(ROOT, name).has(seed.name)).map((seed) => `${name} ${seed.name}`),
  );
  expect(without).toEqual([]);
});

describe.skipIf(process.arch !== "x64")("sequences of gates", () => {
  const corpus = join(directory, "corpus");
  const count = unpackCorpus(ROOT, corpus, KERNEL);

  test(
    "of the kept corpus agree with the model",
    async () => {
      expect(count).toBeGreaterThan(500);
      const { status, said } = replay(await buildFuzzer(ROOT), corpus);
      expect(said).toMatch(/fuzz: \d+ runs/);
      expect(said).not.toContain("FINDING");
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    "of the kept corpus find a seeded bug",
    async () => {
      const seed = SEEDS.find((candidate) => candidate.name === "reply-forgotten");
      const { status, said } = replay(await buildFuzzer(ROOT, seed), corpus);
      expect(said).toContain("FINDING");
      expect(status).not.toBe(0);
    },
    LIMIT_MS,
  );
});

/** Building takes longer than replaying: `phi fuzz --seeds` does the others. */
const SEEDED: readonly (readonly [string, string])[] = [["virtio-blk", "status-believed"]];

describe.skipIf(process.arch !== "x64")("what foreigners wrote", () => {
  const targetOf = (name: string) => {
    const target = TARGETS.find((candidate) => candidate.name === name);
    if (target === undefined) throw new Error(`there is no target ${name}`);
    return target;
  };
  const corpusOf = (name: string): string => {
    const corpus = join(directory, name);
    expect(unpackCorpus(ROOT, corpus, name)).toBeGreaterThan(20);
    return corpus;
  };

  test.each(TARGETS.map(({ name }) => name))(
    "for %s, as the kept corpus has it, is refused or used as it should be",
    async (name) => {
      const { status, said } = replay(await buildParserFuzzer(ROOT, targetOf(name)), corpusOf(name));
      expect(said).not.toContain("FINDING");
      expect(said).toMatch(/fuzz: \d+ runs/);
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );

  test.each(SEEDED)(
    "for %s finds the seeded bug %s",
    async (name, bug) => {
      const target = targetOf(name);
      const seed = target.seeds.find((candidate) => candidate.name === bug);
      expect(seed).toBeDefined();
      const { said } = replay(await buildParserFuzzer(ROOT, target, seed), corpusOf(name));
      expect(said).toContain("FINDING");
    },
    LIMIT_MS,
  );
});
