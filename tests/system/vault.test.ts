// Resources end to end: a service mints capabilities to its own things, a client gets them with replies, the kernel checks the
// right of each method; clients and vaults in both isolation modes.
import { describe, expect, test } from "vitest";
import { bootWithServices } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "the vault's boxes are used as far as each capability's rights go, by a client in %s",
    async (isolation) => {
      await using guest = await bootWithServices(arch, directory, {
        vault: { folder: "vault", service: { mints: true } },
        "vault-hw": { folder: "vault", service: { isolation: "hw", mints: true } },
        "vault-user": {
          service: { isolation, restart: "never", calls: { console: {}, vault: {}, "vault-hw": {} } },
        },
      });
      await guest.waitFor(/checks \d+, first failed \d+/);
      expect(guest.output).toContain("checks 32, first failed 0");
    },
    LIMIT_MS,
  );
});
