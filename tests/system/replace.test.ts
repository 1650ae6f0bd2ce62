// Live replacement under load: callers notice nothing but the clock, state and unanswered calls go over to another version,
// and a successor that cannot take over leaves the old instance as it was.

import { describe, expect, test } from "vitest";
import type { Isolation, Service } from "../../linker/image/schema.ts";
import { bootWithServices } from "./extra-service.ts";
import { logged, said, TESTED, temporaryDirectory } from "./support.ts";

const directory = temporaryDirectory();
const LIMIT_MS = 300_000;

const waiter = (isolation: Isolation, method: number, priority: number): Service => ({
  isolation,
  priority,
  restart: "never",
  numbers: { method },
  calls: { console: {}, tally: {} },
});

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "a service (%s) is replaced by its next version under load, back is refused, and nobody loses a call",
    async (isolation) => {
      await using guest = await bootWithServices(
        arch,
        directory,
        {
          tally: { service: { isolation } },
          "tally-waiter": { service: waiter(isolation, 2, 12) },
          "tally-poke": { service: waiter(isolation, 3, 14), source: "tally-waiter" },
          "tally-load": { service: { isolation, priority: 10, restart: "never", calls: { console: {}, tally: {} } } },
        },
        ["tally-next", "tally-bad", "tally-hang"],
      );
      await guest.waitFor("calls in order, version 1");
      await guest.waitForPrompt();
      // With several CPUs the one that pokes may have come behind the one that waits: it waits anew.
      if (guest.output.includes("waiter: method 2")) await guest.run("restart tally-waiter");
      const waiting = guest.output.length;
      const memory = await guest.run("caps tally");
      for (let round = 0; round < 3; round++) {
        expect(await guest.run("replace tally tally-bad")).toMatch(/goes on as it was: c/);
      }
      expect(await guest.run("replace tally nowhere")).toMatch(/no module of that name/);
      expect(await guest.run("replace tally tally-hang")).toMatch(
        /goes on as it was: nobody: the deadline passed first/,
      );
      expect(await guest.run("replace tally tally-next")).toMatch(
        /tally is replaced: 24 bytes of state went over, callers waited \d+ us at most/,
      );
      await logged(guest, /calls in order, version 2/);
      await said(guest, "replace tally tally", /goes on as it was: caller: the module or archive/);
      for (let round = 0; round < 5; round++) expect(await guest.run("replace tally")).toMatch(/is replaced: 24/);
      const lines = (text: string): number => text.split("\n").length;
      expect(lines(await guest.run("caps tally"))).toBe(lines(memory)); // what the old ones held went with them
      expect(guest.output).not.toContain("LOST");
      expect(guest.output.slice(waiting)).not.toMatch(/waiter: method 2/);
      const before = guest.output.length;
      await guest.run("restart tally-poke"); // the seventh instance answers what the first one was asked
      await logged(guest, /waiter: method 2 answered [1-9]/, before);
      await said(guest, "ps", /tally +service +(idle|busy)/);
    },
    LIMIT_MS,
  );

  test(
    "the console is replaced while the shell waits for a line, and the line, the history and the call stay",
    async () => {
      await using guest = await bootWithServices(arch, directory, {
        replacer: { service: { restart: "never", calls: { console: {}, init: { role: 1 } } } },
      });
      await guest.waitFor(/replacer: answer 0, state of \d+ bytes/);
      await guest.waitForPrompt();
      expect(await guest.run("echo first")).toContain("first");
      const held = await guest.run("caps console");
      const before = guest.output.length;
      await guest.run("restart replacer");
      await guest.send("echo ha"); // typed before, between or after the replacements
      await logged(guest, /replacer: answer 0, state of \d+ bytes/, before);
      await guest.send("lf\r");
      await guest.waitFor(/\nhalf/);
      await guest.waitForPrompt();
      await guest.send("\x1b[A\x1b[A\x1b[A\r"); // echo half, restart replacer, caps console
      await guest.waitFor(/notification object/);
      await guest.waitForPrompt();
      const lines = (text: string): number => text.split("\n").length;
      expect(lines(await guest.run("caps console"))).toBe(lines(held));
      expect(await guest.run("replace console")).toMatch(/console is replaced: \d+ bytes/);
      expect(await guest.run("echo after")).toContain("after");
    },
    LIMIT_MS,
  );

  test.each(["sfi", "hw"] as const)(
    "boxes, jobs and what was learnt go over to other instances (%s)",
    async (isolation) => {
      const device = { folder: "accelerator", service: { isolation, numbers: { variant: 1, milliwatts: 5000 } } };
      const calls = { console: {}, vault: {}, placement: {}, "accelerator.0": {} };
      await using guest = await bootWithServices(arch, directory, {
        vault: { folder: "vault", service: { isolation, mints: true } },
        "accelerator.0": device,
        placement: { folder: "placement", service: { isolation, calls: { "accelerator.0": {} } } },
        holder: { service: { isolation, priority: 10, restart: "never", calls } },
      });
      await guest.waitFor("holder: begun");
      await guest.waitForPrompt();
      for (let round = 0; round < 3; round++) {
        expect(await guest.run("replace vault")).toMatch(/vault is replaced: 1284 bytes/);
        expect(await guest.run("replace accelerator.0")).toMatch(/accelerator.0 is replaced: 8204 bytes/);
        expect(await guest.run("replace placement")).toMatch(/placement is replaced: 132 bytes/);
      }
      expect(await guest.run("replace vault placement")).toMatch(/goes on as it was: caller: the module or archive/);
      await guest.waitFor(/holder: 60 rounds, wrong \d+/);
      expect(guest.output).toContain("holder: 60 rounds, wrong 0");
    },
    LIMIT_MS,
  );

  test(
    "the shell, which nobody calls, starts anew in its own place; init and companions are refused",
    async () => {
      await using guest = await bootWithServices(arch, directory, {});
      await guest.waitForPrompt();
      const memory = async (): Promise<string | undefined> => /init +(\d+ KiB)/.exec(await guest.run("mem"))?.[1];
      for (let round = 0; round < 2; round++) await guest.run("replace shell");
      const held = await memory();
      for (let round = 0; round < 3; round++) await guest.run("replace shell");
      expect(await memory()).toBe(held);
      expect(await guest.run("ps")).toMatch(/shell +service +busy/);
      expect(await guest.run("replace shell nowhere")).toMatch(/no module of that name/);
      expect(await guest.run("replace init")).toContain("replace: init is no service that runs");
      expect(await guest.run("replace fair")).toContain("replace: fair is no service that runs");
    },
    LIMIT_MS,
  );
});
