// One run of the hostile suite: all attacks, or some, in one isolation mode, in one boot. Called by tests/system/hostile-suite.test.ts.

import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { bootModules, testModules } from "../guest-image.ts";

export const MODES = { sfi: 0, hw: 1 } as const;

export interface HostileRun {
  /** Attacks that did harm, or 101 and more: a panic. */
  readonly status: number;
  readonly attacks: number;
  /** The lines that name an attack, and what it could do. */
  readonly harm: readonly string[];
  readonly output: string;
}

const NAMES = ["init", "witness", "attacker"];

export async function attackAll(
  arch: Architecture,
  mode: keyof typeof MODES,
  directory: string,
  timeout_ms: number,
  first = 0,
  last = 999,
): Promise<HostileRun> {
  const modules = NAMES.map((name) => ({ name: `hostile-${name}`, entry: `tests/hostile/guest/${name}.ts` }));
  const entries = await testModules(arch, modules);
  const parameters = new BigUint64Array([BigInt(MODES[mode]), BigInt(first), BigInt(last)]);
  entries.push({ name: "parameters", kind: "parameters", bytes: new Uint8Array(parameters.buffer) });
  const archive = join(directory, `hostile-${arch}-${mode}.archive`);
  await using guest = await bootModules(arch, entries, archive, { timeout_ms });
  const status = await guest.exitStatus();
  const output = guest.output.replaceAll("\r", "");
  return {
    status,
    attacks: Number(/hostile: attacks=(\d+)/.exec(output)?.[1] ?? 0),
    harm: output.split("\n").filter((line) => line.includes("attack ")),
    output,
  };
}
