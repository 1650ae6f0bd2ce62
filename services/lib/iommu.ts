// What devices reach of memory where an IOMMU stands between. For the service that hands devices to drivers (it holds the System
// capability's right `iommu`); drivers use dma.ts.
import * as phi from "./phi";

/** A unit whose registers lie there: from now on every device behind it reaches what its context names. An Irq that tells of refused accesses; E_ABSENT: no such unit, or one that the kernel cannot drive. */
export function start_unit(system: u64, registers: u64): i64 {
  return phi.dma_start(system, registers);
}

/** A Dma for the device that calls itself `source` (PCI: bus << 8 | device << 3 | function). I pay `frames` for what its tables may cost: 3, and one for each 64 mappings and each 2 MiB. One that the device has had ends. */
export function create_context(system: u64, source: u32, frames: u32): i64 {
  return phi.dma_create(system, (<u64>source) | ((<u64>frames) << 32));
}

/** 1: an access was refused; reply_word(1) is the device's source, (2) its address, (3) the IOMMU's reason | 256 if it was a store. 0: no more; only then the Irq comes again. */
export function next_refused(system: u64): i64 {
  return phi.dma_fault(system);
}
