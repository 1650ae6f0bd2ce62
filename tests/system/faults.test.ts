// Fault injection in a run of CI's size: services that trap, hang, end, go wrong and are killed under load are restarted; no caller
// is left without an answer or an error, no frame and no capability is lost. Longer campaigns: `npx phi faults --count N`, and `--drivers`.

import { describe, expect, test } from "vitest";
import { buildDriverFaults, type DriverName, injectDriverFaults } from "../faults/drivers/run.ts";
import { buildFaults, injectFaults } from "../faults/run.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

/** Over both architectures: 10,000. */
const FAULTS = 5_000;
const SEED = 1;
const LIMIT_MS = 280_000;
const directory = temporaryDirectory();
/** In drivers, of which some trials end in a hang of a second. */
const DRIVER_FAULTS = 1_500;
const CLEAN = { lost: 0, unexplained: 0, unexpected: 0, unrecovered: 0, leaked: 0, leakedcaps: 0 };

describe.each(TESTED)("%s", (arch) => {
  test("services recover from traps, loops, ends, kills and flipped bits", { timeout: LIMIT_MS }, async () => {
    const modules = await buildFaults(arch);
    const { status, counts, kinds, output } = await injectFaults(modules, FAULTS, SEED, directory, LIMIT_MS);
    expect({ status, ...counts }, output).toMatchObject({ status: 0, ...CLEAN });
    expect(counts["injected"]).toBeGreaterThanOrEqual(FAULTS);
    expect(counts["recovered"]).toBeGreaterThan(FAULTS / 4);
    expect(counts["accounts"]).toBeGreaterThan(3);
    // Every kind of fault shows in its own way, and flipped bits in several.
    const shows = (kind: string, way: number): void => expect(kinds[kind]?.[way], output).toBeGreaterThan(FAULTS / 50);
    for (const kind of ["unreachable", "wild_store", "wild_load", "divide", "stack", "no_function"]) shows(kind, 1);
    shows("exit", 2);
    for (const kind of ["loop", "yield_loop", "wait"]) shows(kind, 3);
    shows("flip", 4);
    expect(kinds["flip"]?.[1]).toBeGreaterThan(0);
  });

  test("drivers with faults in their code are replaced, and serve again", { timeout: LIMIT_MS }, async () => {
    const iommu = arch === "x86_64";
    const names: DriverName[] = iommu ? ["virtio-blk", "nvme", "virtio-gpu"] : ["virtio-blk", "virtio-input"];
    const modules = await buildDriverFaults(arch, names);
    const run = await injectDriverFaults(modules, {
      ...{
        names,
        count: DRIVER_FAULTS,
        seed: SEED,
        isolation: iommu ? "hw" : "sfi",
        iommu,
        directory,
        timeout_ms: LIMIT_MS,
      },
    });
    const { end, counts, output } = run;
    expect({ end, ...counts }, output).toMatchObject({ end: "done", unrecovered: 0, stranded: 0, late: 0 });
    expect(counts["injected"]).toBeGreaterThanOrEqual(DRIVER_FAULTS);
    expect(counts["recovered"]).toBe(counts["trials"]);
    const failures = ["ended", "silent", "refused", "wrong"].map((name) => counts[name] ?? 0);
    expect(failures.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(5);
    expect(counts["met"]).toBeGreaterThan(20);
  });
});
