// The kernel's gates as a module imports them (docs/abi.md, section 1): one declaration a gate.
// No other file of services/ declares an import. Everybody but the wrappers beside this file should use those.
// Every handle and word is a u64; an i64 answer below zero is a number of errors.ts.

// @ts-ignore: decorator
@external("phi", "exit")
export declare function exit(status: i32): void;

// @ts-ignore: decorator
@external("phi", "yield")
export declare function yield_now(): i64;

/** No gate: one instruction of the processor's, and nothing of memory is moved across it (docs/abi.md). */
// @ts-ignore: decorator
@external("phi", "fence")
export declare function fence(): void;

// @ts-ignore: decorator
@external("phi", "own_id")
export declare function own_id(): u64;

// @ts-ignore: decorator
@external("phi", "now")
export declare function now(): u64;

// @ts-ignore: decorator
@external("phi", "counter")
export declare function counter(): u64;

// @ts-ignore: decorator
@external("phi", "call")
export declare function call(endpoint: u64, method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64;

// @ts-ignore: decorator
@external("phi", "call_words")
export declare function call_words(
  endpoint: u64,
  method: u64,
  w0: u64,
  w1: u64,
  w2: u64,
  w3: u64,
  w4: u64,
  w5: u64,
): i64;

// @ts-ignore: decorator
@external("phi", "call_until")
export declare function call_until(
  endpoint: u64,
  method: u64,
  w0: u64,
  w1: u64,
  w2: u64,
  w3: u64,
  w4: u64,
  deadline_ns: u64,
): i64;

// @ts-ignore: decorator
@external("phi", "cancel")
export declare function cancel(domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "detach")
export declare function detach(): i64;

// @ts-ignore: decorator
@external("phi", "reply")
export declare function reply(reply: u64, status: i64, r1: u64, r2: u64, r3: u64, r4: u64, r5: u64): i64;

// @ts-ignore: decorator
@external("phi", "offer")
export declare function offer(to: u64, handle: u64, rights: u64): i64;

// @ts-ignore: decorator
@external("phi", "accept")
export declare function accept(from: u64): i64;

// @ts-ignore: decorator
@external("phi", "mailbox_create")
export declare function mailbox_create(self: u64, capacity: u64): i64;

// @ts-ignore: decorator
@external("phi", "mailbox_send")
export declare function mailbox_send(mailbox: u64, w0: u64, w1: u64, w2: u64, w3: u64): i64;

// @ts-ignore: decorator
@external("phi", "mailbox_receive")
export declare function mailbox_receive(mailbox: u64): i64;

// @ts-ignore: decorator
@external("phi", "mailbox_bind")
export declare function mailbox_bind(mailbox: u64, edge: u64, notification: u64, bits: u64): i64;

// @ts-ignore: decorator
@external("phi", "endpoint_status")
export declare function endpoint_status(endpoint: u64, field: u64): i64;

// @ts-ignore: decorator
@external("phi", "hook_attach")
export declare function hook_attach(system: u64, what: u64, subject: u64, notification: u64, bits: u64): i64;

// @ts-ignore: decorator
@external("phi", "hook_met")
export declare function hook_met(hook: u64): i64;

// @ts-ignore: decorator
@external("phi", "hook_detach")
export declare function hook_detach(hook: u64): i64;

// @ts-ignore: decorator
@external("phi", "notify")
export declare function notify(notification: u64, bits: u64): i64;

// @ts-ignore: decorator
@external("phi", "wait")
export declare function wait(notification: u64, deadline_ns: u64): i64;

// @ts-ignore: decorator
@external("phi", "notification_bind")
export declare function notification_bind(notification: u64): i64;

// @ts-ignore: decorator
@external("phi", "timer_set")
export declare function timer_set(notification: u64, deadline_ns: u64, bits: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_derive")
export declare function cap_derive(handle: u64, rights: u64, badge: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_grant")
export declare function cap_grant(domain: u64, handle: u64, rights: u64, badge: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_delete")
export declare function cap_delete(handle: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_revoke")
export declare function cap_revoke(handle: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_info")
export declare function cap_info(handle: u64, field: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_next")
export declare function cap_next(domain: u64, cursor: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_move")
export declare function cap_move(domain: u64, handle: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_revoke_all")
export declare function cap_revoke_all(handle: u64): i64;

// @ts-ignore: decorator
@external("phi", "cap_mint")
export declare function cap_mint(endpoint: u64, tag: u64, rights: u64): i64;

// @ts-ignore: decorator
@external("phi", "endpoint_methods")
export declare function endpoint_methods(endpoint: u64, low: u64, high: u64, methods: u64): i64;

// @ts-ignore: decorator
@external("phi", "endpoint_create")
export declare function endpoint_create(self: u64): i64;

// @ts-ignore: decorator
@external("phi", "endpoint_bind")
export declare function endpoint_bind(endpoint: u64, domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "notification_create")
export declare function notification_create(self: u64): i64;

// @ts-ignore: decorator
@external("phi", "region_create")
export declare function region_create(self: u64, pages: u64, flags: u64): i64;

// @ts-ignore: decorator
@external("phi", "region_map")
export declare function region_map(region: u64, index: u64, offset_pages: u64, pages: u64, rights: u64): i64;

// @ts-ignore: decorator
@external("phi", "region_unmap")
export declare function region_unmap(self: u64, index: u64, pages: u64): i64;

// @ts-ignore: decorator
@external("phi", "region_fill")
export declare function region_fill(region: u64): i64;

// @ts-ignore: decorator
@external("phi", "region_physical")
export declare function region_physical(system: u64, region: u64, page: u64): i64;

// @ts-ignore: decorator
@external("phi", "code_seal")
export declare function code_seal(code: u64): i64;

// @ts-ignore: decorator
@external("phi", "code_verify")
export declare function code_verify(code: u64): i64;

// @ts-ignore: decorator
@external("phi", "code_hash")
export declare function code_hash(code: u64, word: u64): i64;

// @ts-ignore: decorator
@external("phi", "endpoint_attest")
export declare function endpoint_attest(endpoint: u64, word: u64): i64;

// @ts-ignore: decorator
@external("phi", "code_load")
export declare function code_load(region: u64, offset: u64, length: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_create")
export declare function domain_create(self: u64, code: u64, options: u64, budget_bytes: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_map")
export declare function domain_map(domain: u64, region: u64, index: u64, span: u64, rights: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_personality")
export declare function domain_personality(domain: u64, endpoint: u64, badge: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_memory")
export declare function domain_memory(domain: u64, index: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_start")
export declare function domain_start(domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_stop")
export declare function domain_stop(domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_destroy")
export declare function domain_destroy(domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_status")
export declare function domain_status(domain: u64, field: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_supervise")
export declare function domain_supervise(domain: u64, notification: u64, bits: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_hold")
export declare function domain_hold(domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_release")
export declare function domain_release(domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_replace")
export declare function domain_replace(domain: u64, successor: u64): i64;

// @ts-ignore: decorator
@external("phi", "domain_affinity")
export declare function domain_affinity(domain: u64, mask: u64): i64;

// @ts-ignore: decorator
@external("phi", "irq_bind")
export declare function irq_bind(irq: u64, notification: u64, bits: u64): i64;

// @ts-ignore: decorator
@external("phi", "irq_message")
export declare function irq_message(system: u64): i64;
// @ts-ignore: decorator
@external("phi", "irq_line")
export declare function irq_line(system: u64, line: u64): i64;
// @ts-ignore: decorator
@external("phi", "device_range")
export declare function device_range(self: u64, system: u64, base: u64, bytes: u64): i64;
// @ts-ignore: decorator
@external("phi", "dma_start")
export declare function dma_start(system: u64, registers: u64): i64;
// @ts-ignore: decorator
@external("phi", "dma_create")
export declare function dma_create(system: u64, device: u64): i64;
// @ts-ignore: decorator
@external("phi", "dma_map")
export declare function dma_map(dma: u64, region: u64, address: u64, span: u64, rights: u64): i64;
// @ts-ignore: decorator
@external("phi", "dma_unmap")
export declare function dma_unmap(dma: u64, address: u64, pages: u64): i64;
// @ts-ignore: decorator
@external("phi", "dma_fault")
export declare function dma_fault(system: u64): i64;

// @ts-ignore: decorator
@external("phi", "irq_ack")
export declare function irq_ack(irq: u64): i64;

// @ts-ignore: decorator
@external("phi", "device_load")
export declare function device_load(device: u64, place: u64): i64;

// @ts-ignore: decorator
@external("phi", "device_store")
export declare function device_store(device: u64, place: u64, value: u64): i64;

// @ts-ignore: decorator
@external("phi", "system_info")
export declare function system_info(system: u64, field: u64): i64;

// @ts-ignore: decorator
@external("phi", "system_power")
export declare function system_power(system: u64, status: u64): void;

// @ts-ignore: decorator
@external("phi", "context_create")
export declare function context_create(self: u64, budget_ns: u64, period_ns: u64, priority: u64): i64;

// @ts-ignore: decorator
@external("phi", "context_bind")
export declare function context_bind(context: u64, domain: u64): i64;

// @ts-ignore: decorator
@external("phi", "scheduler_create")
export declare function scheduler_create(domain: u64, region: u64, notification: u64, bits: u64): i64;

// @ts-ignore: decorator
@external("phi", "scheduler_attach")
export declare function scheduler_attach(scheduler: u64, domain: u64, a: u64, b: u64): i64;

// @ts-ignore: decorator
@external("phi", "scheduler_commit")
export declare function scheduler_commit(scheduler: u64, place: u64, slice_ns: u64, sequence: u64): i64;

// @ts-ignore: decorator
@external("phi", "scheduler_withdraw")
export declare function scheduler_withdraw(scheduler: u64, thread: u64, sequence: u64): i64;

// @ts-ignore: decorator
@external("phi", "scheduler_next")
export declare function scheduler_next(scheduler: u64, cursor: u64): i64;

// @ts-ignore: decorator
@external("phi", "scheduling_release")
export declare function scheduling_release(domain: u64): i64;
