// Common beginnings of kernel tests: init with its handles, children of a chosen module, who runs now.
import { Machine } from "./machine.ts";

export const SFI = 0n;
export const HW = 1n;
export const MIB = 1n << 20n;

export interface Scene {
  machine: Machine;
  self: bigint;
  system: bigint;
  archive: bigint;
  init: number;
}

export async function scene(): Promise<Scene> {
  const machine = await Machine.boot();
  return {
    machine,
    self: machine.handle("STARTUP_SELF"),
    system: machine.handle("STARTUP_SYSTEM"),
    archive: machine.handle("STARTUP_REGION"),
    init: machine.current,
  };
}

/** Loads module number `module` and makes a domain of it, priority 10 unless told. */
export function child(
  { machine, self, archive }: Scene,
  module: number,
  isolation = SFI,
  budget = MIB,
  priority = 10n,
): bigint {
  const code = machine.gate("code_load", archive, ...machine.module(module));
  if (code < 0n) throw new Error(`code_load: ${code}`);
  const domain = machine.gate("domain_create", self, code, isolation | (priority << 8n), budget);
  if (domain < 0n) throw new Error(`domain_create: ${domain}`);
  return domain;
}

/** The current domain's handler returns; answers who runs then. */
export function done(machine: Machine, result = 0n): number {
  const resumed = Number(machine.kernelCall("activation_done", result));
  return resumed !== 0 && !machine.attention ? resumed : machine.schedule();
}

/** init returns from its start and the child runs its own to the end; answers the child's kernel index. */
export function startChild(scene: Scene, domain: bigint): number {
  const { machine } = scene;
  machine.gate("domain_start", domain);
  const index = done(machine);
  if (index === 0 || index === scene.init) throw new Error("the child does not run");
  return index;
}

export function freeFrames({ machine, system }: Scene): bigint {
  return machine.gate("system_info", system, machine.abi.value("INFO_FRAMES_FREE"));
}

export function status({ machine }: Scene, domain: bigint, field: string): bigint {
  return machine.gate("domain_status", domain, machine.abi.value(field));
}

/** A gate that does a bounded part of its work and answers 1 until all is done: services/lib loops in the same way. */
export function wholly(machine: Machine, gate: string, ...values: bigint[]): bigint {
  for (;;) {
    const answer = machine.gate(gate, ...values);
    if (answer !== 1n) return answer;
  }
}
