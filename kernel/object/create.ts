// Making a domain out of a code object: its slot, its root, its struct and its first pages. Everything
// else of the slot comes by demand paging, out of frames promised here.

import { E_ARGUMENT, E_BUDGET, E_DEPTH, E_NO_MEMORY, E_RIGHTS, E_STATE, E_UNTRUSTED } from "../abi/errors";
import * as format from "../abi/formats";
import * as layout from "../abi/layout";
import { CODE_SFI, TYPE_DOMAIN } from "../abi/rights";
import { STATE_CREATED } from "../abi/status";
import { PAGE_READ, PAGE_USER, PAGE_WRITE, root_word } from "../../hal/paging";
import { Capability } from "../cap/table";
import { kernel_root } from "../machine";
import { charge, frame_promised, promise, uncharge } from "../mm/budget";
import { page_map, root_make } from "../mm/pagetable";
import { HW_SLOT, slots_take } from "../mm/slots";
import { is_none, none } from "../none";
import { ACTIVATION_START, Domain } from "./domain";
import { domain_entry, domain_entry_free } from "./domains";
import { activation_begin } from "../ipc/activation";
import { code_is_measured, code_map, header } from "./code";
import { domain_unmake } from "./destroy";
import { Code, CODE_SEALED, CODE_TRUSTED, DomainObject, object_error, object_pay } from "./object";
import { object_hold } from "./release";
import { PRIORITY_MAX } from "../thread/scheduler";
import { thread_at, thread_priority_own } from "../thread/thread";
import { trace, TRACE_START } from "../trace";

const PAGE: u64 = <u64>format.PAGE_SIZE;
/** Frames for page tables, charged once. */
const TABLE_FRAMES: u32 = 12;
/** Domains within domains: what walks up or down them stays short. */
const DEPTH_MAX: u32 = 64;
/** 1 GiB in pages of 64 KiB. */
const MEMORY_PAGES_LIMIT: u32 = 0x4000;

export let create_error: i64 = 0;

/** `packed`: isolation | priority << 8. none: create_error says why, and nothing is left behind. */
export function domain_create(parent: Domain, capability: Capability, packed: u64, budget_bytes: u64): Domain {
  const code = changetype<Code>(capability.object);
  const mode = <u32>packed & 0xff, priority = <u32>(packed >> 8) & 0xff;
  const is_enclave = (packed & layout.DOMAIN_ENCLAVE) != 0;
  create_error = E_ARGUMENT;
  if (mode > layout.ISOLATION_HW || priority > PRIORITY_MAX || packed >> 17 != 0) return none<Domain>();
  if (is_enclave && mode != layout.ISOLATION_HW) return none<Domain>();
  create_error = E_STATE;
  if (!(code.flags & CODE_SEALED) || (is_enclave && !code_is_measured(code))) return none<Domain>();
  create_error = E_ARGUMENT;
  if (priority > thread_at(parent.index).base_priority) return none<Domain>();
  if (header(code, format.PHX_ENTRY_START_AT) == 0) return none<Domain>();
  if (mode == layout.ISOLATION_HW && header(code, format.PHX_ENTRY_TRAMPOLINE_AT) == 0) return none<Domain>();
  if (mode == layout.ISOLATION_SFI) {
    create_error = E_UNTRUSTED;
    if (!(code.flags & CODE_TRUSTED)) return none<Domain>();
    create_error = E_RIGHTS;
    if (!(capability.rights & CODE_SFI)) return none<Domain>();
  }
  create_error = E_DEPTH;
  if (parent.depth == DEPTH_MAX) return none<Domain>();
  create_error = E_BUDGET;
  const budget = <u32>min(budget_bytes / PAGE, 0xfff_ffff);
  if (budget < TABLE_FRAMES + 8 || !charge(parent, budget)) return none<Domain>();
  const domain = entry_make(parent, code);
  if (is_none(domain)) {
    uncharge(parent, budget);
    return domain;
  }
  parent.lent_frames += budget;
  domain.budget_frames = budget;
  domain.mode = mode;
  domain.enclave = is_enclave ? 1 : 0;
  thread_priority_own(thread_at(domain.index), priority);
  if (build(domain, code)) return domain;
  domain_unmake(domain);
  return none<Domain>();
}

