// The hostile suite: every attack in an instance of its own, next to a witness that must go on answering, in both isolation
// modes. What each does stands in tests/hostile/guest/.

import { describe, expect, test } from "vitest";
import { attackAll, MODES } from "../hostile/run.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const ATTACKS = 78;
const LIMIT_MS = 280_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test.each(Object.keys(MODES) as (keyof typeof MODES)[])(
    "no attack of an instance in %s mode does harm",
    { timeout: LIMIT_MS },
    async (mode) => {
      const run = await attackAll(arch, mode, directory, LIMIT_MS);
      expect(run.harm).toEqual([]);
      expect(run.attacks).toBe(ATTACKS);
      expect(run.status).toBe(0);
    },
  );
});
