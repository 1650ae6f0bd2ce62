// Messages between real instances, in every combination of isolation modes: calls that time out or are cancelled wherever they are, priority
// inversion, capabilities and mailboxes that travel, and 1,000 callers whose replies one service has detached.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootModules, testModules } from "../guest-image.ts";
import { guestSource } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 300_000;
/** 1,000 instances and what they promise to need. */
const MEMORY = "512M";
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test("messages arrive, are refused or end, and nobody is left waiting", { timeout: LIMIT_MS }, async () => {
    const modules = ["messages-init", "messages-server", "messages-client"].map((name) => ({
      name,
      entry: guestSource(name),
    }));
    const archive = join(directory, `messages-${arch}.archive`);
    await using guest = await bootModules(arch, await testModules(arch, modules), archive, {
      memory: MEMORY,
      timeout_ms: LIMIT_MS,
    });
    const status = await guest.exitStatus();
    // The scene and the combination of modes that failed: tests/system/guest/messages-init.ts.
    expect({ scene: (status ?? -4) >> 2, combination: (status ?? 0) & 3, said: guest.output }).toMatchObject({
      scene: 0,
    });
  });
});
