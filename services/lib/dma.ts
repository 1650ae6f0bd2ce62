// Memory for a device to reach, for drivers: which addresses the device uses for a region's pages. What the bus handed over decides how:
// an IOMMU context maps exactly the regions that the driver names; a trusted driver learns physical addresses (docs/security.md).
// Invariant: a region's device addresses are one range, or the region is refused.
import { DMA_TRUSTED } from "../../build/interfaces/bus/constants";
import { PAGE_SIZE } from "../../kernel/abi/formats";
import { E_ABSENT, E_ADDRESS } from "./errors";
import { physical_address } from "./region";

let kind: u32 = 0;
let capability: u64 = 0;

/** `granted` is what the bus answered for dma(), `granted_kind` the claim's word for it. */
export function attach(granted_kind: u32, granted: u64): void {
  kind = granted_kind;
  capability = granted;
}

/** The device address of the first byte of the region's first `pages`, which follow one another there. E_ADDRESS: they do not. */
export function map_region(region: u64, pages: u64): i64 {
  if (kind != DMA_TRUSTED) return E_ABSENT;
  const first = physical_address(capability, region, 0);
  for (let page: u64 = 1; first >= 0 && page < pages; page++) {
    const address = physical_address(capability, region, page);
    if (address < 0) return address;
    if (address != first + <i64>(page * PAGE_SIZE)) return E_ADDRESS;
  }
  return first;
}

/** The device may not reach `pages` from `address` on any more. */
export function unmap_region(_address: u64, _pages: u64): i64 {
  return 0;
}
