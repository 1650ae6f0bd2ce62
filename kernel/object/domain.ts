// A domain: one instance, its slot, its capabilities and its one activation.
// The assembly reads the first part and the register area (offsets fixed in kernel/abi/layout.ts,
// proved below at compile time); the kernel alone uses the rest.
//
//   0      index, entry points, root             set at creation
//   56     the activation: caller, saved stack, entry arguments, reply words
//   200    the kernel's own fields
//   1024   saved registers; 1536 vector state    opaque to the kernel but for pc, sp, frame pointer

import * as at from "../abi/call";
import * as layout from "../abi/layout";
import * as status from "../abi/status";
import { Thread } from "../thread/thread";
import { TimerNode } from "../thread/timer";
import { Capability } from "../cap/table";
import { Code, Endpoint, Mapping, Notification, Object, Scheduler } from "./object";

/** What the one activation does now. */
export const ACTIVATION_NONE: u32 = 0;
export const ACTIVATION_START: u32 = 1;
export const ACTIVATION_EVENT: u32 = 2;
export const ACTIVATION_CALL: u32 = 3;
/** A call whose end the kernel must see, because somebody waits for just that: the plain return steps aside. */
export const ACTIVATION_WATCHED: u32 = 4;

/** What a suspended domain waits for: `callee`, or `waits_on`. */
export { WAIT_CALLEE, WAIT_NONE, WAIT_NOTIFICATION, WAIT_REPLY, WAIT_SERVER } from "../abi/status";

@unmanaged
export class Domain {
  /** place in the domain table, from 1. */
  index: u32;
  context_kind: u32;
  instance: u64;
  handler: u64;
  stack_top: u64;
  root: u64;
  memory_base: u64;
  trampoline: u64;
  /** whose call it answers: means something while `activation` is a call. */
  caller: Domain;
  wants_words: u32;
  saved_stack: u64;
  result: i64;
  enter_pc: u64;
  badge: u64;
  method: u64;
  word0: u64;
  word1: u64;
  word2: u64;
  word3: u64;
  word4: u64;
  word5: u64;
  /** not zero: reply1 … reply5 wait to be delivered when this context resumes. */
  reply_pending: u64;
  reply1: u64;
  reply2: u64;
  reply3: u64;
  reply4: u64;
  reply5: u64;

  // identity
  /** STATE_… of kernel/abi/status.ts; next to it, for the fast path's sake, the isolation mode; what the activation is: ACTIVATION_… */
  state: u32;
  mode: u32;
  activation: u32;
  object: Object;
  code: Code;
  parent: Domain;
  // the activation
  /** the thread that runs, or will run, the activation. */
  thread: Thread;
  waits_on: Notification;
  /** WAIT_…, and the server that this domain calls or queues at: the fast path clears both at once. */
  wait: u32;
  callee: Domain;
  /** callers that wait for their turn here, highest priority first. */
  queue: Domain;
  /** notification whose bits become events; next to the queue: is_wanted looks at both at once. */
  bound: Notification;
  queue_next: Domain;
  /** how and with which badge a queued call arrived. */
  queued_words: u32;
  queued_badge: u64;
  /** counts the calls of this entry's domains that were detached, and never begins again: a Reply is good for one number only. */
  call_number: u64;
  /** endpoints that it serves. */
  served: Endpoint;
  /** not zero: the last activation was an event, so a waiting call goes first. */
  turn: u32;
  start_entry: u64;
  event_entry: u64;

  // memory
  slot: u32;
  slots: u32;
  /** physical address of the page table that holds the slot. */
  root_physical: u64;
  budget_frames: u32;
  /** frames held or promised, and budgets given to children: never more than the budget. */
  charged_frames: u32;
  /** of those, promised to demand paging but not yet taken. */
  promised_frames: u32;
  /** budgets given to children: part of `charged_frames`. */
  lent_frames: u32;
  /** linear memory now and at most, in pages of 64 KiB. */
  memory_pages: u32;
  memory_pages_max: u32;
  table_bytes: u32;
  stack_bytes: u32;
  struct_bytes: u32;
  /** the domain whose memory appears in my window, and the one that sees mine. */
  shares: Domain;
  shared_by: Domain;
  mappings: Mapping;

  // capabilities and relations
  capabilities: Capability;
  capability_count: u32;
  /** objects and capabilities that it pays for: a frame's worth of budget for every 64. */
  small_objects: u32;
  supervisor: Notification;
  supervisor_bits: u64;
  /** handle, in this domain's space, of the endpoint behind its foreign imports; 0 = none. */
  personality: u64;

  // how it ended
  exit_status: i32;
  trap_kind: u32;
  trap_pc: u64;
  trap_address: u64;
  frame_count: u32;
  /** what Capability.key is for the endpoints that this domain may call: set with `index`. */
  endpoint_key: u32;
  /** not zero: nothing of its memory is shared with anybody, either way (decision 016). */
  enclave: u32;
  /** what revoked windows show once the budget is spent; 0 = that has not happened yet. */
  spare_page: u64;
  /** the Scheduler for which it decides. */
  scheduler: Scheduler;

  // family, and its end
  /** domains that it made, the last one first, and how deep it lies below init. */
  children: Domain;
  sibling_next: Domain;
  sibling_previous: Domain;
  depth: u32;
  /** not zero: it is being taken apart, and nobody can make it pay for anything new. */
  ending: u32;
  /** the STATE_ that it gets as soon as the CPU that runs it has left it; 0: none. */
  stopping: u32;
  /** what of the objects' table has been looked through for its own, and of its slot has been freed. */
  inherited: u32;
  freed_to: u64;
  /** of its mappings, the ones whose region is gone. */
  revoked_windows: u32;

