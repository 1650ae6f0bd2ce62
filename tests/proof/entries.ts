// Every function that the kernel exports, and how far its proof is. Read by prove-entries.ts, whose tests fail when one is missing here,
// by `phi proof`, and by `phi proof --list`. What a proved one stands on (contracts.ts) is printed with its row.

/** Proved on both architectures, in the order of the table; `phi proof` and the tests run them all. */
export const ENTRIES: readonly string[] = [
  // the first, because z3 takes 40 times as long for one question of it when the names of what it is about were met in another order
  "gate_cap_revoke_all",
  "gate_cap_derive",
  "gate_cap_grant",
  "gate_cap_mint",
  "gate_cap_info",
  "gate_cap_next",
  "gate_cap_delete",
  "gate_cap_revoke",
  "gate_endpoint_methods",
  "gate_endpoint_status",
  "gate_offer",
  "gate_notification_bind",
  "gate_wait",
  "gate_timer_set",
  "gate_cancel",
  "gate_region_fill",
  "gate_region_physical",
  "gate_irq_ack",
  "gate_irq_bind",
  "gate_device_load",
  "gate_device_store",
  "gate_memory_grow",
  "gate_own_id",
  "gate_now",
  "gate_counter",
  "gate_hook_met",
  "gate_code_hash",
  "gate_domain_personality",
  "gate_domain_memory",
  "gate_domain_stop",
  "gate_domain_hold",
  "gate_domain_release",
  "gate_domain_affinity",
  "gate_domain_supervise",
  "gate_context_bind",
  "gate_scheduler_commit",
  "gate_scheduler_next",
  "gate_scheduling_release",
  "gate_irq_line",
  "gate_yield",
  "gate_mailbox_bind",
  "gate_mailbox_receive",
  "gate_cap_move",
  "gate_endpoint_attest",
  "gate_system_info",
  "gate_hook_detach",
  "gate_notify",
  "gate_domain_status",
  "gate_domain_start",
  "gate_exit",
  "gate_system_power",
  "kernel_trap",
  "gate_dma_fault",
  "activation_done",
  "gate_reply",
  "gate_trap",
  "trap",
];

/** Proved on both architectures too, by `phi proof`; left out of the tests, which run for every change, for the time that they take. */
export const LONGER: readonly string[] = [
  "gate_irq_message",
  "gate_endpoint_bind",
  "gate_region_unmap",
  "gate_endpoint_create",
  "gate_notification_create",
  "gate_context_create",
  "gate_hook_attach",
  "gate_region_create",
  "gate_region_map",
  "gate_domain_map",
  "gate_mailbox_create",
  "gate_device_range",
  "gate_scheduler_create",
  "gate_scheduler_withdraw",
  "gate_mailbox_send",
  "gate_accept",
  "gate_dma_start",
  "gate_code_verify",
  "gate_code_load",
  "gate_code_seal",
  "gate_detach",
  "call_enter",
  "call_enter_until",
  "call_enter_personality",
  "gate_dma_create",
  "gate_dma_map",
  "gate_dma_unmap",
];

const CALLS = "the invariant says too little of the chain of a thread's calls and of a server's queue";
const QUEUES = "it switches threads by itself, over all processors: no verdict yet";
const MEMORY = "what tables and frames it takes apart has no contracts yet";
const MAKING =
  "a domain is given a root, a slot and its code's pages: that those may stand in its tables is not said yet";
const LETTING_GO =
  "since control_set is shown to keep its contract, that it lets go of what controlled the thread before could end the scheduler itself";
const BEFORE = "it runs while the tables are made, before the invariant holds";

/** Not proved, and what stands in the way. */
export const OPEN: Readonly<Record<string, string>> = {
  gate_scheduler_attach: LETTING_GO,
  gate_domain_replace: CALLS,
  interrupt: CALLS,
  schedule: CALLS,
  choose: QUEUES,
  gate_domain_create: MAKING,
  gate_domain_destroy: MEMORY,
  boot: BEFORE,
  cpu_arrive: BEFORE,
};
