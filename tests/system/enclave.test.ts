// Enclaves in a running system: nothing of memory or devices gets in or out, no DMA, and the kernel vouches for the module's hash.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootModules, testModules } from "../guest-image.ts";
import { guestSource } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 300_000;
const directory = temporaryDirectory();

describe.each(TESTED)("%s", (arch) => {
  test("an enclave is reached by calls alone, and its hash is the kernel's word", { timeout: LIMIT_MS }, async () => {
    const modules = ["enclave-init", "enclave-body"].map((name) => ({ name, entry: guestSource(name) }));
    const archive = join(directory, `enclave-${arch}.archive`);
    await using guest = await bootModules(arch, await testModules(arch, modules), archive, { timeout_ms: LIMIT_MS });
    // The number of the check that failed: tests/system/guest/enclave-init.ts.
    expect({ failed: await guest.exitStatus(), said: guest.output }).toMatchObject({ failed: 0 });
  });
});
