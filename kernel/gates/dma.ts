// Gates of devices' own accesses of memory, where an IOMMU stands between: who hands devices out makes a context for each, their
// drivers map regions into it, and what a device tries beyond that is told.

import { E_ABSENT, E_ADDRESS, E_ARGUMENT, E_NO_MEMORY, E_STATE } from "../abi/errors";
import * as rights from "../abi/rights";
import { fault_address, fault_reason, fault_source, iommu_contexts, iommu_fault, iommu_start } from "../../hal/iommu";
import { message_address, message_count, message_data } from "../../hal/interrupts";
import { capability_delete, capability_first } from "../cap/derive";
import { Capability, capability_at, lookup, lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { irq_message } from "../irq";
import { is_none } from "../none";
import { dma_create, dma_error, dma_map, dma_unmap } from "../object/dma";
import { Dma } from "../object/object";
import { told_memory } from "../start/told";
import { hand_out, part_first, words_write } from "./common";

const UNIT_BYTES: u64 = 4096;


@inline
function iommu_with(system: u64): Capability {
  return lookup(current(), system, rights.TYPE_SYSTEM, rights.SYSTEM_IOMMU);
}

/** An IOMMU whose registers lie there: from now on every device behind it reaches what its context names. An Irq that tells of refused accesses. */
export function gate_dma_start(system: u64, registers: u64): i64 {
  if (is_none(iommu_with(system))) return lookup_error();
  if (registers % UNIT_BYTES != 0 || told_memory().touches(registers, registers + UNIT_BYTES)) return E_ARGUMENT;
  const irq = irq_message();
  if (is_none(irq)) return message_count() == 0 ? E_ABSENT : E_NO_MEMORY;
  const handle = capability_first(current(), irq, rights.IRQ_ACK | rights.IRQ_BIND | rights.RIGHT_SHARE, 0);
  if (handle < 0) return handle;
  const error = iommu_start(registers, message_address(irq.line), message_data(irq.line));
  if (error == 0) return handle;
  capability_delete(current(), capability_at(<u32>handle));
  return error;
}

/** `device`: how it calls itself on its bus | frames that its tables may cost << 32, which the caller pays now. */
export function gate_dma_create(system: u64, device: u64): i64 {
  if (is_none(iommu_with(system))) return lookup_error();
  if (iommu_contexts() == 0) return E_STATE;
  if ((device & 0xffff_ffff) >> 16 != 0) return E_ARGUMENT;
  const dma = dma_create(current(), <u32>device, <u32>(device >> 32));
  return is_none(dma) ? dma_error : hand_out(dma, rights.DMA_MAP | rights.RIGHT_REVOKE | rights.RIGHT_SHARE);
}

/** `span`: first page | pages << 32. */
export function gate_dma_map(handle: u64, region: u64, address: u64, span: u64, wanted: u64): i64 {
  const dma = lookup_object<Dma>(current(), handle, rights.TYPE_DMA, rights.DMA_MAP);
  if (is_none(dma)) return lookup_error();
  if ((wanted & ~(<u64>(rights.REGION_READ | rights.REGION_WRITE))) != 0) return E_ARGUMENT;
  const capability = lookup(current(), region, rights.TYPE_REGION, rights.REGION_PIN | (<u32>wanted));
  if (is_none(capability)) return lookup_error();
  if (current().enclave) return E_STATE;
  const pages = span >> 32;
  return dma_map(dma, capability, address, part_first(capability, span & 0xffff_ffff, pages), pages, wanted);
}

export function gate_dma_unmap(handle: u64, address: u64, pages: u64): i64 {
  const dma = lookup_object<Dma>(current(), handle, rights.TYPE_DMA, rights.DMA_MAP);
  return is_none(dma) ? lookup_error() : dma_unmap(dma, address, pages);
}

/** 1: the oldest access that was refused and not told yet; words r1 who tried, r2 where, r3 the IOMMU's reason | a store << 8. 0: none. */
export function gate_dma_fault(system: u64): i64 {
  const domain = current();
  if (is_none(iommu_with(system))) return lookup_error();
  if (domain.memory_pages == 0) return E_ADDRESS;
  if (!iommu_fault()) return 0;
  words_write(domain, <u64>fault_source, fault_address, <u64>fault_reason, 0, 0);
  return 1;
}
