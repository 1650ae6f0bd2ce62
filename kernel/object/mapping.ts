// A region's pages in a domain's window: made by region_map, ended by region_unmap, or by the end of the capability that made
// it. Whoever loses a mapping that way keeps private zero pages in its place and is not crashed.
// A part of a contiguous region that lies on large pages on both sides is mapped by large leaves.

import { E_ADDRESS, E_ARGUMENT, E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import { PAGE_SIZE } from "../abi/formats";
import { WINDOW_INDEX } from "../abi/layout";
import { REGION_READ, REGION_WRITE } from "../abi/rights";
import { entry_leaf, entry_present, PAGE_DEVICE, PAGE_READ, PAGE_USER, PAGE_WRITE } from "../../hal/paging";
import { Capability, CAPABILITY_MAPPED, capability_index } from "../cap/table";
import { copy, load64, store64 } from "../machine";
import { charge, frame_for, frame_promised, frame_return, uncharge, uncharge_small } from "../mm/budget";
import * as tables from "../mm/pagetable";
import { flush_range } from "../mm/tlb";
import { is_none, none } from "../none";
import { SHARE_INDEX } from "./destroy";
import { dma_mapping_end, TYPE_DMA_MAPPING } from "./dma";
import { Domain } from "./domain";
import { Mapping, object_error, object_pay, object_free, Region, REGION_CONTIGUOUS, REGION_DEVICE } from "./object";
import { region_frame, region_list } from "./region";
import { object_hold, object_release } from "./release";

const TYPE_MAPPING: u32 = 31;
const PAGE_SHIFT: u64 = 12;
/** Leaves that one gate writes at most: the time with interrupts deferred stays bounded. */
const LEAVES_MAX: u64 = 512;
/** Pages that one gate copies at most. */
const COPY_MAX: u64 = 64;
const LARGE_SHIFT: u64 = 9;
const LARGE_MASK: u64 = (1 << LARGE_SHIFT) - 1;
const WINDOW_BYTES: u64 = 0x8000_0000;

/**
 * Windows that must not be mapped over although no page may be there now: one that was revoked, whose private pages would
 * be taken for the new region's, and the gigabyte in which another domain's memory appears, whose tables are not ours.
 */
function is_taken(domain: Domain, index: u64, pages: u64): bool {
  const address = domain.memory_base + index,
    end = address + (pages << PAGE_SHIFT);
  if (!is_none(domain.shares) && index + (pages << PAGE_SHIFT) > SHARE_INDEX) return true;
  if (domain.revoked_windows == 0) return false;
  for (let at = domain.mappings; !is_none(at); at = at.next_of_domain) {
    if (is_none(at.region) && address < at.address + ((<u64>at.pages) << PAGE_SHIFT) && at.address < end) return true;
  }
  return false;
}

/** Maps pages of the capability's region at a linear index of the domain's window. `rights`: REGION_READ, REGION_WRITE. */
export function region_map(
  domain: Domain,
  capability: Capability,
  index: u64,
  offset_pages: u64,
  pages: u64,
  rights: u64,
): i64 {
  const region = changetype<Region>(capability.object),
    is_large =
      (pages & LARGE_MASK) == 0 &&
      (region.flags & REGION_CONTIGUOUS) != 0 &&
      (((index | region.base) >> PAGE_SHIFT) & LARGE_MASK) == 0 &&
      (offset_pages & LARGE_MASK) == 0;
  if (pages == 0 || pages > (is_large ? LEAVES_MAX << LARGE_SHIFT : LEAVES_MAX)) return E_ARGUMENT;
  if ((rights & REGION_READ) == 0) return E_ARGUMENT;
  if (offset_pages > region.pages || pages > region.pages - offset_pages) return E_ARGUMENT;
  if (index < WINDOW_INDEX || (index & (PAGE_SIZE - 1)) != 0) return E_ADDRESS;
  if (index - WINDOW_INDEX > WINDOW_BYTES - (pages << PAGE_SHIFT)) return E_ADDRESS;
  if (is_taken(domain, index, pages)) return E_ADDRESS;
  let flags = PAGE_READ;
  if (rights & REGION_WRITE) flags |= PAGE_WRITE;
  if (domain.is_user) flags |= PAGE_USER;
  if (region.flags & REGION_DEVICE) flags |= PAGE_DEVICE;
  const address = domain.memory_base + index,
    // most maps are of one page whose table is there and whose place is empty
    at = pages == 1 ? tables.walk(domain.root_physical, address, 0) : 0,
    leaf = at != 0 && !entry_present(load64(at)) ? entry_leaf(region_frame(region, <u32>offset_pages), flags, 0) : 0;
  const mapping = mapping_make(domain, address);
  if (is_none(mapping)) return object_error;
  mapping_join(mapping, region, capability);
  if (leaf != 0) {
    store64(at, leaf);
    mapping.pages = 1;
    return 0;
  }
  const error = is_large
    ? large_leaves(mapping, <u32>offset_pages, <u32>pages, flags)
    : leaves(mapping, <u32>offset_pages, <u32>pages, flags);
  if (error < 0) mapping_end(mapping);
  return error;
}

/** The mapping is one of the region's, until the capability by which it was made ends. */
@inline
export function mapping_join(mapping: Mapping, region: Region, capability: Capability): void {
  mapping.region = region;
  mapping.capability = capability_index(capability);
  capability.state |= CAPABILITY_MAPPED;
  object_hold(region);
  mapping.next_of_region = region.mappings;
  if (!is_none(region.mappings)) region.mappings.previous_of_region = mapping;
  region.mappings = mapping;
}

/** It is no more. The reference that it held on the region is the caller's to give up. */
@inline
export function mapping_part(mapping: Mapping): void {
  const region = mapping.region,
    next = mapping.next_of_region,
    previous = mapping.previous_of_region;
  if (is_none(previous)) region.mappings = next;
  else previous.next_of_region = next;
  if (!is_none(next)) next.previous_of_region = previous;
  mapping.next_of_region = mapping.previous_of_region = none<Mapping>(); // it may outlive them, as a revoked window
  mapping.region = none<Region>();
}

/**
 * Puts a copy of pages of the region there, read-only, on the domain's account: how an enclave, which shares nothing, gets what
 * its maker hands it. Ended by region_unmap.
 */
export function region_copy(
  domain: Domain,
  region: Region,
  index: u64,
  offset_pages: u64,
  pages: u64,
  rights: u64,
): i64 {
  if (pages == 0 || pages > COPY_MAX || rights != REGION_READ) return E_ARGUMENT;
  if (offset_pages > region.pages || pages > region.pages - offset_pages) return E_ARGUMENT;
  if (index < WINDOW_INDEX || (index & (PAGE_SIZE - 1)) != 0) return E_ADDRESS;
  if (index - WINDOW_INDEX > WINDOW_BYTES - (pages << PAGE_SHIFT)) return E_ADDRESS;
  const mapping = mapping_make(domain, domain.memory_base + index);
  if (is_none(mapping)) return object_error;
  domain.revoked_windows++; // its pages are private from the start
  for (let page: u32 = 0; page < <u32>pages; page++) {
    const at = entry_for(domain, mapping.address + ((<u64>page) << PAGE_SHIFT), 0);
    let error = at == 0 ? entry_error : entry_present(load64(at)) ? E_ADDRESS : 0;
    const frame = error == 0 ? frame_for(domain) : 0;
    if (error == 0 && frame == 0) error = E_BUDGET;
    if (error < 0) {
      mapping_end(mapping);
      return error;
    }
    copy(frame, region_frame(region, <u32>offset_pages + page), PAGE_SIZE);
    store64(at, entry_leaf(frame, PAGE_READ | PAGE_USER, 0));
    mapping.pages = page + 1;
  }
  return 0;
}

/** A mapping of nothing yet, on the domain's account and in its list; none: object_error says why. */
@inline
function mapping_make(domain: Domain, address: u64): Mapping {
  const mapping = changetype<Mapping>(object_pay(TYPE_MAPPING, domain));
  if (is_none(mapping)) return mapping;
  mapping.domain = domain;
  mapping.address = address;
  mapping.next_of_domain = domain.mappings;
  if (!is_none(domain.mappings)) domain.mappings.previous_of_domain = mapping;
  domain.mappings = mapping;
  return mapping;
}
/** The entry for an address; the domain pays for tables on the way. 0: E_BUDGET or E_NO_MEMORY, or E_ADDRESS where a larger leaf lies. */
function entry_for(domain: Domain, address: u64, level: u32): u64 {
  const missing = tables.tables_missing(domain.root_physical, address, level);
  entry_error = E_BUDGET;
  if (!charge(domain, missing)) return 0;
  entry_error = missing == 0 ? E_ADDRESS : E_NO_MEMORY;
  const at = tables.walk_make(domain.root_physical, address, level);
  if (at == 0) uncharge(domain, missing);
  return at;
}
let entry_error: i64 = 0;

function leaves(mapping: Mapping, first: u32, pages: u32, flags: u32): i64 {
  const domain = mapping.domain,
    region = mapping.region,
    is_contiguous = (region.flags & REGION_CONTIGUOUS) != 0;
  while (mapping.pages < pages) {
    const address = mapping.address + ((<u64>mapping.pages) << PAGE_SHIFT),
      page = first + mapping.pages;
    let at = tables.walk(domain.root_physical, address, 0);
    if (at == 0) at = entry_for(domain, address, 0);
    if (at == 0) return entry_error;
    let count = min(tables.leaves_left(address), pages - mapping.pages);
    // A part of the index ends at a multiple of 1024 pages.
    if (!is_contiguous) count = min(count, 1024 - (page & 1023));
    const written = is_contiguous
      ? tables.leaves_map(at, count, region_frame(region, page), flags)
      : tables.leaves_map_listed(at, count, region_list(region, page), flags);
    mapping.pages += written;
    if (written != count) return E_ADDRESS;
  }
  return 0;
}

function large_leaves(mapping: Mapping, first: u32, pages: u32, flags: u32): i64 {
  const domain = mapping.domain;
  for (let page: u32 = 0; page < pages; ) {
    const address = mapping.address + ((<u64>page) << PAGE_SHIFT);
    const at = entry_for(domain, address, 1);
    if (at == 0) return entry_error;
    if (tables.large_entry_clear(at)) {
      uncharge(domain, 1);
      flush_range(domain.root_physical, address, 1);
    }
    if (entry_present(load64(at))) return E_ADDRESS;
    store64(at, entry_leaf(region_frame(mapping.region, first + page), flags, 1));
    mapping.pages = page += 1 << (<u32>LARGE_SHIFT);
  }
  return 0;
}

/** Takes the pages away and forgets the mapping. */
export function mapping_end(mapping: Mapping): void {
  const domain = mapping.domain;
  if (is_none(mapping.region)) private_pages_free(mapping);
  else mapping_leave(mapping);
  const next = mapping.next_of_domain,
    previous = mapping.previous_of_domain;
  if (is_none(previous)) domain.mappings = next;
  else previous.next_of_domain = next;
  if (!is_none(next)) next.previous_of_domain = previous;
  domain.revoked_windows--;
  uncharge_small(domain);
  object_free(mapping);
}

/** Unmaps the pages and gives the region up; what is left stands for a revoked window. Nothing is left of a device's mapping. */
export function mapping_leave(mapping: Mapping): void {
  if (mapping.type == TYPE_DMA_MAPPING) {
    dma_mapping_end(mapping);
    return;
  }
  const domain = mapping.domain,
    region = mapping.region;
  tables.range_clear(domain.root_physical, mapping.address, mapping.pages);
  flush_range(domain.root_physical, mapping.address, mapping.pages);
  mapping_part(mapping);
  domain.revoked_windows++;
  object_release(region);
}

function private_pages_free(mapping: Mapping): void {
  const domain = mapping.domain;
  for (let i: u32 = 0; i < mapping.pages; i++) {
    const frame = tables.page_unmap(domain.root_physical, mapping.address + ((<u64>i) << PAGE_SHIFT));
    if (frame != 0 && frame != domain.spare_page) frame_return(domain, frame);
  }
}

/** Ends whole mappings inside [index, index + pages) of the domain's window. */
export function region_unmap(domain: Domain, index: u64, pages: u64): i64 {
  if (index < WINDOW_INDEX || pages > WINDOW_BYTES >> PAGE_SHIFT) return E_ADDRESS;
  const start = domain.memory_base + index,
    end = start + (pages << PAGE_SHIFT);
  let at = domain.mappings,
    found = false;
  while (!is_none(at)) {
    const next = at.next_of_domain;
    if (at.address >= start && at.address + ((<u64>at.pages) << PAGE_SHIFT) <= end) {
      mapping_end(at);
      found = true;
    }
    at = next;
  }
  return found ? 0 : E_ADDRESS;
}

/** The capability by which mappings were made is gone: their pages leave at once. */
export function mappings_of_capability_end(region: Region, capability: Capability): void {
  const index = capability_index(capability);
  let at = region.mappings;
  while (!is_none(at)) {
    const next = at.next_of_region;
    if (at.capability == index) mapping_leave(at);
    at = next;
  }
}

/** Windows that one gate empties. */
const LEAVE_MAX: u32 = 8;

/** Every other capability to the region is stale: their pages leave. False: some are left for the next call. */
export function mappings_of_others_end(region: Region, capability: Capability): bool {
  const index = capability_index(capability);
  let at = region.mappings;
  for (let left: u32 = 0; !is_none(at); ) {
    const next = at.next_of_region;
    if (at.capability != index) {
      if (left == LEAVE_MAX) return false;
      mapping_leave(at);
      left++;
    }
    at = next;
  }
  return true;
}

/** A touch of a revoked window: puts a private zero page there. False: that is not what happened. */
export function revoked_page(domain: Domain, address: u64): bool {
  let at = domain.mappings;
  while (!is_none(at)) {
    if (is_none(at.region) && address >= at.address && address - at.address < (<u64>at.pages) << PAGE_SHIFT) {
      const frame = private_page(domain);
      const flags = PAGE_READ | PAGE_WRITE | (domain.is_user ? PAGE_USER : 0);
      return frame != 0 && tables.page_map(domain.root_physical, address & ~(<u64>PAGE_SIZE - 1), frame, flags);
    }
    at = at.next_of_domain;
  }
  return false;
}

/** A frame for a revoked window. A domain that has spent its budget sees one page, promised at its creation, in all such places. */
function private_page(domain: Domain): u64 {
  const frame = domain.spare_page == 0 ? frame_for(domain) : 0;
  if (frame != 0) return frame;
  if (domain.spare_page == 0) domain.spare_page = frame_promised(domain);
  return domain.spare_page;
}
