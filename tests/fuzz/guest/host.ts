// What the driver asks of its surroundings: the kernel next to it, and the process that both run in.

@external("kernel", "fuzz_current") export declare function kernel_current(): u32;


@external("kernel", "fuzz_attention") export declare function kernel_attention(): u32;


@external("kernel", "fuzz_suspend") export declare function kernel_suspend(result: i64): void;


@external("kernel", "fuzz_interrupted") export declare function kernel_interrupted(): void;


@external("kernel", "fuzz_schedule") export declare function kernel_schedule(): u32;


@external("kernel", "fuzz_call") export declare function kernel_call(handle: u64, words: u32): i64;


@external("kernel", "fuzz_done") export declare function kernel_done(result: i64): u32;


@external("kernel", "fuzz_trap_set") export declare function kernel_trap_set(cause: u64, address: u64): void;


@external("kernel", "fuzz_result") export declare function kernel_result(index: u32): i64;


@external("kernel", "fuzz_argument") export declare function kernel_argument(index: u32): u64;


@external("kernel", "fuzz_context") export declare function kernel_context(index: u32): u32;


@external("kernel", "fuzz_memory_base") export declare function kernel_memory_base(index: u32): u64;


@external("kernel", "fuzz_stack_top") export declare function kernel_stack_top(index: u32): u64;


@external("kernel", "fuzz_present") export declare function kernel_present(index: u32, address: u64): u32;


@external("kernel", "fuzz_domain_of") export declare function kernel_domain_of(handle: u64): u32;


@external("kernel", "fuzz_account") export declare function kernel_account(index: u32, field: u32): u32;


@external("kernel", "fuzz_live") export declare function kernel_live(): u32;


@external("kernel", "fuzz_capability") export declare function kernel_capability(index: u32, i: u32, field: u32): u64;


@external("kernel", "check") export declare function kernel_check(): u32;


@external("kernel", "check_detail") export declare function kernel_check_detail(): u64;


@external("kernel", "census") export declare function kernel_census(): u64;


@external("kernel", "trap") export declare function kernel_trap(pc: u64, sp: u64, frame: u64): void;


@external("kernel", "interrupt") export declare function kernel_interrupt(vector: u32): u32;


@external("kernel", "fuzz_go_on") export declare function kernel_go_on(next: u32): u32;


@external("kernel", "gate_exit") export declare function gate_exit(status: i32): void;


@external("kernel", "gate_yield") export declare function gate_yield(): i64;


@external("kernel", "gate_memory_grow") export declare function gate_memory_grow(delta: u32): i64;


@external("kernel", "gate_trap") export declare function gate_trap(code: u32, pc: u64, frame: u64): void;


@external("kernel", "gate_detach") export declare function gate_detach(): i64;


@external("kernel", "gate_reply") export declare function gate_reply(
  reply: u64,
  status: i64,
  r1: u64,
  r2: u64,
  r3: u64,
  r4: u64,
  r5: u64,
): i64;


@external("kernel", "gate_notify") export declare function gate_notify(handle: u64, bits: u64): i64;


@external("kernel", "gate_wait") export declare function gate_wait(handle: u64, deadline: u64): i64;


@external("kernel", "gate_notification_bind") export declare function gate_notification_bind(handle: u64): i64;


@external("kernel", "gate_timer_set") export declare function gate_timer_set(
  handle: u64,
  deadline: u64,
  bits: u64,
): i64;


@external("kernel", "gate_cap_derive") export declare function gate_cap_derive(
  handle: u64,
  rights: u64,
  badge: u64,
): i64;


@external("kernel", "gate_cap_grant") export declare function gate_cap_grant(
  domain: u64,
  handle: u64,
  rights: u64,
  badge: u64,
): i64;


@external("kernel", "gate_cap_delete") export declare function gate_cap_delete(handle: u64): i64;


@external("kernel", "gate_cap_revoke") export declare function gate_cap_revoke(handle: u64): i64;


@external("kernel", "gate_cap_revoke_all") export declare function gate_cap_revoke_all(handle: u64): i64;


@external("kernel", "gate_cap_move") export declare function gate_cap_move(domain: u64, handle: u64): i64;


@external("kernel", "gate_cap_info") export declare function gate_cap_info(handle: u64, field: u64): i64;


@external("kernel", "gate_endpoint_create") export declare function gate_endpoint_create(self: u64): i64;


@external("kernel", "gate_endpoint_bind") export declare function gate_endpoint_bind(handle: u64, domain: u64): i64;


@external("kernel", "gate_notification_create") export declare function gate_notification_create(self: u64): i64;


