// What a device reaches of memory: a context of the IOMMU, which is one page table in the same form as the processor's.
// Called by gates and by whoever ends a region, a capability or a Dma. docs/decisions/024-what-a-device-reaches.md says why.
// Invariant: a page is in the table while its mapping stands, and a mapping stands no longer than the capability to the region by
// which it was made; when either ends the IOMMU has forgotten the page before the call returns, so its frame can go elsewhere.
// What tables and mappings cost was paid for when the context was made: whoever may map cannot spend more of its maker's memory.

import { E_ADDRESS, E_ARGUMENT, E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import { PAGE_SIZE } from "../abi/formats";
import { REGION_READ, REGION_WRITE, TYPE_DMA } from "../abi/rights";
import { iommu_attach, iommu_contexts, iommu_detach, iommu_forget, iommu_leaf, iommu_reaches } from "../../hal/iommu";
import { entry_present } from "../../hal/paging";
import { Capability } from "../cap/table";
import { load64, store64 } from "../machine";
import { charge, uncharge } from "../mm/budget";
import { frame_allocate } from "../mm/frames";
import { leaves_left, LEVEL_GIGABYTE, range_clear, root_free, tables_missing, walk_make } from "../mm/pagetable";
import { is_none, none } from "../none";
import { Domain } from "./domain";
import { mapping_join, mapping_part } from "./mapping";
import { Dma, Mapping, object_create, object_error, object_free, object_pay, Region } from "./object";
import { region_frame } from "./region";
import { object_end, object_release } from "./release";

/** An object's type, where no capability comes: a mapping whose `domain` is a Dma. */
export const TYPE_DMA_MAPPING: u32 = 30;
const PAGES_MAX: u64 = 512;
/** The root, and the table below it that some IOMMUs begin with. */
const FRAMES_MIN: u32 = 2;
/** Mappings that one frame pays for. */
const MAPPINGS_MASK: u32 = 63;

/** The contexts by their numbers; 0 is nobody's. */
const CONTEXTS_MAX: u32 = 256;
const contexts: usize = memory.data(256 * 4, 4);

/** Why dma_create failed. */
export let dma_error: i64 = 0;

/** A context for the device that calls itself `source`, which reaches nothing yet; one that it has had ends. */
export function dma_create(payer: Domain, source: u32, frames: u32): Dma {
  let number: u32 = 0;
  for (let i = min(iommu_contexts(), CONTEXTS_MAX) - 1; i > 0; i--) {
    const other = load<Dma>(contexts + (i << 2));
    if (!is_none(other) && other.source == source) object_end(other);
    if (is_none(load<Dma>(contexts + (i << 2)))) number = i;
  }
  dma_error = number == 0 ? E_NO_MEMORY : E_ARGUMENT;
  if (number == 0 || frames < FRAMES_MIN) return none<Dma>();
  const dma = changetype<Dma>(object_pay(TYPE_DMA, payer));
  dma_error = object_error;
  if (is_none(dma)) return dma;
  dma.source = source;
  dma_error = E_BUDGET;
  if (charge(payer, frames)) {
    dma.frames = frames;
    dma.taken = FRAMES_MIN;
    dma.root = frame_allocate();
    dma_error = E_NO_MEMORY;
    if (dma.root != 0 && iommu_attach(source, number, dma.root, walk_make(dma.root, 0, LEVEL_GIGABYTE))) {
      dma.number = number;
      store<Dma>(contexts + (number << 2), dma);
      return dma;
    }
  }
  object_end(dma);
  return none<Dma>();
}

/** The device reaches nothing by it any more, and what it cost goes back. */
export function dma_free(dma: Dma): void {
  if (dma.number != 0) {
    iommu_detach(dma.source, dma.number);
    store<Dma>(contexts + (dma.number << 2), none<Dma>());
    dma.number = 0; // no unit knows anything of it any more
  }
  while (!is_none(dma.mappings)) dma_mapping_end(dma.mappings);
  if (dma.root != 0) root_free(dma.root, 0);
  if (!is_none(dma.payer)) uncharge(dma.payer, dma.frames);
}

/** Takes frames out of what the context may cost; false: it is spent. */
function take(dma: Dma, frames: u32): bool {
  if (<u64>dma.taken + frames > <u64>dma.frames) return false;
  dma.taken += frames;
  return true;
}

/** Lets the device reach pages of the region at an address of its own. `rights`: REGION_READ, and REGION_WRITE if it may write. */
export function dma_map(dma: Dma, capability: Capability, address: u64, first: u64, pages: u64, rights: u64): i64 {
  const region = changetype<Region>(capability.object);
  if (pages == 0 || pages > PAGES_MAX || (rights & REGION_READ) == 0) return E_ARGUMENT;
  if (first > region.pages || pages > region.pages - first) return E_ARGUMENT;
  if ((address & (PAGE_SIZE - 1)) != 0 || !iommu_reaches(address, pages * PAGE_SIZE)) return E_ADDRESS;
  if ((dma.mapping_count & MAPPINGS_MASK) == 0 && !take(dma, 1)) return E_BUDGET;
  const mapping = changetype<Mapping>(object_create(TYPE_DMA_MAPPING, none<Domain>()));
  if (is_none(mapping)) {
    if ((dma.mapping_count & MAPPINGS_MASK) == 0) dma.taken--;
    return E_NO_MEMORY;
  }
  dma.mapping_count++;
  mapping.domain = changetype<Domain>(dma);
  mapping.address = address;
  mapping.next_of_domain = dma.mappings;
  if (!is_none(dma.mappings)) dma.mappings.previous_of_domain = mapping;
  dma.mappings = mapping;
  mapping_join(mapping, region, capability);
  const error = leaves(dma, mapping, <u32>first, <u32>pages, (rights & REGION_WRITE) != 0);
  if (error < 0) dma_mapping_end(mapping);
  else iommu_forget(dma.number); // one that remembers what is absent too
  return error;
}

function leaves(dma: Dma, mapping: Mapping, first: u32, pages: u32, writable: bool): i64 {
  while (mapping.pages < pages) {
    const address = mapping.address + <u64>mapping.pages * PAGE_SIZE,
      page = first + mapping.pages,
      count = min(pages - mapping.pages, leaves_left(address));
    if (!take(dma, tables_missing(dma.root, address, 0))) return E_BUDGET;
    let at = walk_make(dma.root, address, 0);
    if (at == 0) {
      dma.taken -= tables_missing(dma.root, address, 0);
      return E_NO_MEMORY;
    }
    for (let i: u32 = 0; i < count; i++, mapping.pages++) {
      if (entry_present(load64(at))) return E_ADDRESS;
      store64(at, iommu_leaf(region_frame(mapping.region, page + i), writable));
      at += 8;
    }
  }
  return 0;
}

/** Takes the pages away from the device and forgets the mapping. */
export function dma_mapping_end(mapping: Mapping): void {
  const dma = changetype<Dma>(mapping.domain),
    region = mapping.region,
    next = mapping.next_of_domain,
    previous = mapping.previous_of_domain;
  range_clear(dma.root, mapping.address, mapping.pages);
  if (dma.number != 0) iommu_forget(dma.number);
  if (is_none(previous)) dma.mappings = next;
  else previous.next_of_domain = next;
  if (!is_none(next)) next.previous_of_domain = previous;
  if ((--dma.mapping_count & MAPPINGS_MASK) == 0) dma.taken--;
  mapping_part(mapping);
  object_free(mapping);
  object_release(region);
}

/** Ends whole mappings inside [address, address + pages). */
export function dma_unmap(dma: Dma, address: u64, pages: u64): i64 {
  if (!iommu_reaches(address, 0) || pages > 1 << 28) return E_ADDRESS;
  const end = address + pages * PAGE_SIZE;
  let found = false;
  for (let at = dma.mappings; !is_none(at); ) {
    const next = at.next_of_domain;
    if (at.address >= address && at.address + <u64>at.pages * PAGE_SIZE <= end) {
      dma_mapping_end(at);
      found = true;
    }
    at = next;
  }
  return found ? 0 : E_ADDRESS;
}
