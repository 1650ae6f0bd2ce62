// Regions: frames that capabilities map into windows (mapping.ts). A mapping holds its region; the frames return when the last
// capability and the last mapping are gone.
// All of a region is paid for when it is made; its pages are taken and zeroed in steps (region_fill), so that no gate takes long.
//
// A region that is not contiguous lists its frames' numbers (u32) in index frames, 1024 in each. One such frame, or a frame that
// lists the index frames' numbers, lies at `base`.

import { E_ARGUMENT, E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import { TYPE_REGION } from "../abi/rights";
import { load32, store32, zero } from "../machine";
import { charge, uncharge, uncharge_small } from "../mm/budget";
import { frame_allocate, frame_release, frames_give_run, frames_take_run } from "../mm/frames";
import { is_none, none } from "../none";
import { Domain } from "./domain";
import { mapping_leave } from "./mapping";
import {
  object_create,
  object_error,
  object_pay,
  object_free,
  Region,
  REGION_BORROWED,
  REGION_CONTIGUOUS,
} from "./object";

const PAGE_SHIFT: u64 = 12;
/** Frames that an index frame lists. */
const LISTED_SHIFT: u32 = 10;
const LISTED: u32 = 1 << LISTED_SHIFT;
/** A window's worth. */
const PAGES_MAX: u64 = 0x8_0000;
/** Pages that one gate takes and zeroes at most. */
const FILL_PAGES: u32 = 64;


@inline
function is_deep(region: Region): bool {
  return region.capacity > LISTED;
}

/** Physical address at which the index keeps the number of page `i`'s frame; the next ones follow, up to a multiple of 1024. */
@inline
export function region_list(region: Region, i: u32): u64 {
  const table = is_deep(region) ? (<u64>load32(region.base + ((i >> LISTED_SHIFT) << 2))) << PAGE_SHIFT : region.base;
  return table + ((i & (LISTED - 1)) << 2);
}

/** Physical address of page `i` of the region. */
export function region_frame(region: Region, i: u32): u64 {
  return region.flags & REGION_CONTIGUOUS
    ? region.base + ((<u64>i) << PAGE_SHIFT)
    : (<u64>load32(region_list(region, i))) << PAGE_SHIFT;
}

/** A region over frames that somebody else keeps (archive, log, device memory). */
export function region_borrow(base: u64, pages: u32, flags: u32): Region {
  const region = changetype<Region>(object_create(TYPE_REGION, none<Domain>()));
  if (is_none(region)) return region;
  region.base = base;
  region.pages = pages;
  region.capacity = pages;
  region.flags = flags | REGION_BORROWED | REGION_CONTIGUOUS;
  return region;
}

/** Why region_create or region_fill failed. */
export let region_error: i64 = 0;

/** A region of `pages` frames on the domain's account, of which the first FILL_PAGES are there already. */
export function region_create(domain: Domain, pages: u64, contiguous: bool): Region {
  region_error = E_ARGUMENT;
  if (pages == 0 || pages > PAGES_MAX) return none<Region>();
  const region = changetype<Region>(object_pay(TYPE_REGION, domain));
  region_error = object_error;
  if (is_none(region)) return region;
  region.capacity = <u32>pages;
  region.flags = contiguous ? REGION_CONTIGUOUS : 0;
  region_error = E_BUDGET;
  if (charge(domain, region_frames(region))) {
    region.base = contiguous ? frames_take_run(region.capacity) : frame_allocate();
    region_error = E_NO_MEMORY;
    if (region.base != 0 && region_fill(region) >= 0) return region;
    region_free(region);
  }
  uncharge_small(domain);
  object_free(region);
  return none<Region>();
}

/** Takes and zeroes some more pages; answers how many are still to come, or E_NO_MEMORY. */
export function region_fill(region: Region): i64 {
  const end = min(region.capacity, region.pages + FILL_PAGES);
  if (region.flags & REGION_CONTIGUOUS) {
    zero(region_frame(region, region.pages), (<u64>(end - region.pages)) << PAGE_SHIFT);
    region.pages = end;
  }
  for (; region.pages < end; region.pages++) {
    if (is_deep(region) && (region.pages & (LISTED - 1)) == 0 && !index_extend(region)) return E_NO_MEMORY;
    const frame = frame_allocate();
    if (frame == 0) return E_NO_MEMORY;
    store32(region_list(region, region.pages), <u32>(frame >> PAGE_SHIFT));
  }
  return <i64>(region.capacity - region.pages);
}

/** An index frame for the next 1024 pages, unless an earlier attempt left it there. */
function index_extend(region: Region): bool {
  const at = region.base + ((region.pages >> LISTED_SHIFT) << 2);
  if (load32(at) != 0) return true;
  const frame = frame_allocate();
  store32(at, <u32>(frame >> PAGE_SHIFT));
  return frame != 0;
}

/** Frames that the region's payer is charged for. */
export function region_frames(region: Region): u32 {
  if (region.flags & REGION_BORROWED) return 0;
  if (region.flags & REGION_CONTIGUOUS) return region.capacity;
  const index = (region.capacity + LISTED - 1) >> LISTED_SHIFT;
  return region.capacity + index + (is_deep(region) ? 1 : 0);
}

/** Gives back what the region holds; who still has it in a window finds zero pages there. */
export function region_free(region: Region): void {
  region.references++; // so that the last mapping does not free it once more
  while (!is_none(region.mappings)) mapping_leave(region.mappings);
  if (region.flags & REGION_BORROWED) return;
  if (region.base != 0) frames_free(region);
  uncharge(region.payer, region_frames(region));
}

function frames_free(region: Region): void {
  if (region.flags & REGION_CONTIGUOUS) {
    frames_give_run(region.base, region.capacity);
    return;
  }
  for (let i: u32 = 0; i < region.pages; i++) frame_release(region_frame(region, i));
  if (is_deep(region)) {
    for (let at = region.base; at < region.base + (LISTED << 2) && load32(at) != 0; at += 4) {
      frame_release((<u64>load32(at)) << PAGE_SHIFT);
    }
  }
  frame_release(region.base);
}
