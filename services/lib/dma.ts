// Memory for a device to reach, for drivers: which addresses the device uses for a region's pages. What the bus handed over decides how:
// an IOMMU context maps exactly the regions that the driver names, at addresses of the driver's choice; a trusted driver learns physical
// addresses (docs/security.md).
// Invariant: a region's device addresses are one range, or the region is refused; no two ranges overlap.
import { DMA_CONTEXT, DMA_TRUSTED } from "../../build/interfaces/bus/constants";
import { PAGE_SIZE } from "../../kernel/abi/formats";
import { E_ABSENT, E_ADDRESS, E_FULL } from "./errors";
import * as phi from "./phi";
import { physical_address, REGION_READ, REGION_WRITE } from "./region";

/** Addresses of a context: below 4 GiB, for devices that know no more, and below where stores are interrupts. */
const FIRST: u64 = 0x100_0000;
const END: u64 = 0xfee0_0000;
/** Pages that the kernel maps in one go. */
const PIECE: u64 = 512;
const FIELD_RIGHTS: u64 = 1;

/** Ranges in use: pairs of u64 address, pages; 0 pages: free. */
const RANGES_MAX: u32 = 64;
const ranges = memory.data(1024, 8);

let kind: u32 = 0;
let capability: u64 = 0;

/** `granted` is what the bus answered for dma(), `granted_kind` the claim's word for it. */
export function attach(granted_kind: u32, granted: u64): void {
  kind = granted_kind;
  capability = granted;
  memory.fill(ranges, 0, 1024);
}

/** The device address of the first byte of the region's first `pages`, which follow one another there. E_ADDRESS: they do not; E_FULL: too many ranges, or none is left that is long enough. */
export function map_region(region: u64, pages: u64): i64 {
  if (kind == DMA_CONTEXT) return map_context(region, pages);
  if (kind != DMA_TRUSTED) return E_ABSENT;
  const first = physical_address(capability, region, 0);
  for (let page: u64 = 1; first >= 0 && page < pages; page++) {
    const address = physical_address(capability, region, page);
    if (address < 0) return address;
    if (address != first + <i64>(page * PAGE_SIZE)) return E_ADDRESS;
  }
  return first;
}

/** The device may not reach `pages` from `address` on any more; a trusted one always can. */
export function unmap_region(address: u64, pages: u64): i64 {
  if (kind != DMA_CONTEXT) return 0;
  for (let i: u32 = 0; i < RANGES_MAX; i++) {
    const at = ranges + ((<usize>i) << 4);
    if (load<u64>(at) == address && load<u64>(at, 8) == pages) store<u64>(at, 0, 8);
  }
  return phi.dma_unmap(capability, address, pages);
}

function map_context(region: u64, pages: u64): i64 {
  const slot = free_slot(),
    address = room_for(pages * PAGE_SIZE);
  if (slot == 0 || address == 0) return E_FULL;
  const rights = phi.cap_info(region, FIELD_RIGHTS);
  if (rights < 0) return rights;
  for (let done: u64 = 0; done < pages; done += PIECE) {
    const span = done | (min(pages - done, PIECE) << 32);
    const wanted = (<u64>rights) & (REGION_READ | REGION_WRITE);
    const error = phi.dma_map(capability, region, address + done * PAGE_SIZE, span, wanted);
    if (error < 0) {
      phi.dma_unmap(capability, address, done);
      return error;
    }
  }
  store<u64>(slot, address);
  store<u64>(slot, pages, 8);
  return <i64>address;
}

function free_slot(): usize {
  for (let i: u32 = 0; i < RANGES_MAX; i++)
    if (load<u64>(ranges + ((<usize>i) << 4), 8) == 0) return ranges + ((<usize>i) << 4);
  return 0;
}

/** The lowest address at which so many bytes are free; 0: there is none. */
function room_for(bytes: u64): u64 {
  let address = FIRST;
  for (let i: u32 = 0; i < RANGES_MAX; i++) {
    const at = ranges + ((<usize>i) << 4),
      start = load<u64>(at),
      end = start + load<u64>(at, 8) * PAGE_SIZE;
    if (bytes > END - address) return 0;
    if (address >= end || start >= address + bytes) continue;
    address = end;
    i = u32.MAX_VALUE; // behind this one: look at all of them again. It only ever grows, past one range each time
  }
  return bytes > END - address ? 0 : address;
}
