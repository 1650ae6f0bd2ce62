// Interrupts at every place of the gates: a server and two clients of equal priority, in every combination of isolation
// modes, under a timer that drifts over their calls. Registers, floating-point state, arguments and reply words survive.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootModules, testModules } from "../guest-image.ts";
import { guestSource } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 240_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test("interrupted calls between any two modes answer as if nothing had happened", { timeout: LIMIT_MS }, async () => {
    const modules = ["preemption-init", "call-server", "preemption-worker"].map((name) => ({
      name,
      entry: guestSource(name),
    }));
    const archive = join(directory, `preemption-${arch}.archive`);
    // Deterministic: the same interrupts at the same instructions in every run.
    await using guest = await bootModules(arch, await testModules(arch, modules), archive, { timeout_ms: LIMIT_MS });
    expect(await guest.exitStatus()).toBe(0);
  });
});
