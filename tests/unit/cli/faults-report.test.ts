// What `phi faults` prints of a campaign: sums of all boots, and a table whose columns say what they count.

import { expect, test } from "vitest";
import { report } from "../../../scripts/phi/faults.ts";

test("the table of kinds has a head, and sums all boots", () => {
  const boot = (seed: number, status: number) => ({
    seed,
    status,
    counts: { injected: 1200 },
    kinds: { loop: [1200, 0, 0, 3, 1] },
  });
  const [sums, head, row] = report("x86_64", "abc", [boot(1, 0), boot(2, 101)]).split("\n");
  expect(sums).toBe("x86_64 abc: boots=2 kernel-crashes=1 injected=2400");
  expect(head).toBe("| kind | injected | trapped | ended | stuck | wrong |");
  expect(row).toBe("| loop | 2,400 | 0 | 0 | 6 | 2 |");
});
