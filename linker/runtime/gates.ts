// The signature of every import of module "phi" (docs/abi.md section 1), by gate name. Called by runtime/thunks.ts.
// Invariant: a module whose declaration differs is refused: a thunk passes registers on as they are.
import type { AbiConstants } from "../abi/constants.ts";
import type { CFunction, WasmType } from "../compile/interface.ts";
import { BuildError } from "../error.ts";

export interface GateSignature {
  parameters: readonly WasmType[];
  result: WasmType | "none";
}

/** Gates with other signatures than n × i64 → i64. */
const SPECIAL: Record<string, GateSignature> = {
  exit: { parameters: ["i32"], result: "none" },
  trap: { parameters: ["i32"], result: "none" },
  memory_grow: { parameters: ["i32"], result: "i32" },
};

/** Gates of n words: name → n. */
const WORDS: Record<string, number> = {
  yield: 0,
  now: 0,
  counter: 0,
  own_id: 0,
  detach: 0,
  call: 8,
  call_words: 8,
  reply: 7,
  call_until: 8,
  cancel: 1,
  offer: 3,
  accept: 1,
  mailbox_create: 2,
  mailbox_send: 5,
  mailbox_receive: 1,
  mailbox_bind: 4,
  endpoint_status: 2,
  hook_attach: 5,
  hook_met: 1,
  hook_detach: 1,
  notify: 2,
  wait: 2,
  notification_bind: 1,
  timer_set: 3,
  cap_derive: 3,
  cap_grant: 4,
  cap_delete: 1,
  cap_revoke: 1,
  cap_info: 2,
  cap_next: 2,
  cap_move: 2,
  cap_revoke_all: 1,
  cap_mint: 3,
  endpoint_create: 1,
  endpoint_bind: 2,
  endpoint_methods: 4,
  notification_create: 1,
  region_create: 3,
  region_map: 5,
  region_unmap: 3,
  region_fill: 1,
  region_physical: 3,
  code_seal: 1,
  code_verify: 1,
  code_hash: 2,
  endpoint_attest: 2,
  code_load: 3,
  domain_create: 4,
  domain_map: 5,
  domain_personality: 3,
  domain_memory: 2,
  domain_start: 1,
  domain_stop: 1,
  domain_destroy: 1,
  domain_status: 2,
  domain_supervise: 3,
  domain_hold: 1,
  domain_release: 1,
  domain_replace: 2,
  domain_affinity: 2,
  irq_bind: 3,
  irq_ack: 1,
  irq_message: 1,
  irq_line: 2,
  device_range: 4,
  dma_start: 2,
  dma_create: 2,
  dma_map: 5,
  dma_unmap: 3,
  dma_fault: 1,
  device_load: 2,
  device_store: 3,
  system_info: 2,
  system_power: 2,
  context_create: 4,
  context_bind: 2,
  scheduler_create: 4,
  scheduler_attach: 4,
  scheduler_commit: 4,
  scheduler_withdraw: 3,
  scheduler_next: 2,
  scheduling_release: 1,
};

/** Gates that do not come back: a module may declare them without a result. */
const NO_RETURN = new Set(["system_power"]);

export function gateSignature(name: string): GateSignature | undefined {
  const special = SPECIAL[name];
  if (special !== undefined) return special;
  const words = WORDS[name];
  if (words === undefined) return undefined;
  return { parameters: Array.from({ length: words }, () => "i64" as const), result: "i64" };
}

/** Number of the gate that a phi import names; an unknown name or another signature is an error. */
export function gateNumber(abi: AbiConstants, item: CFunction): number {
  const signature = gateSignature(item.name);
  const number = abi.values.get(`GATE_${item.name.toUpperCase()}`);
  if (signature === undefined || number === undefined) {
    throw new BuildError(`The module imports phi.${item.name}, which is no gate: docs/abi.md section 1 lists them.`);
  }
  const declared = `(${item.parameters.join(", ")}) → ${item.result}`;
  const wanted = `(${signature.parameters.join(", ")}) → ${signature.result}`;
  const fits =
    declared === wanted ||
    (NO_RETURN.has(item.name) && item.result === "none" && item.parameters.join() === signature.parameters.join());
  if (!fits) throw new BuildError(`The module declares phi.${item.name} as ${declared}; the gate is ${wanted}.`);
  return Number(number);
}

/** All gates that modules may import, for tests that compare this table with kernel/abi/gates.ts. */
export function importableGates(): string[] {
  return [...Object.keys(SPECIAL), ...Object.keys(WORDS)];
}
