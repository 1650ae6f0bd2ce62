// DMAR (Intel VT-d specification 3.4, chapter 8): where the registers of the remapping hardware lie, and whose accesses it sees. Of several units for
// segment 0 the first counts, for its own devices: what another one fences is unfenced here, and says so.
import { add_scope, set_iommu } from "../found";
import { byte_at, half_at, long_at } from "./bytes";

const FIRST: u32 = 48;
const UNIT: u32 = 0;
const UNIT_BYTES: u32 = 16;
const INCLUDE_ALL: u32 = 1;
const SCOPE_BYTES: u32 = 6;
const SCOPE_ENDPOINT: u32 = 1;
const SCOPE_BRIDGE: u32 = 2;
const PAGE_MASK: u64 = 0xfff;
const BELOW: u64 = 1 << 36;

/** False: a structure that reaches over its end, or a unit at no possible place; nothing of the table counts from there on. */
export function read_dmar(table: usize, length: u32): bool {
  if (length < FIRST) return false;
  let at = FIRST,
    has_unit = false;
  while (at < length) {
    if (length - at < 4) return false;
    const kind = half_at(table, at),
      bytes = half_at(table, at + 2);
    if (bytes < 4 || bytes > length - at) return false;
    if (kind == UNIT && bytes >= UNIT_BYTES && half_at(table, at + 6) == 0 && !has_unit) {
      const base = long_at(table, at + 8);
      if (base == 0 || (base & PAGE_MASK) != 0 || base >= BELOW) return false;
      if (!read_scopes(table, at + UNIT_BYTES, at + bytes)) return false;
      set_iommu(base, (byte_at(table, at + 4) & INCLUDE_ALL) != 0);
      has_unit = true;
    }
    at += bytes;
  }
  return true;
}

/** The devices of the first bus that a unit names, and the bridges there that it names with all below them: a path of one step. */
function read_scopes(table: usize, first: u32, end: u32): bool {
  for (let at = first; at < end; ) {
    if (end - at < SCOPE_BYTES) return false;
    const kind = byte_at(table, at),
      bytes = byte_at(table, at + 1);
    if (bytes < SCOPE_BYTES || bytes > end - at) return false;
    const is_device = kind == SCOPE_ENDPOINT || kind == SCOPE_BRIDGE;
    if (is_device && bytes == SCOPE_BYTES + 2 && byte_at(table, at + 5) == 0)
      add_scope(((byte_at(table, at + 6) & 31) << 3) | (byte_at(table, at + 7) & 7), kind == SCOPE_BRIDGE);
    at += bytes;
  }
  return true;
}