  // the rest of the queue: kernel/ipc/queue.ts
  queue_last: Domain;
  queue_previous: Domain;
  queue_length: u32;

  // capabilities on their way: kernel/ipc/offer.ts
  offer_rights: u32;
  /** mine, for the server of the endpoint with this id. */
  offer_to: u64;
  offer_handle: u64;
  /** for me: a handle of `gift_owner`. */
  gift_handle: u64;
  gift_rights: u32;
  gift_owner: Domain;

  // a TimerNode in place: the deadline of what it waits for
  wait_deadline: u64;
  wait_position: u32;
  wait_kind: u32;

  // live replacement: see object/replace.ts
  /** who holds this domain's callers back; the next domain that the same one holds; and those that this one holds. */
  holder: Domain;
  held_next: Domain;
  holds: Domain;
  holds_count: u32;

  /** Return address i (< STATUS_FRAME_MAX) of the last trap's backtrace. */
  @inline frame(i: u32): u64 {
    return load<u64>(changetype<usize>(this) + (i << 3), FRAMES);
  }
  @inline set_frame(i: u32, value: u64): void {
    store<u64>(changetype<usize>(this) + (i << 3), value, FRAMES);
  }
  /** Word i of the saved registers of an INTERRUPTED context: 0 pc, 1 sp, 2 frame pointer. */
  @inline register(i: u32): u64 {
    return load<u64>(changetype<usize>(this) + (i << 3), <usize>layout.DOMAIN_REGISTERS);
  }
  @inline get slot_base(): u64 {
    return (<u64>this.slot) << layout.SLOT_SHIFT;
  }
  @inline get is_user(): bool {
    return this.mode == layout.ISOLATION_HW;
  }
  /** May somebody wait for this domain to become idle: a caller, or a notification? */
  @inline get is_wanted(): bool {
    return load<u64>(changetype<usize>(this), offsetof<Domain>("queue")) != 0;
  }
  /** Does it wait for the answer of its callee? */
  @inline get is_calling(): bool {
    return this.wait != status.WAIT_NONE && this.wait != status.WAIT_NOTIFICATION;
  }
  /** Does the activation answer a call? */
  @inline get is_call(): bool {
    return this.activation >= ACTIVATION_CALL;
  }
  /** The number that its capabilities carry; type goes into the low byte. */
  @inline get owner_key(): u32 {
    return this.index << 8;
  }
}

const FRAMES: usize = 704;

/** The timer of the domain's present wait. */
@inline
export function timer_of_domain(domain: Domain): TimerNode {
  return changetype<TimerNode>(changetype<usize>(domain) + offsetof<Domain>("wait_deadline"));
}

@inline
export function domain_of_timer(timer: TimerNode): Domain {
  return changetype<Domain>(changetype<usize>(timer) - offsetof<Domain>("wait_deadline"));
}

if (offsetof<Domain>("mode") != layout.DOMAIN_MODE || layout.DOMAIN_MODE != at.DOMAIN_STATE_AT + 4) ERROR("Domain.mode");
if (offsetof<Domain>("instance") != layout.DOMAIN_INSTANCE) ERROR("Domain.instance");
if (offsetof<Domain>("handler") != layout.DOMAIN_HANDLER) ERROR("Domain.handler");
if (offsetof<Domain>("stack_top") != layout.DOMAIN_STACK_TOP) ERROR("Domain.stack_top");
if (offsetof<Domain>("root") != layout.DOMAIN_ROOT) ERROR("Domain.root");
if (offsetof<Domain>("memory_base") != layout.DOMAIN_MEMORY_BASE) ERROR("Domain.memory_base");
if (offsetof<Domain>("trampoline") != layout.DOMAIN_TRAMPOLINE) ERROR("Domain.trampoline");
if (offsetof<Domain>("caller") != layout.DOMAIN_CALLER) ERROR("Domain.caller");
if (offsetof<Domain>("wants_words") != layout.DOMAIN_WANTS_WORDS) ERROR("Domain.wants_words");
if (offsetof<Domain>("saved_stack") != layout.DOMAIN_SP) ERROR("Domain.saved_stack");
if (offsetof<Domain>("result") != layout.DOMAIN_RESULT) ERROR("Domain.result");
if (offsetof<Domain>("enter_pc") != layout.DOMAIN_ENTER_PC) ERROR("Domain.enter_pc");
if (offsetof<Domain>("badge") != layout.DOMAIN_ENTER_ARGUMENTS) ERROR("Domain.badge");
if (offsetof<Domain>("reply_pending") != layout.DOMAIN_WORDS) ERROR("Domain.reply_pending");
if (offsetof<Domain>("state") != layout.DOMAIN_KERNEL) ERROR("Domain.state");
if (offsetof<Domain>() > FRAMES) ERROR("Domain overlaps its frames");
if (offsetof<Domain>("bound") != offsetof<Domain>("queue") + 4) ERROR("Domain.is_wanted");
if (FRAMES + 32 * 8 > layout.DOMAIN_REGISTERS) ERROR("frames overlap the registers");
if (ACTIVATION_NONE != at.PLAIN_ACTIVATION_NONE) ERROR("ACTIVATION_NONE");
if (ACTIVATION_CALL != at.PLAIN_ACTIVATION_CALL) ERROR("ACTIVATION_CALL");
if (status.WAIT_NONE != at.PLAIN_WAIT_NONE) ERROR("WAIT_NONE");
if (status.WAIT_CALLEE != at.PLAIN_WAIT_CALLEE) ERROR("WAIT_CALLEE");
