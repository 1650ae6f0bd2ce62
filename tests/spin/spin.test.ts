// Every Spin model holds, and every seeded bug of it is found.
import { describe, expect, it } from "vitest";
import { check, models, row, variants } from "./run.ts";

describe.each(models())("%s", (model) => {
  it.each(variants(model))("$bug $sentence", async (variant) => {
    const outcome = await check(variant);
    console.log(row(outcome));
    if (variant.bug === "") expect(outcome.errors).toBe(0);
    else expect(outcome.errors).toBeGreaterThan(0);
  });

  it("has seeded bugs, each explained", () => {
    const bugs = variants(model).slice(1);
    expect(bugs.length).toBeGreaterThan(0);
    for (const bug of bugs) expect(bug.sentence, bug.bug).not.toBe("");
  });
});
