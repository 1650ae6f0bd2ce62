// The smallest service, called by the smallest client, in both isolation modes: docs/services.md shows this test as the example.
import { describe, expect, test } from "vitest";
import { bootWithServices } from "./extra-service.ts";
import { logged, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "the echo service in %s answers its client, also after it was killed",
    async (isolation) => {
      await using guest = await bootWithServices(arch, directory, {
        echo: { folder: "echo", service: { isolation } },
        "echo-user": { service: { isolation, restart: "never", calls: { console: {}, echo: {} } } },
      });
      await guest.waitFor("echo-user: 4321 A SENTENCE");
      await guest.run("kill echo");
      await guest.run("restart echo-user");
      await logged(guest, /(echo-user: 4321 A SENTENCE[\s\S]*){2}/);
      expect(await guest.run("caps echo-user")).toMatch(/endpoint .* call$/m);
    },
    LIMIT_MS,
  );
});
