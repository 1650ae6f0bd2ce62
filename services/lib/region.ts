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

/** Pages that the kernel maps in one go, if they are not large ones. */
const MAP_PAGES_MAX: u64 = 512;

/** A new region of zeroed pages (READ WRITE MAP SHARE), paid by `self`. */
export function create(self: u64, pages: u64): i64 {
  return filled(phi.region_create(self, pages, 0));
}

/** A new region whose pages lie one after the other in physical memory; of 512 pages or more, on large pages. */
export function create_contiguous(self: u64, pages: u64): i64 {
  return filled(phi.region_create(self, pages, 1));
}

/** The kernel takes a few pages at a time. */
function filled(handle: i64): i64 {
  if (handle < 0) return handle;
  let missing = phi.region_fill(<u64>handle);
  while (missing > 0) missing = phi.region_fill(<u64>handle);
  if (missing == 0) return handle;
  phi.cap_delete(<u64>handle);
  return missing;
}

/** Maps `pages` of a region, from page `offset_pages` on, at `index` of this domain's window. An error may leave a part mapped. */
export function map(region: u64, index: u64, offset_pages: u64, pages: u64, rights: u64): i64 {
  for (let done: u64 = 0; done < pages; done += MAP_PAGES_MAX) {
    const piece = min<u64>(pages - done, MAP_PAGES_MAX);
    const error = phi.region_map(region, index + done * PAGE_SIZE, offset_pages + done, piece, rights);
    if (error < 0) return error;
  }
  return 0;
}

/** Where page `page` of a region that one may PIN lies in physical memory; `system` has the right DMA. */
export function physical_address(system: u64, region: u64, page: u64): i64 {
  return phi.region_physical(system, region, page);
}

/** Ends the windows that lie wholly inside, each as it was mapped; E_ADDRESS: none does. */
export function unmap(self: u64, index: u64, pages: u64): i64 {
  return phi.region_unmap(self, index, pages);
}
