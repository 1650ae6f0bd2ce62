// Regions: frames that several domains map. Mapping one into the window (linear indices from 2 GiB up) makes it
// ordinary memory at that index. An index never lies below 0x8000_0000.
import * as phi from "./phi";
import { REGION_MAP, REGION_READ, REGION_WRITE } from "../../kernel/abi/rights";
import { PAGE_SIZE } from "../../kernel/abi/formats";
export { REGION_MAP, REGION_READ, REGION_WRITE, PAGE_SIZE };

/** Whole pages that hold `bytes`. */
// @ts-ignore: decorator
@inline
export function pages_for(bytes: u64): u64 {
  return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

/** A new region of zeroed pages (READ WRITE MAP SHARE), paid by `self`. */
export function create(self: u64, pages: u64): i64 {
  return phi.region_create(self, pages, 0);
}

/** A new region whose pages lie one after the other in physical memory. */
export function create_contiguous(self: u64, pages: u64): i64 {
  return phi.region_create(self, pages, 1);
}

/** Maps `pages` of a region, from page `offset_pages` on, at `index` of this domain's window. */
export function map(region: u64, index: u64, offset_pages: u64, pages: u64, rights: u64): i64 {
  return phi.region_map(region, index, offset_pages, pages, rights);
}

/** Removes whatever lies at `index`. */
export function unmap(self: u64, index: u64, pages: u64): i64 {
  return phi.region_unmap(self, index, pages);
}
