// The kernel as tests/fuzz/ compiles it: all of kernel/index.ts, and what the driver needs to play processor: who runs,
// what a domain gets when it goes on, whether a page is there. Invariant: nothing here changes what the kernel decides.

import { CONTEXT_INTERRUPTED, CONTEXT_VOLUNTARY, MESSAGE } from "../../../kernel/abi/layout";
import { capability_at, capability_count } from "../../../kernel/cap/table";
import { cpu, current } from "../../../kernel/cpu";
import { activation_done } from "../../../kernel/ipc/activation";
import { call_enter, call_enter_personality, call_enter_until } from "../../../kernel/ipc/call";
import { activation_done_plain, call_enter_plain } from "../../unit/kernel/guest/plain";
import { load32, load64 } from "../../../kernel/machine";
import { RING_CAPACITY_AT, RING_ENTRY_SIZE, RING_EVENT_AT, RING_THREAD_AT } from "../../../kernel/abi/schedule";
import { page_lookup } from "../../../kernel/mm/pagetable";
import { is_none } from "../../../kernel/none";
import { Domain } from "../../../kernel/object/domain";
import { domain_at } from "../../../kernel/object/domains";
import { DomainObject, Irq, Region, REGION_ARCHIVE, Scheduler } from "../../../kernel/object/object";
import { region_frame } from "../../../kernel/object/region";
import { pick } from "../../../kernel/thread/scheduler";
import { thread_at } from "../../../kernel/thread/thread";
import { schedule } from "../../../kernel/index";

export * from "../../../kernel/index";
export { check, check_detail, census } from "./check";

function index_of(domain: Domain): u32 {
  return is_none(domain) ? 0 : domain.index;
}

export function fuzz_current(): u32 {
  return index_of(current());
}

export function fuzz_attention(): u32 {
  return cpu().attention;
}

/** What the assembly does at a gate's exit that does not go straight back. */
export function fuzz_suspend(result: i64): void {
  const domain = current();
  domain.context_kind = CONTEXT_VOLUNTARY;
  domain.result = result;
}

export function fuzz_interrupted(): void {
  if (!is_none(current())) current().context_kind = CONTEXT_INTERRUPTED;
}

export function fuzz_schedule(): u32 {
  return index_of(changetype<Domain>(<usize>schedule()));
}

/** A gate or an interrupt has switched to this domain by itself: what the assembly's resume_other does. Index of who runs. */
export function fuzz_go_on(next: u32): u32 {
  cpu().domain = changetype<Domain>(<usize>next);
  return cpu().attention != 0 ? fuzz_schedule() : index_of(cpu().domain);
}

/** > 0: index of the domain that was entered. */
export function fuzz_call(handle: u64, words: u32): i64 {
  if (words == 0) {
    const plain = call_enter_plain(handle);
    if (plain != 0) return <i64>index_of(changetype<Domain>(<usize>plain));
  }
  const entered = call_enter(handle, words);
  return entered > 0 ? <i64>index_of(changetype<Domain>(<usize>entered)) : entered;
}

export function fuzz_call_until(handle: u64, deadline: u64): i64 {
  const entered = call_enter_until(handle, deadline);
  return entered > 0 ? <i64>index_of(changetype<Domain>(<usize>entered)) : entered;
}

export function fuzz_call_personality(): i64 {
  const entered = call_enter_personality();
  return entered > 0 ? <i64>index_of(changetype<Domain>(<usize>entered)) : entered;
}

/** What the gate leaves in the caller's entry arguments before it asks. */
export function fuzz_call_with(method: u64, first: u64): void {
  current().method = method;
  current().word0 = first;
}

/** Of what a queued call enters its server with: 0 the method, 1 the first word. */
export function fuzz_entry(index: u32, i: u32): u64 {
  return i == 0 ? domain_at(index).method : domain_at(index).word0;
}

/** Word r`i` of what a gate wrote into the domain's memory. */
export function fuzz_word(index: u32, i: u32): u64 {
  const domain = domain_at(index);
  return load64(page_lookup(domain.root_physical, domain.memory_base) + MESSAGE + (i << 3));
}

