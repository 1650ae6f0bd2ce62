// The kept corpus of the fuzzer: every input's gates answer as the model says, no invariant breaks, and the same inputs
// find a bug that is put in. Fuzzing itself is `make fuzz`.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/phi/paths.ts";
import { buildFuzzer } from "../fuzz/build.ts";
import { unpackCorpus } from "../fuzz/corpus.ts";
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

describe.skipIf(process.arch !== "x64")("sequences of gates", () => {
  const corpus = join(directory, "corpus");
  const count = unpackCorpus(ROOT, corpus);

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
