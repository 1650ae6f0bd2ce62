// Every function that the kernel exports, and how far its proof is. Read by proof.test.ts, which fails when one is missing here,
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
  "gate_endpoint_bind",
  "gate_offer",
  "gate_notification_bind",
  "gate_wait",
  "gate_timer_set",
  "gate_cancel",
  "gate_region_fill",
  "gate_region_unmap",
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
  "gate_endpoint_create",
  "gate_notification_create",
  "gate_irq_line",
];

/** Proved on both architectures too, by `phi proof`; left out of the tests, which run for every change, for the time that they take. */
export const LONGER: readonly string[] = [
  "gate_context_create",
  "gate_hook_attach",
  "gate_region_create",
  "gate_region_map",
  "gate_domain_map",
  "gate_device_range",
  "gate_scheduler_create",
];

const CALLS = "the invariant says too little of the chain of a thread's calls and of a server's queue";
const QUEUES = "it switches threads by itself: the ready queues of a processor are not in the invariant";
const MEMORY = "what tables and frames it takes apart, or seals, has no contracts yet";
const MAKING = "it fills new objects, regions or domains: no proof has been found yet";
const DEVICES =
  "an IOMMU's registers and tables, and the mappings of devices, are not in the invariant (on riscv64, which has none, nothing is left of it)";
const HELD = "that a message's count of holders is 0 is lost where the notification that it had before ends";
const LISTS = "it walks lists whose members the invariant does not describe";
const BEFORE = "it runs while the tables are made, before the invariant holds";

/** Not proved, and what stands in the way. */
export const OPEN: Readonly<Record<string, string>> = {
  call_enter: CALLS,
  call_enter_until: CALLS,
  call_enter_personality: CALLS,
  activation_done: CALLS,
  gate_detach: CALLS,
  gate_reply: CALLS,
  gate_exit: CALLS,
  gate_trap: CALLS,
  gate_domain_start: CALLS,
  gate_domain_status: CALLS,
  gate_domain_replace: CALLS,
  trap: CALLS,
  interrupt: CALLS,
  schedule: CALLS,
  choose: QUEUES,
  gate_yield: QUEUES,
  gate_notify: QUEUES,
  gate_accept: "a capability that was offered is derived for somebody else: rule 4 has no words for an offer yet",
  gate_cap_move: "that the type stays the object's is lost where windows end in between",
  gate_endpoint_attest: "the invariant does not say that a server has code",
  gate_scheduler_attach: LISTS,
  gate_scheduler_withdraw: LISTS,
  gate_hook_detach: LISTS,
  gate_mailbox_create: MAKING,
  gate_mailbox_bind: LISTS,
  gate_mailbox_send: "the invariant does not say that a mailbox has a ring and a payer",
  gate_mailbox_receive: "the invariant does not say that a mailbox has a ring and a payer",
  gate_domain_create: MAKING,
  gate_domain_destroy: MEMORY,
  gate_code_load: MAKING,
  gate_code_seal: MEMORY,
  gate_code_verify: "it copies inside linear memory (memory.copy), which the executor does not know",
  gate_irq_message: HELD,
  gate_dma_start: HELD,
  gate_dma_create: DEVICES,
  gate_dma_map: DEVICES,
  gate_dma_unmap: DEVICES,
  gate_dma_fault: DEVICES,
  gate_system_info: MAKING,
  gate_system_power: "the hal's tables of firmware are not among the arrays that the executor knows",
  kernel_trap: "it prints and stops: the log's texts are not among the arrays that the executor knows",
  boot: BEFORE,
  cpu_arrive: BEFORE,
};