@external("kernel", "gate_region_create") export declare function gate_region_create(
  self: u64,
  pages: u64,
  flags: u64,
): i64;


@external("kernel", "gate_region_fill") export declare function gate_region_fill(handle: u64): i64;


@external("kernel", "gate_region_map") export declare function gate_region_map(
  handle: u64,
  index: u64,
  offset: u64,
  pages: u64,
  rights: u64,
): i64;


@external("kernel", "gate_region_unmap") export declare function gate_region_unmap(
  self: u64,
  index: u64,
  pages: u64,
): i64;


@external("kernel", "gate_code_load") export declare function gate_code_load(
  region: u64,
  offset: u64,
  length: u64,
): i64;


@external("kernel", "gate_domain_create") export declare function gate_domain_create(
  self: u64,
  code: u64,
  packed: u64,
  budget: u64,
): i64;


@external("kernel", "gate_domain_map") export declare function gate_domain_map(
  domain: u64,
  region: u64,
  index: u64,
  span: u64,
  rights: u64,
): i64;


@external("kernel", "gate_domain_memory") export declare function gate_domain_memory(domain: u64, index: u64): i64;


@external("kernel", "gate_domain_start") export declare function gate_domain_start(domain: u64): i64;


@external("kernel", "gate_domain_stop") export declare function gate_domain_stop(domain: u64): i64;


@external("kernel", "gate_domain_destroy") export declare function gate_domain_destroy(domain: u64): i64;


@external("kernel", "gate_domain_status") export declare function gate_domain_status(domain: u64, field: u64): i64;


@external("kernel", "gate_domain_supervise") export declare function gate_domain_supervise(
  domain: u64,
  notification: u64,
  bits: u64,
): i64;


@external("kernel", "gate_irq_bind") export declare function gate_irq_bind(irq: u64, notification: u64, bits: u64): i64;


@external("kernel", "gate_irq_ack") export declare function gate_irq_ack(irq: u64): i64;


@external("kernel", "fuzz_call_until") export declare function kernel_call_until(handle: u64, deadline: u64): i64;


@external("kernel", "fuzz_call_personality") export declare function kernel_call_personality(): i64;


@external("kernel", "fuzz_call_with") export declare function kernel_call_with(method: u64, first: u64): void;


@external("kernel", "fuzz_entry") export declare function kernel_entry(index: u32, i: u32): u64;


@external("kernel", "fuzz_word") export declare function kernel_word(index: u32, i: u32): u64;


@external("kernel", "fuzz_personality") export declare function kernel_personality(index: u32): u64;


@external("kernel", "gate_cap_mint") export declare function gate_cap_mint(endpoint: u64, tag: u64, rights: u64): i64;


@external("kernel", "gate_cap_next") export declare function gate_cap_next(domain: u64, cursor: u64): i64;


@external("kernel", "gate_endpoint_methods") export declare function gate_endpoint_methods(
  endpoint: u64,
  low: u64,
  high: u64,
  methods: u64,
): i64;


@external("kernel", "gate_endpoint_status") export declare function gate_endpoint_status(
  endpoint: u64,
  field: u64,
): i64;


@external("kernel", "gate_offer") export declare function gate_offer(to: u64, handle: u64, rights: u64): i64;


@external("kernel", "gate_accept") export declare function gate_accept(from: u64): i64;


@external("kernel", "gate_cancel") export declare function gate_cancel(domain: u64): i64;


@external("kernel", "gate_domain_personality") export declare function gate_domain_personality(
  domain: u64,
  endpoint: u64,
  badge: u64,
): i64;


@external("kernel", "gate_mailbox_create") export declare function gate_mailbox_create(self: u64, capacity: u64): i64;


@external("kernel", "gate_mailbox_send") export declare function gate_mailbox_send(
  mailbox: u64,
  w0: u64,
  w1: u64,
  w2: u64,
  w3: u64,
): i64;


@external("kernel", "gate_mailbox_receive") export declare function gate_mailbox_receive(mailbox: u64): i64;


@external("kernel", "gate_mailbox_bind") export declare function gate_mailbox_bind(
  mailbox: u64,
  edge: u64,
  notification: u64,
  bits: u64,
): i64;


@external("kernel", "gate_hook_attach") export declare function gate_hook_attach(
  system: u64,
  what: u64,
  subject: u64,
  notification: u64,
  bits: u64,
): i64;


@external("kernel", "gate_hook_met") export declare function gate_hook_met(hook: u64): i64;


@external("kernel", "gate_hook_detach") export declare function gate_hook_detach(hook: u64): i64;


@external("kernel", "gate_domain_hold") export declare function gate_domain_hold(domain: u64): i64;


