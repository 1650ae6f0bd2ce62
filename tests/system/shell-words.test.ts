// What the shell says to words that are wrong: whom a command cannot be about.

import { describe, expect, test } from "vitest";
import { bootShell, TESTED } from "./support.ts";

describe.each(TESTED)("%s", (arch) => {
  test("whoever is named in vain is named in the answer, with what to do", async () => {
    await using guest = await bootShell(arch);
    for (const command of ["caps", "kill", "restart", "replace", "wait"]) {
      expect(await guest.run(`${command} 99`)).toBe(`${command}: there is no 99; \`ps\` lists what runs.`);
    }
    expect(await guest.run("kill init")).toBe("kill: init cannot be ended: it is init, or it does not run.");
    expect(await guest.run("kill fair")).toBe("kill: fair cannot be ended: it is init, or it does not run.");
    expect(await guest.run("restart init")).toMatch(/^restart: init is no service that can be started afresh/);
    expect(await guest.run("wait clock")).toMatch(/^wait: clock is no program/);
    expect(await guest.run("kill 3")).not.toMatch(/kill:/);
  });
});
