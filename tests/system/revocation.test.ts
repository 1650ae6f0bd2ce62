// 100,000 descendants are dead after the first gate, and removing them delays a more urgent service by no more than one gate's
// part, in both isolation modes. Under -icount a nanosecond is an instruction, so the figures are the same every time.
import { describe, expect, test } from "vitest";
import { bootWithServices } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 600_000;
/** Instructions: one gate's removals, the switch, and the clock's grain. */
const DELAY_MAX = 15_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "a revoker in %s makes nobody wait",
    async (isolation) => {
      await using guest = await bootWithServices(
        arch,
        directory,
        {
          ticker: { service: { priority: 38, restart: "never" } },
          revoker: {
            service: {
              isolation,
              priority: 20,
              memory: 12 << 20,
              restart: "never",
              calls: { console: {}, ticker: {} },
            },
          },
        },
        [],
        { icount: true },
      );
      await guest.waitFor(/revoked deep .* beside \d/);
      const idle = Number(/idle: worst delay (\d+)/.exec(guest.output)?.[1]);
      for (const shape of ["flat", "deep"]) {
        const line = new RegExp(
          `revoked ${shape} (\\d+): worst delay (\\d+) ns of (\\d+) ticks, first gate (\\d+)`,
        ).exec(guest.output);
        console.log(`${arch} ${isolation}: idle ${idle} ns; ${line?.input.slice(line.index).split("\n")[0]}`);
        expect(Number(line?.[1])).toBe(100_000);
        expect(Number(line?.[2])).toBeLessThan(DELAY_MAX);
        expect(Number(line?.[3])).toBeGreaterThan(100);
        expect(Number(line?.[4])).toBeLessThan(2 * DELAY_MAX); // with what ran in between
      }
      expect(guest.output.match(/dead 1, beside 1/g)).toHaveLength(2);
    },
    LIMIT_MS,
  );

  test(
    "a million live capabilities do not slow a call",
    async () => {
      await using guest = await bootWithServices(
        arch,
        directory,
        {
          echo: { service: {}, folder: "echo" },
          "many-capabilities": {
            service: { memory: 96 << 20, restart: "never", calls: { console: {}, echo: {} } },
          },
        },
        [],
        { icount: true, memory: "256M" },
      );
      await guest.waitFor(/calls through 1000000: \d+ instructions, failed \d+/);
      console.log(`${arch}: ${guest.output.match(/calls through .*/g)?.join("; ")}`);
      const [one = 0, many = 0] = [1, 1_000_000].map((count) =>
        Number(new RegExp(`calls through ${count}: (\\d+) instructions, failed 0`).exec(guest.output)?.[1]),
      );
      expect(one).toBeGreaterThan(0);
      expect(Math.abs(many - one)).toBeLessThanOrEqual(one / 10);
    },
    LIMIT_MS,
  );
});
