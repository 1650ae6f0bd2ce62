// An IOMMU that exists once it is started: contexts and what is forgotten go to the test, and the test tells of refused accesses.
@external("mock", "iommu_context") declare function mock_context(source: u32, number: u32, root: u64): void;


@external("mock", "iommu_forget") declare function mock_forget(number: u32): void;


@external("mock", "iommu_refused") declare function mock_refused(field: u32): u64;
const LEAF: u64 = 0x100;
/** The test's machine has one unit; at other places there is none. */
const UNIT: u64 = 0xfed9_0000;
let contexts: u32 = 0;
export let fault_source: u32 = 0;
export let fault_address: u64 = 0;
export let fault_reason: u32 = 0;

export function iommu_start(registers: u64, message: u64, data: u32): i64 {
  if (registers != UNIT) return -15;
  contexts = 16;
  return 0;
}
export function iommu_contexts(): u32 {
  return contexts;
}
export function iommu_keeps(base: u64, end: u64): bool {
  return contexts != 0 && base < UNIT + 4096 && UNIT < end;
}
export function iommu_reaches(address: u64, bytes: u64): bool {
  return address <= 1 << 39 && bytes <= (1 << 39) - address;
}
export function iommu_leaf(physical: u64, writable: bool): u64 {
  return physical | LEAF | (writable ? 4 : 0) | 3;
}
export function iommu_attach(source: u32, number: u32, root: u64, below: u64): bool {
  if (below != 0) mock_context(source, number, root);
  return below != 0;
}
export function iommu_detach(source: u32, number: u32): void {
  mock_context(source, number, 0);
}
export function iommu_forget(number: u32): void {
  mock_forget(number);
}
export function iommu_fault(): bool {
  if (mock_refused(0) == 0) return false;
  fault_source = <u32>mock_refused(1);
  fault_address = mock_refused(2);
  fault_reason = <u32>mock_refused(3);
  return true;
}
