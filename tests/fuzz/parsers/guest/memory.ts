// Memory that a driver and its device share: regions, what the device calls them, and the device's loads and stores there. A device behind an IOMMU
// reaches what its context maps, another one the physical addresses of regions. Called by driver.ts and device.ts.
// Invariant: an access outside is the driver's fault, unless the device itself wrote what led there.
import * as host from "./host";
import { finding } from "./say";
import { E_ADDRESS, E_ARGUMENT } from "../../../../kernel/abi/errors";

const PAGE: u64 = 4096;
export const REGIONS_MAX: u32 = 64;
const FIRST_ADDRESS: u64 = 0x4_0000_0000;
const OWN_BYTES: u32 = 0x1_0000;

const pages = new StaticArray<u64>(64);
const indices = new StaticArray<u64>(64);
const addresses = new StaticArray<u64>(64);
/** Content of regions that the driver has not mapped: the first 64 KiB of each are kept, together. */
const own = memory.data(0x1_0000, 8);
export let region_count: u32 = 0;
let next_address: u64 = FIRST_ADDRESS;

const MAPPED_MAX: u32 = 128;
const mapped = memory.data(128 * 32, 8);
let mapped_count: u32 = 0;
let has_context = false;
/** The device has written where only its driver should: what the driver names from now on may be nonsense. */
export let is_poked = false;

export function poke(): void {
  is_poked = true;
}

/** Whether the device masters the bus: one that does not reaches nothing, whatever it was named before. */
export let is_master = false;

export function end_mastering(): void {
  is_master = false;
}

/** From here on the device masters the bus, by a context or by physical addresses. */
export function use_context(on: bool): void {
  is_master = true;
  has_context = on;
  mapped_count = 0;
}

/** A region's number, or -1. */
export function region_add(count: u64): i32 {
  if (region_count == REGIONS_MAX || count == 0 || count > 0x1000) return -1;
  pages[region_count] = count;
  indices[region_count] = 0;
  addresses[region_count] = next_address;
  next_address += (count + 1) * PAGE;
  region_count++;
  return <i32>(region_count - 1);
}

export function region_pages(region: u32): u64 {
  return pages[region];
}

export function region_index(region: u32): u64 {
  return indices[region];
}

export function region_address(region: u32): u64 {
  return addresses[region];
}

export function region_map_at(region: u32, index: u64): void {
  if (indices[region] != 0) return;
  indices[region] = index;
  host.map(index, pages[region] * PAGE);
}

export function context_map(region: u32, address: u64, offset: u64, bytes: u64): i64 {
  if (bytes == 0 || offset + bytes > pages[region] * PAGE || mapped_count == MAPPED_MAX) return E_ARGUMENT;
  for (let i: u32 = 0; i < mapped_count; i++) {
    const at = mapped + i * 32;
    if (address < load<u64>(at) + load<u64>(at + 8) && load<u64>(at) < address + bytes) return E_ADDRESS;
  }
  const at = mapped + mapped_count++ * 32;
  store<u64>(at, address);
  store<u64>(at + 8, bytes);
  store<u64>(at + 16, region);
  store<u64>(at + 24, offset);
  return 0;
}

export function context_unmap(address: u64, bytes: u64): void {
  for (let i: u32 = 0; i < mapped_count; ) {
    const at = mapped + i * 32;
    if (load<u64>(at) >= address && load<u64>(at) + load<u64>(at + 8) <= address + bytes)
      memory.copy(at, mapped + --mapped_count * 32, 32);
    else i++;
  }
}

/** Does a context's device reach any of the region? One that knows physical addresses always does. */
export function is_reached(region: u32): bool {
  for (let i: u32 = 0; has_context && i < mapped_count; i++)
    if (load<u64>(mapped + i * 32 + 16) == <u64>region) return true;
  return false;
}

let found_region: u32 = 0;
let found_offset: u64 = 0;

/** Can the device reach these bytes? Then `found_` say where. */
function reaches(address: u64, bytes: u64): bool {
  if (address + bytes < address) return false;
  if (!has_context) {
    for (let i: u32 = 0; i < region_count; i++) {
      if (address < addresses[i] || address + bytes > addresses[i] + pages[i] * PAGE) continue;
      found_region = i;
      found_offset = address - addresses[i];
      return true;
    }
    return false;
  }
  for (let i: u32 = 0; i < mapped_count; i++) {
    const at = mapped + i * 32;
    if (address < load<u64>(at) || address >= load<u64>(at) + load<u64>(at + 8)) continue;
    found_region = <u32>load<u64>(at + 16);
    found_offset = address - load<u64>(at) + load<u64>(at + 24);
    return is_mapped_on(at, address + bytes);
  }
  return false;
}

/** Pieces of one region that were mapped one behind the other reach as far as `end`. */
function is_mapped_on(first: usize, end: u64): bool {
  let reached = load<u64>(first) + load<u64>(first + 8);
  for (let i: u32 = 0; i < mapped_count && reached < end; i++) {
    const at = mapped + i * 32;
    if (load<u64>(at) != reached || load<u64>(at + 16) != load<u64>(first + 16)) continue;
    reached += load<u64>(at + 8);
    i = -1;
  }
  return reached >= end;
}

/** Whether the device reaches a buffer that the driver named; if not, it is a finding, but for nonsense of the device's own. */
export function reachable(address: u64, bytes: u64): bool {
  if (!is_master) return false;
  if (reaches(address, bytes)) return true;
  if (!is_poked) finding("the driver named memory that its device does not reach, at", address);
  return false;
}

export function load_byte(address: u64): u32 {
  if (!reachable(address, 1)) return 0;
  const index = indices[found_region];
  if (index != 0) return host.load8(index + found_offset);
  return load<u8>(own + <usize>(found_offset & (OWN_BYTES - 1)));
}

export function store_byte(address: u64, value: u32): void {
  if (!reachable(address, 1)) return;
  const index = indices[found_region];
  if (index != 0) host.store8(index + found_offset, value);
  else store<u8>(own + <usize>(found_offset & (OWN_BYTES - 1)), <u8>value);
}

export function load_number(address: u64, bytes: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) value |= (<u64>load_byte(address + i)) << (8 * i);
  return value;
}

export function store_number(address: u64, bytes: u32, value: u64): void {
  for (let i: u32 = 0; i < bytes; i++) store_byte(address + i, <u32>((value >> (8 * i)) & 255));
}