@external("kernel", "gate_domain_release") export declare function gate_domain_release(domain: u64): i64;


@external("kernel", "gate_domain_replace") export declare function gate_domain_replace(
  domain: u64,
  successor: u64,
): i64;


@external("kernel", "fuzz_thread_state") export declare function kernel_thread_state(index: u32): u32;


@external("kernel", "fuzz_sequence") export declare function kernel_sequence(index: u32): u64;


@external("kernel", "fuzz_written") export declare function kernel_written(index: u32): u64;


@external("kernel", "fuzz_event") export declare function kernel_event(index: u32): u32;


@external("kernel", "gate_context_create") export declare function gate_context_create(
  self: u64,
  budget: u64,
  period: u64,
  priority: u64,
): i64;


@external("kernel", "gate_context_bind") export declare function gate_context_bind(context: u64, domain: u64): i64;


@external("kernel", "gate_scheduler_create") export declare function gate_scheduler_create(
  domain: u64,
  region: u64,
  notification: u64,
  bits: u64,
): i64;


@external("kernel", "gate_scheduler_attach") export declare function gate_scheduler_attach(
  scheduler: u64,
  domain: u64,
  a: u64,
  b: u64,
): i64;


@external("kernel", "gate_scheduler_commit") export declare function gate_scheduler_commit(
  scheduler: u64,
  place: u64,
  slice: u64,
  sequence: u64,
): i64;


@external("kernel", "gate_scheduler_withdraw") export declare function gate_scheduler_withdraw(
  scheduler: u64,
  thread: u64,
  sequence: u64,
): i64;


@external("kernel", "gate_scheduler_next") export declare function gate_scheduler_next(
  scheduler: u64,
  cursor: u64,
): i64;


@external("kernel", "gate_scheduling_release") export declare function gate_scheduling_release(domain: u64): i64;


@external("kernel", "gate_code_seal") export declare function gate_code_seal(code: u64): i64;


@external("kernel", "gate_code_verify") export declare function gate_code_verify(code: u64): i64;


@external("kernel", "gate_code_hash") export declare function gate_code_hash(code: u64, word: u64): i64;


@external("kernel", "gate_endpoint_attest") export declare function gate_endpoint_attest(endpoint: u64, word: u64): i64;


@external("kernel", "gate_domain_affinity") export declare function gate_domain_affinity(domain: u64, mask: u64): i64;


@external("kernel", "gate_region_physical") export declare function gate_region_physical(
  system: u64,
  region: u64,
  page: u64,
): i64;


@external("kernel", "gate_device_load") export declare function gate_device_load(device: u64, where: u64): i64;


@external("kernel", "gate_device_store") export declare function gate_device_store(
  device: u64,
  where: u64,
  value: u64,
): i64;


@external("kernel", "gate_device_range") export declare function gate_device_range(
  self: u64,
  system: u64,
  base: u64,
  bytes: u64,
): i64;


@external("kernel", "gate_irq_line") export declare function gate_irq_line(system: u64, line: u64): i64;


@external("kernel", "gate_irq_message") export declare function gate_irq_message(system: u64): i64;


@external("kernel", "gate_dma_start") export declare function gate_dma_start(system: u64, registers: u64): i64;


@external("kernel", "gate_dma_create") export declare function gate_dma_create(system: u64, device: u64): i64;


@external("kernel", "gate_dma_map") export declare function gate_dma_map(
  dma: u64,
  region: u64,
  address: u64,
  span: u64,
  rights: u64,
): i64;


@external("kernel", "gate_dma_unmap") export declare function gate_dma_unmap(dma: u64, address: u64, pages: u64): i64;


@external("kernel", "gate_dma_fault") export declare function gate_dma_fault(system: u64): i64;


@external("kernel", "gate_system_info") export declare function gate_system_info(system: u64, field: u64): i64;


@external("kernel", "gate_system_power") export declare function gate_system_power(system: u64, status: u64): i64;


@external("kernel", "gate_now") export declare function gate_now(): i64;

/** Byte `i` of the input; 0 past its end. */
@external("host", "input") export declare function host_input(i: u32): u32;


@external("host", "input_length") export declare function host_input_length(): u32;


@external("host", "now_set") export declare function host_now_set(now: u64): void;


@external("host", "is_told") export declare function host_is_told(): u32;


@external("host", "put") export declare function host_put(byte: u32): void;
/** Ends the process as a finding. */
@external("host", "fail") export declare function host_fail(): void;
/** Offset and length of the archive's module `i`, 0 where there is none. */
@external("host", "module_offset") export declare function host_module_offset(i: u32): u64;


@external("host", "module_length") export declare function host_module_length(i: u32): u64;
