// A service that may make things on its own account makes as many as it can: threads, regions, objects, capabilities, timers.
// It meets its own budget, nobody else notices, and its end gives everything back. In both isolation modes.

import type { Guest } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import { bootWithService } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const BUILD_LIMIT_MS = 300_000;
const ROUNDS = 2;
const directory = temporaryDirectory();

async function freeMebibytes(guest: Guest): Promise<number> {
  return Number(/^free +(\d+) MiB/m.exec(await guest.run("mem"))?.[1]);
}

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "bombs in %s meet their own limit, and leave nothing behind",
    async (isolation) => {
      await using guest = await bootWithService(arch, directory, "bomber", {
        isolation,
        memory: 4 << 20,
        restart: { limit: ROUNDS, window_seconds: 60 },
      });
      await guest.waitFor(`bomber is given up after ${ROUNDS} restarts`);
      await guest.waitForPrompt();
      // Every round ended by its own will: each bomb met E_BUDGET or E_NO_MEMORY, nothing else, and nothing trapped.
      const ends = [...guest.output.matchAll(/bomber exited with status (\d+)/g)].map((match) => match[1]);
      expect(ends).toEqual(Array(ROUNDS + 1).fill("0"));
      expect(guest.output).not.toContain("bomber: trap");
      expect(await guest.run("ps")).toMatch(/clock +service +idle .* 0 \d\d:/);
      expect(await guest.run("date")).toMatch(/20\d\d-/);
      expect(await freeMebibytes(guest)).toBeGreaterThan(250);
    },
    BUILD_LIMIT_MS,
  );
});
