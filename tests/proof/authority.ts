// No gate succeeds without the right it asks for: which capability each proved entry point needs, by argument.
// Called by prove.ts at the end of every path of a gate. The table repeats docs/abi.md, on purpose.

import type { Claims } from "./claims.ts";
import type { Memory } from "./memory.ts";
import { View } from "./model.ts";
import type { Path } from "./path.ts";
import { add, and, arithmetic, compare, constant, equal, extract, FALSE, implies, or, type Term } from "./term.ts";

/** Argument, type ("" = any), right ("" = none). */
type Need = readonly [argument: number, type: string, right: string];

export const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  gate_cap_derive: [[0, "", ""]],
  gate_cap_info: [[0, "", ""]],
  gate_cap_mint: [[0, "TYPE_ENDPOINT", "ENDPOINT_SERVE"]],
  gate_cap_grant: [
    [0, "TYPE_DOMAIN", "DOMAIN_GRANT"],
    [1, "", "RIGHT_SHARE"],
  ],
  gate_cap_move: [
    [0, "TYPE_DOMAIN", "DOMAIN_GRANT"],
    [1, "", "RIGHT_SHARE"],
  ],
  gate_cap_next: [[0, "TYPE_DOMAIN", "DOMAIN_INSPECT"]],
  gate_cap_revoke_all: [[0, "", "RIGHT_REVOKE"]],
  gate_endpoint_methods: [[0, "TYPE_ENDPOINT", "ENDPOINT_SERVE"]],
  gate_endpoint_bind: [
    [0, "TYPE_ENDPOINT", "ENDPOINT_SERVE"],
    [1, "TYPE_DOMAIN", "DOMAIN_GRANT"],
  ],
  gate_endpoint_create: [[0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"]],
  gate_notification_create: [[0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"]],
  gate_notification_bind: [[0, "TYPE_NOTIFICATION", "NOTIFICATION_WAIT"]],
  gate_notify: [[0, "TYPE_NOTIFICATION", "NOTIFICATION_SIGNAL"]],
  gate_domain_personality: [
    [0, "TYPE_DOMAIN", "DOMAIN_GRANT"],
    [1, "TYPE_ENDPOINT", "ENDPOINT_CALL"],
  ],
  gate_domain_memory: [[0, "TYPE_DOMAIN", "DOMAIN_MEMORY"]],
  gate_domain_status: [[0, "TYPE_DOMAIN", "DOMAIN_INSPECT"]],
  gate_domain_start: [[0, "TYPE_DOMAIN", "DOMAIN_START"]],
  gate_domain_stop: [[0, "TYPE_DOMAIN", "DOMAIN_STOP"]],
  gate_domain_affinity: [[0, "TYPE_DOMAIN", "DOMAIN_START"]],
  gate_domain_hold: [[0, "TYPE_DOMAIN", "DOMAIN_REPLACE"]],
  gate_domain_release: [[0, "TYPE_DOMAIN", "DOMAIN_REPLACE"]],
  gate_domain_create: [
    [0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"],
    [1, "TYPE_CODE", "CODE_RUN"],
  ],
  gate_domain_replace: [
    [0, "TYPE_DOMAIN", "DOMAIN_REPLACE"],
    [1, "TYPE_DOMAIN", "DOMAIN_REPLACE"],
  ],
  gate_domain_supervise: [
    [0, "TYPE_DOMAIN", "DOMAIN_INSPECT"],
    [1, "TYPE_NOTIFICATION", "NOTIFICATION_SIGNAL"],
  ],
  gate_offer: [[1, "", "RIGHT_SHARE"]],
  gate_cancel: [[0, "TYPE_DOMAIN", "DOMAIN_CANCEL"]],
  gate_wait: [[0, "TYPE_NOTIFICATION", "NOTIFICATION_WAIT"]],
  gate_system_power: [[0, "TYPE_SYSTEM", "SYSTEM_POWER"]],
  gate_timer_set: [[0, "TYPE_NOTIFICATION", "NOTIFICATION_SIGNAL"]],
  gate_irq_message: [[0, "TYPE_SYSTEM", "SYSTEM_MESSAGES"]],
  gate_dma_fault: [[0, "TYPE_SYSTEM", "SYSTEM_IOMMU"]],
  gate_dma_start: [[0, "TYPE_SYSTEM", "SYSTEM_IOMMU"]],
  gate_dma_create: [[0, "TYPE_SYSTEM", "SYSTEM_IOMMU"]],
  gate_dma_map: [
    [0, "TYPE_DMA", "DMA_MAP"],
    [1, "TYPE_REGION", "REGION_PIN"],
  ],
  gate_dma_unmap: [[0, "TYPE_DMA", "DMA_MAP"]],
  gate_mailbox_send: [[0, "TYPE_MAILBOX", "MAILBOX_SEND"]],
  gate_mailbox_receive: [[0, "TYPE_MAILBOX", "MAILBOX_RECEIVE"]],
  gate_hook_detach: [[0, "TYPE_HOOK", "HOOK_DETACH"]],
  gate_endpoint_attest: [[0, "TYPE_ENDPOINT", "ENDPOINT_CALL"]],
  gate_system_info: [[0, "TYPE_SYSTEM", ""]],
  gate_scheduler_attach: [
    [0, "TYPE_SCHEDULER", "SCHEDULER_ATTACH"],
    [1, "TYPE_DOMAIN", "DOMAIN_START"],
  ],
  gate_mailbox_bind: [[2, "TYPE_NOTIFICATION", "NOTIFICATION_SIGNAL"]],
  gate_region_fill: [[0, "TYPE_REGION", "REGION_WRITE"]],
  gate_region_map: [[0, "TYPE_REGION", "REGION_MAP"]],
  gate_region_unmap: [[0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"]],
  gate_domain_map: [
    [0, "TYPE_DOMAIN", "DOMAIN_GRANT"],
    [1, "TYPE_REGION", "REGION_MAP"],
  ],
  gate_region_physical: [
    [0, "TYPE_SYSTEM", "SYSTEM_DMA"],
    [1, "TYPE_REGION", "REGION_PIN"],
  ],
  gate_code_verify: [[0, "TYPE_CODE", "CODE_LOAD"]],
  gate_code_hash: [[0, "TYPE_CODE", "CODE_LOAD"]],
  gate_code_seal: [[0, "TYPE_CODE", "CODE_LOAD"]],
  gate_code_load: [[0, "TYPE_REGION", "REGION_READ"]],
  gate_endpoint_status: [[0, "TYPE_ENDPOINT", "ENDPOINT_SERVE"]],
  gate_hook_met: [[0, "TYPE_HOOK", "HOOK_READ"]],
  gate_context_bind: [
    [0, "TYPE_CONTEXT", "CONTEXT_BIND"],
    [1, "TYPE_DOMAIN", "DOMAIN_START"],
  ],
  gate_context_create: [[0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"]],
  gate_hook_attach: [[0, "TYPE_SYSTEM", "SYSTEM_HOOK"]],
  gate_region_create: [[0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"]],
  gate_mailbox_create: [[0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"]],
  gate_device_range: [
    [0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"],
    [1, "TYPE_SYSTEM", "SYSTEM_DEVICES"],
  ],
  gate_irq_line: [[0, "TYPE_SYSTEM", "SYSTEM_DEVICES"]],
  gate_scheduler_create: [
    [0, "TYPE_DOMAIN", "DOMAIN_ALLOCATE"],
    [1, "TYPE_REGION", "REGION_WRITE"],
    [2, "TYPE_NOTIFICATION", "NOTIFICATION_SIGNAL"],
  ],
  gate_scheduler_commit: [[0, "TYPE_SCHEDULER", "SCHEDULER_COMMIT"]],
  gate_scheduler_withdraw: [[0, "TYPE_SCHEDULER", "SCHEDULER_COMMIT"]],
  gate_scheduler_next: [[0, "TYPE_SCHEDULER", "SCHEDULER_COMMIT"]],
  gate_scheduling_release: [[0, "TYPE_DOMAIN", "DOMAIN_START"]],
  gate_irq_bind: [
    [0, "TYPE_IRQ", "IRQ_BIND"],
    [1, "TYPE_NOTIFICATION", "NOTIFICATION_SIGNAL"],
  ],
  gate_irq_ack: [[0, "TYPE_IRQ", "IRQ_ACK"]],
  gate_device_load: [[0, "TYPE_DEVICE", "DEVICE_LOAD"]],
  gate_device_store: [[0, "TYPE_DEVICE", "DEVICE_STORE"]],
};

/** What a gate that never succeeds answers to whoever has the right. */
const ANSWERS: Readonly<Record<string, string>> = { gate_system_power: "E_ABSENT" };

export function authority(
  executor: Claims,
  path: Path,
  before: Memory,
  entry: string,
  args: readonly Term[],
  cpu: Term,
): void {
  const { model } = executor;
  const needs = NEEDS[entry];
  const result = path.result;
  if (needs === undefined || result === null) return;
  const view = new View(model, before, path.isDistinct);
  const constants = model.sources.constants;
  const number = (name: string): Term => constant(constants.get(name) as bigint, 32);
  const zero = constant(0, result.width);
  const answer = ANSWERS[entry];
  const isAnswer =
    answer === undefined ? FALSE : equal(result, constant(constants.get(answer) as bigint, result.width));
  const succeeds = or(compare("sle", zero, result), isAnswer);
  const caller = view.field("Domain", "index", view.field("Cpu", "domain", cpu));
  for (const [argument, type, right] of needs) {
    const handle = args[argument] as Term;
    const index = arithmetic("shl", extract(handle, 0, 32), constant(6, 32));
    const capability = add(index, constant(model.table("capabilities").base, 32));
    const at = (name: string): Term => view.field("Capability", name, capability);
    const key = at("key");
    const held = and(
      view.isValid("Capability", capability),
      equal(at("handle"), handle),
      equal(arithmetic("lshr", key, constant(8, 32)), caller),
      equal(at("version"), view.field("Object", "version", at("object"))),
      ...(type === "" ? [] : [equal(arithmetic("and", key, constant(0x7f, 32)), number(type))]),
      ...(right === "" ? [] : [equal(arithmetic("and", at("rights"), number(right)), number(right))]),
    );
    executor.require(path, implies(succeeds, held), `success without the right: argument ${argument + 1} of ${entry}`);
  }
}
