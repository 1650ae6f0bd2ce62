// Accelerators: both of the processor's ways give right results through one submit/complete interface, refuse what does not
// fit, hold no more jobs than they say, and the policy's choice follows what was measured and reported. In both isolation modes.

import { describe, expect, test } from "vitest";
import type { Isolation, Service } from "../../linker/image/schema.ts";
import { bootWithServices } from "./extra-service.ts";
import { logged, TESTED, temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
const LIMIT_MS = 300_000;
const CALLS = { "accelerator.0": {}, "accelerator.1": {} };

const device = (isolation: Isolation, variant: number): { service: Service; folder: string } => ({
  service: { isolation, numbers: { variant, milliwatts: 5000 * variant } },
  folder: "accelerator",
});

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "%s",
    async (isolation) => {
      await using guest = await bootWithServices(arch, directory, {
        "accelerator.0": device(isolation, 1),
        "accelerator.1": device(isolation, 2),
        placement: { service: { isolation, calls: CALLS }, folder: "placement" },
        accelerated: { service: { isolation, restart: "never", calls: { console: {}, placement: {}, ...CALLS } } },
      });
      await guest.waitFor("accelerated: done");
      for (const [name, lanes] of [
        ["scalar", 1],
        ["simd", 4],
      ]) {
        expect(guest.output).toContain(`${name}: lanes ${lanes} right completed 0 0 again -33`);
        expect(guest.output).toContain(`${name}: refused -3 -3 -3 -3 -3 -3 -3 -3`);
        expect(guest.output).toContain(`${name}: full at 8 with -34 then 1`);
      }
      expect(guest.output).toContain("chosen by time: the faster");
      expect(guest.output).toContain("chosen by energy: the thriftier");
      expect(guest.output).toContain("after reports of slowness: another; nonsense answers -3 -3");
    },
    LIMIT_MS,
  );

  test(
    "a client that fills its queues and completes nothing leaves the others theirs",
    async () => {
      await using guest = await bootWithServices(arch, directory, {
        "accelerator.0": device("sfi", 1),
        "accelerator.1": device("sfi", 2),
        placement: { service: { calls: CALLS }, folder: "placement" },
        "accelerated-greedy": { service: { restart: "never", calls: { console: {}, ...CALLS } } },
        accelerated: { service: { restart: "never", calls: { console: {}, placement: {}, ...CALLS } } },
      });
      await logged(guest, /greedy: holds 16/);
      await logged(guest, /accelerated: done/);
      const from = guest.output.length; // the other has taken all by now
      await guest.run("restart accelerated");
      await logged(guest, /accelerated: done/, from);
      expect(guest.output.slice(from)).toContain("scalar: lanes 1 right completed 0 0 again -33");
      expect(guest.output.slice(from)).toContain("scalar: full at 8 with -34 then 1");
    },
    LIMIT_MS,
  );
});
