// One run of the fault injection: so many faults, from one seed, in one boot. Called by `phi faults` and its test.

import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { bootModules, testModules } from "../guest-image.ts";

export interface FaultCounts {
  readonly [name: string]: number;
}

export interface FaultRun {
  /** The guest's own exit status: 0 if nothing was lost; 101 and more: a panic. */
  readonly status: number;
  readonly counts: FaultCounts;
  readonly output: string;
}

const NAMES = ["init", "victim", "client"];

export async function injectFaults(
  arch: Architecture,
  count: number,
  seed: number,
  directory: string,
  timeout_ms: number,
): Promise<FaultRun> {
  const modules = NAMES.map((name) => ({ name: `faults-${name}`, entry: `tests/faults/guest/${name}.ts` }));
  const entries = await testModules(arch, modules);
  const parameters = new Uint8Array(16);
  const view = new DataView(parameters.buffer);
  view.setBigUint64(0, BigInt(count), true);
  view.setBigUint64(8, BigInt(seed) * 0x9e37_79b9_7f4a_7c15n, true);
  entries.push({ name: "parameters", kind: "parameters", bytes: parameters });
  const archive = join(directory, `faults-${arch}-${seed}.archive`);
  await using guest = await bootModules(arch, entries, archive, { timeout_ms });
  const status = await guest.exitStatus();
  const line = /faults: (injected=.*)/.exec(guest.output)?.[1] ?? "";
  const counts = Object.fromEntries([...line.matchAll(/(\w+)=(\d+)/g)].map((pair) => [pair[1], Number(pair[2])]));
  return { status, counts, output: guest.output };
}
