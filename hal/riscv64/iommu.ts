// No IOMMU is known on this architecture yet: none can be started, so no context is ever made. Same names as elsewhere (docs/abi.md section 6).

import { E_ABSENT } from "../kernel/abi/errors";

export const fault_source: u32 = 0;
export const fault_address: u64 = 0;
export const fault_reason: u32 = 0;

export function iommu_start(registers: u64, message: u64, data: u32): i64 {
  return E_ABSENT;
}
export function iommu_contexts(): u32 {
  return 0;
}
export function iommu_keeps(base: u64, end: u64): bool {
  return false;
}
export function iommu_reaches(address: u64, bytes: u64): bool {
  return false;
}
export function iommu_leaf(physical: u64, writable: bool): u64 {
  return 0;
}
export function iommu_attach(source: u32, number: u32, root: u64, below: u64): bool {
  return false;
}
export function iommu_detach(source: u32, number: u32): void {}
export function iommu_forget(number: u32): void {}
export function iommu_fault(): bool {
  return false;
}
