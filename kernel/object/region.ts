// Regions: frames that capabilities map into windows. A mapping holds its region; the frames return
// when the last capability and the last mapping are gone. Whoever loses a mapping by revocation keeps
// private zero pages in its place and is not crashed.

import { E_ADDRESS, E_ARGUMENT, E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import { PAGE_SIZE } from "../abi/formats";
import { WINDOW_INDEX } from "../abi/layout";
import { REGION_READ, REGION_WRITE, TYPE_REGION } from "../abi/rights";
import { PAGE_DEVICE, PAGE_READ, PAGE_USER, PAGE_WRITE } from "../../hal/paging";
import { Capability, CAPABILITY_MAPPED, capability_index } from "../cap/table";
import { load64, store64 } from "../machine";
import { charge, charge_small, frame_for, frame_return, uncharge, uncharge_small } from "../mm/budget";
import { frames_allocate_contiguous } from "../mm/frames";
import { page_lookup, page_map, page_unmap } from "../mm/pagetable";
import { is_none, none, same } from "../none";
import { Domain } from "./domain";
import {
  Mapping,
  Object,
  object_create,
  object_free,
  Region,
  REGION_BORROWED,
  REGION_CONTIGUOUS,
  REGION_DEVICE,
} from "./object";
import { object_hold, object_release } from "./release";

const TYPE_MAPPING: u32 = 31;
const PAGE_SHIFT: u64 = 12;
/** An index frame lists this many frames; larger regions must be contiguous. */
const INDEXED_MAX: u64 = 512;
/** Pages that one gate maps at most: the time with interrupts deferred stays bounded. */
export const MAP_PAGES_MAX: u64 = 512;
const WINDOW_BYTES: u64 = 0x8000_0000;

/** Physical address of page `i` of the region. */
@inline
export function region_frame(region: Region, i: u32): u64 {
  return region.flags & REGION_CONTIGUOUS
    ? region.base + ((<u64>i) << PAGE_SHIFT)
    : load64(region.base + ((<u64>i) << 3));
}

/** A region over frames that somebody else keeps (archive, log, device memory). */
export function region_borrow(base: u64, pages: u32, flags: u32): Region {
  const region = changetype<Region>(object_create(TYPE_REGION, none<Domain>()));
  if (is_none(region)) return region;
  region.base = base;
  region.pages = pages;
  region.flags = flags | REGION_BORROWED | REGION_CONTIGUOUS;
  return region;
}

/** Why region_create failed. */
export let region_error: i64 = 0;

/** `pages` zeroed frames on the domain's account. */
export function region_create(domain: Domain, pages: u64, contiguous: bool): Region {
  region_error = E_ARGUMENT;
  if (pages == 0 || pages > 0x8_0000 || (!contiguous && pages > INDEXED_MAX)) return none<Region>();
  region_error = E_BUDGET;
  if (!charge_small(domain)) return none<Region>();
  const region = changetype<Region>(object_create(TYPE_REGION, domain));
  region_error = E_NO_MEMORY;
  if (is_none(region)) {
    uncharge_small(domain);
    return region;
  }
  region.flags = contiguous ? REGION_CONTIGUOUS : 0;
  if (fill(domain, region, <u32>pages)) return region;
  uncharge_small(domain);
  object_free(region);
  return none<Region>();
}

function fill(domain: Domain, region: Region, pages: u32): bool {
  if (region.flags & REGION_CONTIGUOUS) {
    region_error = E_BUDGET;
    if (!charge(domain, pages)) return false;
    region_error = E_NO_MEMORY;
    region.base = frames_allocate_contiguous(pages);
    if (region.base == 0) {
      uncharge(domain, pages);
      return false;
    }
    region.pages = pages;
    return true;
  }
  region_error = E_BUDGET;
  region.base = frame_for(domain);
  if (region.base == 0) return false;
  for (let i: u32 = 0; i < pages; i++) {
    const frame = frame_for(domain);
    if (frame == 0) {
      frames_free(region, domain);
      return false;
    }
    store64(region.base + ((<u64>i) << 3), frame);
    region.pages = i + 1;
  }
  return true;
}

function frames_free(region: Region, payer: Domain): void {
  for (let i: u32 = 0; i < region.pages; i++) frame_return(payer, region_frame(region, i));
  if (!(region.flags & REGION_CONTIGUOUS)) frame_return(payer, region.base);
  region.pages = 0;
}

/** Frames that the region's payer is charged for. */
export function region_frames(region: Region): u32 {
  if (region.flags & REGION_BORROWED) return 0;
  return region.pages + (region.flags & REGION_CONTIGUOUS ? 0 : 1);
}

export function region_free(region: Region): void {
  region.references++; // so that the last mapping does not free it once more
  while (!is_none(region.mappings)) region_leave(region.mappings);
  if (!(region.flags & REGION_BORROWED)) frames_free(region, region.payer);
}

/** Maps pages of the region at a linear index of the domain's window. `rights`: REGION_READ, REGION_WRITE. */
export function region_map(
  domain: Domain,
  region: Region,
  capability: Capability,
  index: u64,
  offset_pages: u64,
  pages: u64,
  rights: u64,
): i64 {
  if (pages == 0 || pages > MAP_PAGES_MAX || (rights & REGION_READ) == 0) return E_ARGUMENT;
  if (offset_pages > region.pages || pages > region.pages - offset_pages) return E_ARGUMENT;
  if (index < WINDOW_INDEX || (index & (PAGE_SIZE - 1)) != 0) return E_ADDRESS;
  if (index - WINDOW_INDEX > WINDOW_BYTES - (pages << PAGE_SHIFT)) return E_ADDRESS;
  const address = domain.memory_base + index;
  for (let i: u64 = 0; i < pages; i++) {
    if (page_lookup(domain.root_physical, address + (i << PAGE_SHIFT)) != 0) return E_ADDRESS;
  }
  if (!charge_small(domain)) return E_BUDGET;
  const mapping = changetype<Mapping>(object_create(TYPE_MAPPING, domain));
  if (is_none(mapping)) {
    uncharge_small(domain);
    return E_NO_MEMORY;
  }
  let flags = PAGE_READ;
  if (rights & REGION_WRITE) flags |= PAGE_WRITE;
  if (domain.is_user) flags |= PAGE_USER;
  if (region.flags & REGION_DEVICE) flags |= PAGE_DEVICE;
  mapping.domain = domain;
  mapping.region = region;
  mapping.address = address;
  mapping.capability = capability_index(capability);
  capability.state |= CAPABILITY_MAPPED;
  object_hold(region);
  mapping.next_of_domain = domain.mappings;
  domain.mappings = mapping;
  mapping.next_of_region = region.mappings;
  region.mappings = mapping;
  for (let i: u32 = 0; i < <u32>pages; i++) {
    const frame = region_frame(region, <u32>offset_pages + i);
    if (!page_map(domain.root_physical, address + ((<u64>i) << PAGE_SHIFT), frame, flags)) {
      mapping_end(mapping);
      return E_NO_MEMORY;
    }
    mapping.pages = i + 1;
  }
  return 0;
}

function pages_unmap(mapping: Mapping): void {
  const domain = mapping.domain;
  for (let i: u32 = 0; i < mapping.pages; i++) {
    page_unmap(domain.root_physical, mapping.address + ((<u64>i) << PAGE_SHIFT));
  }
}

/** Takes the pages away and forgets the mapping. */
export function mapping_end(mapping: Mapping): void {
  const domain = mapping.domain;
  if (is_none(mapping.region)) private_pages_free(mapping);
  else region_leave(mapping);
  if (same(domain.mappings, mapping)) domain.mappings = mapping.next_of_domain;
  else {
    let at = domain.mappings;
    while (!same(at.next_of_domain, mapping)) at = at.next_of_domain;
    at.next_of_domain = mapping.next_of_domain;
  }
  uncharge_small(domain);
  object_free(mapping);
}

/** Unmaps the pages and gives the region up; what is left stands for a revoked window. */
function region_leave(mapping: Mapping): void {
  pages_unmap(mapping);
  const region = mapping.region;
  if (same(region.mappings, mapping)) region.mappings = mapping.next_of_region;
  else {
    let at = region.mappings;
    while (!same(at.next_of_region, mapping)) at = at.next_of_region;
    at.next_of_region = mapping.next_of_region;
  }
  mapping.region = none<Region>();
  object_release(region);
}

function private_pages_free(mapping: Mapping): void {
  for (let i: u32 = 0; i < mapping.pages; i++) {
    const frame = page_unmap(mapping.domain.root_physical, mapping.address + ((<u64>i) << PAGE_SHIFT));
    if (frame != 0) frame_return(mapping.domain, frame);
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
    if (at.capability == index) region_leave(at);
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
      region_leave(at);
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
      const frame = frame_for(domain);
      if (frame == 0) return false;
      const flags = PAGE_READ | PAGE_WRITE | (domain.is_user ? PAGE_USER : 0);
      return page_map(domain.root_physical, address & ~(<u64>PAGE_SIZE - 1), frame, flags);
    }
    at = at.next_of_domain;
  }
  return false;
}
