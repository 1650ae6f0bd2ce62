// ACPI's tables (ACPI 6.4, chapter 5): from the root pointer to the tables that somebody here reads. What the firmware says is checked before it is
// believed: checksums, lengths, counts. A table that does not hold together is refused, and counted; the others still count.
import * as capability from "../../lib/capability";
import { E_FORMAT } from "../../lib/errors";
import { add_window, refuse } from "../found";
import { COPY_MAX, copy_from, copy_physical, range } from "../physical";
import { adds_up, byte_at, long_at, word_at } from "./bytes";
import { read_dmar } from "./dmar";
import { read_fadt } from "./fadt";
import { read_madt } from "./madt";
import { read_mcfg } from "./mcfg";

const ROOT_BYTES: u32 = 20;
const ROOT_BYTES_NEW: u32 = 36;
const ROOT_SIGNATURE: u64 = 0x2052_5450_2044_5352; // "RSD PTR "
/** Where a BIOS leaves its root pointer, on 16-byte borders (ACPI 6.4, 5.2.5.1). */
const BIOS_AREA: u64 = 0xe_0000;
const BIOS_AREA_BYTES: u32 = 0x2_0000;
const BIOS_STEP: u32 = 16;
export const HEADER_BYTES: u32 = 36;
const TABLES_MAX: u32 = 64;
const XSDT: u32 = 0x5444_5358;
const RSDT: u32 = 0x5444_5352;
const MADT: u32 = 0x4349_5041; // "APIC"
const MCFG: u32 = 0x4746_434d;
const DMAR: u32 = 0x5241_4d44;
const FADT: u32 = 0x5043_4146; // "FACP"
/** Registers of functions that the firmware has not placed: below the interrupt controllers, as far down as no memory of a PC reaches up. */
const WINDOW: u64 = 0xe000_0000;
const WINDOW_END: u64 = 0xfec0_0000;

const root = memory.data(36, 8);
const list = memory.data(0x1_0000, 8);
const table = memory.data(0x1_0000, 8);
if (COPY_MAX != 0x1_0000) ERROR("the copies' places have another size");

/** Reads everything. 0; E_ABSENT: this machine has no such tables; E_FORMAT: the root is damaged. */
export function read_acpi(scan: bool): i64 {
  const error = find_root(scan);
  if (error < 0) return error;
  const is_new = byte_at(root, 15) >= 2 && adds_up(root, ROOT_BYTES_NEW) && long_at(root, 24) != 0;
  const width: u32 = is_new ? 8 : 4;
  const length = copy_table(is_new ? long_at(root, 24) : <u64>word_at(root, 16), list);
  if (length < 0) return length;
  if (word_at(list, 0) != (is_new ? XSDT : RSDT)) return E_FORMAT;
  const count = min((<u32>length - HEADER_BYTES) / width, TABLES_MAX);
  for (let i: u32 = 0; i < count; i++) {
    const at = HEADER_BYTES + i * width;
    read_table(is_new ? long_at(list, at) : <u64>word_at(list, at));
  }
  add_window(WINDOW, WINDOW_END - WINDOW);
  return 0;
}

/** The root pointer that the loader told of, or the one in the BIOS area. */
function find_root(scan: bool): i64 {
  const told = range(0, 0);
  if (told >= 0) {
    const error = copy_from(<u64>told, 0, ROOT_BYTES, root);
    if (error == 0) copy_from(<u64>told, 0, ROOT_BYTES_NEW, root);
    capability.drop(<u64>told);
    if (error == 0 && is_root()) return 0;
  }
  if (!scan) return told < 0 ? told : E_FORMAT;
  const area = range(BIOS_AREA, BIOS_AREA_BYTES);
  if (area < 0) return area;
  let found = false;
  for (let at: u32 = 0; at + ROOT_BYTES_NEW <= BIOS_AREA_BYTES && !found; at += BIOS_STEP) {
    if (copy_from(<u64>area, at, 4, root) < 0) break;
    if (word_at(root, 0) != <u32>ROOT_SIGNATURE) continue;
    found = copy_from(<u64>area, at, ROOT_BYTES_NEW, root) == 0 && is_root();
  }
  capability.drop(<u64>area);
  return found ? 0 : E_FORMAT;
}

function is_root(): bool {
  return long_at(root, 0) == ROOT_SIGNATURE && adds_up(root, ROOT_BYTES);
}

/** Copies the table at an address, whole and checked; its length, or an error. */
export function copy_table(address: u64, to: usize): i64 {
  let error = copy_physical(address, HEADER_BYTES, to);
  if (error < 0) return error;
  const length = word_at(to, 4);
  if (length < HEADER_BYTES || length > COPY_MAX) return E_FORMAT;
  error = copy_physical(address, length, to);
  if (error < 0) return error;
  return word_at(to, 4) == length && adds_up(to, length) ? <i64>length : E_FORMAT;
}

/** Most tables are nobody's here: their signature decides before they are copied. */
function read_table(address: u64): void {
  if (copy_physical(address, 4, table) < 0) return refuse();
  const signature = word_at(table, 0);
  if (signature != MADT && signature != MCFG && signature != DMAR && signature != FADT) return;
  const length = copy_table(address, table);
  if (length < 0) return refuse();
  let good = true;
  if (signature == MADT) good = read_madt(table, <u32>length);
  else if (signature == MCFG) good = read_mcfg(table, <u32>length);
  else if (signature == DMAR) good = read_dmar(table, <u32>length);
  else good = read_fadt(table, <u32>length);
  if (!good) refuse();
}
