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


@external("kernel", "interrupt") export declare function kernel_interrupt(vector: u32): void;


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