function entry_make(parent: Domain, code: Code): Domain {
  const domain = domain_entry();
  create_error = E_NO_MEMORY;
  if (is_none(domain)) return domain;
  const object = changetype<DomainObject>(object_pay(TYPE_DOMAIN, parent));
  if (is_none(object)) {
    create_error = object_error;
    domain_entry_free(domain);
    return none<Domain>();
  }
  object.domain = domain;
  domain.object = object;
  domain.parent = parent;
  domain.depth = parent.depth + 1;
  domain.sibling_next = parent.children;
  if (!is_none(parent.children)) parent.children.sibling_previous = domain;
  parent.children = domain;
  domain.code = code;
  object_hold(code);
  return domain;
}

function build(domain: Domain, code: Code): bool {
  const user = domain.is_user;
  domain.slots = header(code, format.PHX_SLOTS_AT);
  create_error = E_NO_MEMORY;
  if (user) {
    domain.root_physical = root_make(kernel_root());
    if (domain.root_physical == 0) return false;
    domain.slot = HW_SLOT;
  } else {
    domain.root_physical = kernel_root();
    domain.slot = slots_take(domain.slots);
    if (domain.slot == 0) return false;
  }
  domain.root = root_word(domain.root_physical);
  domain.state = STATE_CREATED;
  if (!code_map(code, domain.root_physical, user)) return false;

  const distance = <u64>header(code, format.PHX_STRUCT_DISTANCE_AT);
  domain.memory_base = domain.slot_base + layout.SLOT_MEMORY;
  domain.instance = domain.memory_base - distance;
  domain.struct_bytes = <u32>distance;
  domain.stack_top = domain.slot_base + layout.SLOT_STACK_TOP;
  domain.stack_bytes = page_round(header(code, format.PHX_STACK_BYTES_AT));
  domain.table_bytes = page_round(header(code, format.PHX_TABLE_BYTES_AT));
  domain.memory_pages = header(code, format.PHX_MEMORY_INITIAL_AT);
  domain.memory_pages_max = min(header(code, format.PHX_MEMORY_MAXIMUM_AT), MEMORY_PAGES_LIMIT);
  domain.start_entry = entry(code, format.PHX_ENTRY_START_AT);
  domain.handler = entry(code, format.PHX_ENTRY_CALL_AT);
  domain.event_entry = entry(code, format.PHX_ENTRY_EVENT_AT);
  domain.trampoline = entry(code, format.PHX_ENTRY_TRAMPOLINE_AT);

  const struct_pages = page_round(<u32>distance) >> 12;
  // One more: spare_page.
  const pages = struct_pages + (domain.stack_bytes >> 12) + (domain.table_bytes >> 12) + (domain.memory_pages << 4) + 1;
  create_error = E_BUDGET;
  if (!charge(domain, TABLE_FRAMES) || !promise(domain, pages)) return false;
  create_error = E_NO_MEMORY;
  for (let i: u32 = 1; i <= struct_pages; i++) {
    if (!page_give(domain, domain.memory_base - (<u64>i) * PAGE)) return false;
  }
  // The gates write reply words here without asking.
  return domain.memory_pages == 0 || page_give(domain, domain.memory_base);
}

@inline function page_round(bytes: u32): u32 { return (bytes + 4095) & ~(<u32>4095); }

@inline function entry(code: Code, field: u32): u64 {
  const offset = header(code, field);
  return offset == 0 ? 0 : code.base + offset;
}

/** Puts one of the promised frames at an address of the domain's own slot. */
export function page_give(domain: Domain, address: u64): bool {
  const frame = frame_promised(domain);
  if (frame == 0) return false;
  const flags = PAGE_READ | PAGE_WRITE | (domain.is_user ? PAGE_USER : 0);
  return page_map(domain.root_physical, address & ~(PAGE - 1), frame, flags);
}

/** The domain's thread enters the module for the first time. */
export function domain_start(domain: Domain): i64 {
  if (domain.state != STATE_CREATED) return E_STATE;
  trace(TRACE_START, domain.index, 0);
  activation_begin(domain, ACTIVATION_START, domain.start_entry, 0);
  return 0;
}

/** Linear memory grows by `delta` pages of 64 KiB: the old size, or -1. */
export function memory_grow(domain: Domain, delta: u32): i64 {
  const old = domain.memory_pages;
  if (delta > MEMORY_PAGES_LIMIT || old + delta > domain.memory_pages_max) return -1;
  // a memory's first page is there from its first growth on, as from the start elsewhere
  if (!promise(domain, delta << 4) || (old == 0 && delta != 0 && !page_give(domain, domain.memory_base))) return -1;
  domain.memory_pages = old + delta;
  return <i64>old;
}
