// What happens when services fail: the report names TypeScript lines, the service comes back after growing pauses, init gives up
// when the image says so, and clients of a restarted service go on.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Guest } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import type { Service } from "../../linker/image/schema.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { bootWithService, bootWithServices, guestSource } from "./extra-service.ts";
import { bootShell, TESTED, temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
const BUILD_LIMIT_MS = 300_000;
const SOURCE = guestSource("faulty");

/** The shell image with one more service, which traps 20 ms after each start. */
function bootWith(arch: Architecture, faulty: Service): Promise<Guest> {
  return bootWithService(arch, directory, "faulty", faulty);
}

function lineWith(text: string): number {
  const line = readFileSync(join(ROOT, SOURCE), "utf8")
    .split("\n")
    .findIndex((candidate) => candidate.includes(text));
  return line + 1;
}

describe.each(TESTED)("%s", (arch) => {
  test(
    "a trap is reported with TypeScript lines, and the service is given up after as many restarts as the image allows",
    async () => {
      await using guest = await bootWith(arch, { restart: { limit: 2, window_seconds: 60 } });
      await guest.waitFor("faulty is given up after 2 restarts");
      await guest.waitForPrompt();
      const log = guest.output.replaceAll("\r", "");
      expect(log.match(/faulty: trap: memory access out of bounds/g)).toHaveLength(3);
      expect(log).toMatch(new RegExp(`at \\S+ ${SOURCE}:${lineWith("the wild store")}`));
      expect([...log.matchAll(/faulty restarts in (\d+) ms/g)].map((match) => match[1])).toEqual(["100", "200"]);
      expect(await guest.run("echo alive")).toContain("alive");
      expect(await guest.run("ps")).toMatch(/faulty +service +given up/);
    },
    BUILD_LIMIT_MS,
  );

  test(
    "the machine powers off with status 103 when the image requires the service",
    async () => {
      await using guest = await bootWith(arch, { required: true, restart: { limit: 1, window_seconds: 60 } });
      expect(await guest.exitStatus()).toBe(103);
      expect(guest.output).toContain("the image requires it: powering off");
    },
    BUILD_LIMIT_MS,
  );

  test(
    "a scheduler that spins is reported and restarted, and given up in the end",
    async () => {
      const service: Service = { policy: "fair", priority: 36, restart: { limit: 1, window_seconds: 60 } };
      await using guest = await bootWithServices(arch, directory, {
        spinner: { service, source: "hung-scheduler" },
        ticker: { service: { priority: 10, share: { weight: 1 } } },
      });
      await guest.waitForPrompt();
      guest.send("schedule spinner\n");
      await guest.waitFor("spinner is given up after 1 restarts");
      await guest.waitForPrompt();
      expect(guest.output.match(/spinner decides nothing/g)).toHaveLength(2);
      expect(await guest.run("ps")).toMatch(/spinner +service +given up/);
    },
    BUILD_LIMIT_MS,
  );

  test("the shell goes on when its console is killed under it, while it writes and while it reads", async () => {
    await using guest = await bootShell(arch);
    await guest.run("kill console");
    expect(await guest.run("echo alive")).toContain("alive");
    await guest.run("restart console");
    expect(await guest.run("date")).toMatch(/20\d\d-/);
    expect(await guest.run("ps")).toMatch(/console +service +idle .* 2 /);
  });
});