export function fuzz_personality(index: u32): u64 {
  return domain_at(index).personality;
}

export function fuzz_done(result: i64): u32 {
  const plain = activation_done_plain(result);
  return index_of(plain == 0 ? activation_done(result) : changetype<Domain>(<usize>plain));
}

export function fuzz_trap_set(cause: u64, address: u64): void {
  cpu().trap_cause = cause;
  cpu().trap_address = address;
  cpu().trap_code = 0;
}

export function fuzz_result(index: u32): i64 {
  return domain_at(index).result;
}
/** Badge or bits with which it is entered. */
export function fuzz_argument(index: u32): u64 {
  return domain_at(index).badge;
}
export function fuzz_context(index: u32): u32 {
  return domain_at(index).context_kind;
}
export function fuzz_memory_base(index: u32): u64 {
  return domain_at(index).memory_base;
}
export function fuzz_stack_top(index: u32): u64 {
  return domain_at(index).stack_top;
}
export function fuzz_present(index: u32, address: u64): u32 {
  return page_lookup(domain_at(index).root_physical, address & ~(<u64>4095)) != 0 ? 1 : 0;
}
export function fuzz_domain_of(handle: u64): u32 {
  const object = changetype<DomainObject>(capability_at(<u32>handle).object);
  return object.domain.index;
}

export function fuzz_thread_state(index: u32): u32 {
  return thread_at(index).state;
}

/** Number of the thread's last event. */
export function fuzz_sequence(index: u32): u64 {
  return thread_at(index).sequence;
}

/** Events that the domain's scheduler has written. */
export function fuzz_written(index: u32): u64 {
  return domain_at(index).scheduler.written;
}

/** The thread's last event, out of its scheduler's ring; 0: later ones lie there. */
export function fuzz_event(index: u32): u32 {
  const thread = thread_at(index);
  const region = changetype<Scheduler>(thread.control).region;
  const first = region_frame(region, 0);
  const place = 1 + <u32>((thread.sequence - 1) % load64(first + RING_CAPACITY_AT));
  const page = region_frame(region, place / (4096 / RING_ENTRY_SIZE));
  const at = page + (place % (4096 / RING_ENTRY_SIZE)) * RING_ENTRY_SIZE;
  if (load64(at) != thread.sequence || load32(at + RING_THREAD_AT) != index) return 0;
  return load32(at + RING_EVENT_AT) & 0xffff;
}

/** Account and size of a domain, for the model of init: budget, charged, promised, lent, small objects, memory pages, their limit, priority. */
export function fuzz_account(index: u32, field: u32): u32 {
  const domain = domain_at(index);
  switch (field) {
    case 0:
      return domain.budget_frames;
    case 1:
      return domain.charged_frames;
    case 2:
      return domain.promised_frames;
    case 3:
      return domain.lent_frames;
    case 4:
      return domain.small_objects;
    case 5:
      return domain.memory_pages;
    case 6:
      return domain.memory_pages_max;
    case 7:
      return thread_at(index).priority;
    default:
      return 0;
  }
}

export function fuzz_live(): u32 {
  return capability_count();
}

/** The domain's capability number `i` from the oldest: field 0 handle, 1 type, 2 rights, 3 pages or line, 4 is the archive. */
export function fuzz_capability(index: u32, i: u32, field: u32): u64 {
  let at = domain_at(index).capabilities;
  let last = at;
  while (!is_none(at)) {
    last = at;
    at = at.owner_next;
  }
  for (let k: u32 = 0; k < i && !is_none(last); k++) last = last.owner_previous;
  if (is_none(last)) return 0;
  switch (field) {
    case 0:
      return last.handle;
    case 1:
      return <u64>last.type;
    case 2:
      return <u64>last.rights;
    case 3:
      return last.type == 7 ? <u64>changetype<Irq>(last.object).line : <u64>changetype<Region>(last.object).pages;
    default:
      return <u64>(changetype<Region>(last.object).flags & REGION_ARCHIVE);
  }
}
