// Figures of the bench's own system, in which nothing runs but what is measured: tests/bench/guest/root.ts is its first domain.
// Lines `bench NAME VALUE instructions` on the serial line, under -icount: the same in every run.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD } from "../../scripts/phi/paths.ts";
import { bootModules, testModules } from "../guest-image.ts";

const LIMIT_MS = 240_000;
const MODULES = ["root", "worker"].map((name) => ({ name: `bench-${name}`, entry: `tests/bench/guest/${name}.ts` }));

/** Boots it and returns what it printed. */
export async function rootTaskOutput(arch: Architecture): Promise<string> {
  mkdirSync(join(BUILD, "bench"), { recursive: true });
  const archive = join(BUILD, "bench", `${arch}-root.archive`);
  await using guest = await bootModules(arch, await testModules(arch, MODULES), archive, { timeout_ms: LIMIT_MS });
  const status = await guest.exitStatus();
  if (status !== 0)
    throw new CliFailure(`the bench's root task ended with ${status} on ${arch}`, guest.output.slice(-2000));
  return guest.output;
}
