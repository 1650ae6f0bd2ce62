// Four CPUs: instances run at the same time, call each other across CPUs, wake each other, lose pages and their lives while
// another CPU runs them. The guest (tests/system/guest/smp-init.ts) judges; its exit status is the number of what failed.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootModules, testModules } from "../guest-image.ts";
import { guestSource } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 240_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test("four CPUs run, call, wake, revoke and kill without losing anything", { timeout: LIMIT_MS }, async () => {
    const modules = ["smp-init", "smp-worker", "call-server"].map((name) => ({ name, entry: guestSource(name) }));
    const archive = join(directory, `smp-${arch}.archive`);
    await using guest = await bootModules(arch, await testModules(arch, modules), archive, {
      smp: 4,
      timeout_ms: LIMIT_MS,
    });
    expect(await guest.exitStatus(LIMIT_MS)).toBe(0);
  });
});
