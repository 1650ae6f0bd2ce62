// Exceptions in services and programs: a page that was promised is brought; anything else stops that
// instance alone, with its reason and a backtrace for its supervisor.

import * as layout from "./abi/layout";
import * as status from "./abi/status";
import { PAGE_READ, PAGE_USER, PAGE_WRITE } from "../hal/paging";
import { frame_link_slot, frame_return_slot, trap_kind } from "../hal/trap";
import { cpu, cpu_count } from "./cpu";
import { load64 } from "./machine";
import { frame_promised } from "./mm/budget";
import { page_lookup, page_map, translate } from "./mm/pagetable";
import { is_none } from "./none";
import { page_give } from "./object/create";
import { domain_end, SHARE_INDEX } from "./object/destroy";
import { Domain } from "./object/domain";
import { revoked_page } from "./object/mapping";
import { trace, TRACE_TRAP } from "./trace";

const PAGE_MASK: u64 = 4095;
const MEMORY_SHIFT: u64 = 16;

/** What became of a page fault. */
const BROUGHT: u32 = 0;
const FORBIDDEN: u32 = 1;
const NO_FRAME: u32 = 2;

/** Between the end of the linear memory and the windows, where nothing is ever promised. */
@inline
function is_gap(domain: Domain, offset: u64): bool {
  if (offset < layout.SLOT_MEMORY) return false;
  const index = offset - layout.SLOT_MEMORY;
  return index >= (<u64>domain.memory_pages) << MEMORY_SHIFT && index < layout.WINDOW_INDEX;
}

/** Brings the page at `address` if the slot's layout promises one there. */
function demand(domain: Domain, address: u64): u32 {
  const offset = address - domain.slot_base;
  if (offset >= layout.SLOT_END || is_gap(domain, offset)) return FORBIDDEN;
  if (page_lookup(domain.root_physical, address & ~PAGE_MASK) != 0)
    return offset >= layout.SLOT_MEMORY && brought_elsewhere(domain, offset - layout.SLOT_MEMORY) ? BROUGHT : FORBIDDEN;
  if (offset >= layout.SLOT_MEMORY) {
    const index = offset - layout.SLOT_MEMORY;
    if (index < (<u64>domain.memory_pages) << MEMORY_SHIFT) return page_give(domain, address) ? BROUGHT : NO_FRAME;
    if (index >= SHARE_INDEX && !is_none(domain.shares)) return demand_shared(domain.shares, index - SHARE_INDEX);
    return revoked_page(domain, address) ? BROUGHT : FORBIDDEN;
  }
  const in_stack = offset < layout.SLOT_STACK_TOP && offset >= layout.SLOT_STACK_TOP - domain.stack_bytes;
  const in_tables = offset >= layout.SLOT_TABLES && offset < layout.SLOT_TABLES + domain.table_bytes;
  if (!in_stack && !in_tables) return FORBIDDEN;
  return page_give(domain, address) ? BROUGHT : NO_FRAME;
}

/** A program and its companion touch the same page at the same time, on two CPUs: the first brings it for both. */
function brought_elsewhere(domain: Domain, index: u64): bool {
  if (cpu_count() == 1) return false;
  if (index < (<u64>domain.memory_pages) << MEMORY_SHIFT) return !is_none(domain.shared_by);
  return index >= SHARE_INDEX && !is_none(domain.shares);
}

/** A companion touched memory that its program owns: the program pays. */
function demand_shared(owner: Domain, index: u64): u32 {
  if (index >= (<u64>owner.memory_pages) << MEMORY_SHIFT) return FORBIDDEN;
  const frame = frame_promised(owner);
  if (frame == 0) return NO_FRAME;
  const flags = PAGE_READ | PAGE_WRITE | (owner.is_user ? PAGE_USER : 0);
  return page_map(owner.root_physical, (owner.memory_base + index) & ~PAGE_MASK, frame, flags) ? BROUGHT : NO_FRAME;
}

/** The processor refused something in the current domain; its registers are saved. */
export function trap(pc: u64, sp: u64, frame: u64): void {
  const block = cpu();
  const domain = block.domain;
  let kind = trap_kind(block.trap_cause, block.trap_code);
  const address = block.trap_address;
  if (kind == status.TRAP_PAGE_READ || kind == status.TRAP_PAGE_WRITE) {
    const outcome = demand(domain, address);
    if (outcome == BROUGHT) return;
    kind =
      outcome == NO_FRAME
        ? status.TRAP_MEMORY
        : in_guard(domain, address)
          ? status.TRAP_STACK
          : status.TRAP_OUT_OF_BOUNDS;
  } else if (kind == status.TRAP_PAGE_EXECUTE) {
    kind = status.TRAP_EXECUTE;
  }
  domain_trap(domain, kind, pc, frame, address);
}

/** Below the stack's limit, where nothing is mapped. */
function in_guard(domain: Domain, address: u64): bool {
  const offset = address - domain.slot_base;
  return offset < layout.SLOT_STACK_TOP - domain.stack_bytes && offset >= layout.SLOT_TABLES * 2;
}

/** Records why and where, and ends the domain. */
export function domain_trap(domain: Domain, kind: u32, pc: u64, frame: u64, address: u64): void {
  trace(TRACE_TRAP, kind, address);
  domain.trap_kind = kind;
  domain.trap_pc = pc;
  domain.trap_address = address;
  domain.frame_count = backtrace(domain, pc, frame);
  domain_end(domain, status.STATE_TRAPPED);
}

/** Follows frame pointers through the domain's own stack; a broken chain just ends early. */
function backtrace(domain: Domain, pc: u64, frame_pointer: u64): u32 {
  let count: u32 = 0;
  domain.set_frame(count++, pc);
  let frame = frame_pointer;
  const top = domain.stack_top,
    bottom = top - domain.stack_bytes;
  while (count < status.STATUS_FRAME_MAX) {
    const return_slot = frame_return_slot(frame),
      link_slot = frame_link_slot(frame);
    if (min(return_slot, link_slot) < bottom || max(return_slot, link_slot) > top - 8 || (frame & 7) != 0) break;
    const return_at = translate(domain.root_physical, return_slot);
    const next_at = translate(domain.root_physical, link_slot);
    if (return_at == 0 || next_at == 0) break;
    const address = load64(return_at);
    if (address == 0) break;
    domain.set_frame(count++, address);
    const next = load64(next_at);
    if (next <= frame) break;
    frame = next;
  }
  return count;
}
