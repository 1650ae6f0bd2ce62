// Scheduling contexts and scheduler services on the machine, under icount: who runs how much is a figure, not a chance. The expectations
// stand in tests/system/guest/schedule-init.ts, each with a number that becomes the exit status.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootModules, testModules } from "../guest-image.ts";
import { phi, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 240_000;
const MODULES: Readonly<Record<string, string>> = {
  "schedule-init": "tests/system/guest/schedule-init.ts",
  scheduler: "services/scheduler/index.ts",
  "schedule-worker": "tests/system/guest/schedule-worker.ts",
};
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test("budgets hold, shares and deadlines are kept, and no scheduler takes a thread with it", {
    timeout: LIMIT_MS,
  }, async () => {
    const modules = Object.entries(MODULES).map(([name, entry]) => ({ name, entry }));
    const archive = join(directory, `scheduling-${arch}.archive`);
    await using guest = await bootModules(arch, await testModules(arch, modules), archive, { timeout_ms: LIMIT_MS });
    const status = await guest.exitStatus(LIMIT_MS);
    if (process.env["PHI_TEST_FIGURES"] !== undefined) process.stdout.write(guest.output);
    expect({ status, said: guest.output }).toMatchObject({ status: 0 });
  });

  test("the shell shows and changes who decides, and a killed scheduler comes back", {
    timeout: LIMIT_MS,
  }, async () => {
    const script =
      "schedule fair; kill fair; schedule; schedule deadline; schedule; schedule none; schedule; schedule nobody";
    const { status, stdout, stderr } = await phi(["boot", "--arch", arch, "--exec", script]);
    const roles = stdout
      .toString()
      .match(/^(fair|deadline) +(sleeps|decides)/gm)
      ?.map((line) => line.replace(/ +/, " "));
    expect(roles).toEqual([
      "fair decides",
      "deadline sleeps",
      "fair sleeps",
      "deadline decides",
      "fair sleeps",
      "deadline sleeps",
    ]);
    expect(stderr).toContain("nobody is no scheduler");
    expect(status).toBe(1);
  });
});
