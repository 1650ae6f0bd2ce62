// MADT (ACPI 6.4, 5.2.12): processors and I/O interrupt controllers. Counted for people; the kernel finds its own.
import { set_controllers } from "../found";
import { byte_at, word_at } from "./bytes";

const FIRST: u32 = 44;
const LOCAL_APIC: u32 = 0;
const IO_APIC: u32 = 1;
const LOCAL_X2APIC: u32 = 9;
/** Enabled, or can be. */
const USABLE: u32 = 3;

/** False: an entry that is shorter than its kind, or reaches over the table's end. */
export function read_madt(table: usize, length: u32): bool {
  let cpus: u32 = 0,
    controllers: u32 = 0,
    at = FIRST;
  if (length < FIRST) return false;
  while (at < length) {
    if (length - at < 2) return false;
    const kind = byte_at(table, at),
      bytes = byte_at(table, at + 1);
    if (bytes < 2 || bytes > length - at) return false;
    if (kind == LOCAL_APIC) {
      if (bytes < 8) return false;
      if ((word_at(table, at + 4) & USABLE) != 0) cpus++;
    } else if (kind == LOCAL_X2APIC) {
      if (bytes < 16) return false;
      if ((word_at(table, at + 8) & USABLE) != 0) cpus++;
    } else if (kind == IO_APIC) {
      if (bytes < 12) return false;
      controllers++;
    }
    at += bytes;
  }
  set_controllers(cpus, controllers);
  return true;
}
