// What the first domain of a test's own system (tests/guest-image.ts) was handed by the kernel: itself, the machine, and the
// archive of its modules. Such an init calls root_begin() first of all.
import {
  ARCHIVE_ENTRIES_AT,
  ARCHIVE_ENTRY_SIZE,
  ENTRY_LENGTH_AT,
  ENTRY_OFFSET_AT,
  STARTUP_DEVICE,
  STARTUP_REGION,
  STARTUP_SYSTEM,
} from "../../kernel/abi/formats";
import * as phi from "../../services/lib/phi";
import * as startup from "../../services/lib/startup";

const KIND_UART: u64 = 1;

export let self: u64 = 0;
export let system: u64 = 0;
export let archive: u64 = 0;
let archive_at: usize = 0;

export function root_begin(): void {
  self = startup.self();
  system = startup.entry_handle(startup.find(STARTUP_SYSTEM, 0));
  const region = startup.find(STARTUP_REGION, 0);
  archive = startup.entry_handle(region);
  archive_at = <usize>startup.entry_a(region);
}

function archive_word(entry: usize, field: usize): u64 {
  return load<u64>(archive_at + ARCHIVE_ENTRIES_AT + ARCHIVE_ENTRY_SIZE * entry + field);
}

/** Where the content of the archive's entry number `entry` lies in the archive, and its bytes. */
export function module_offset(entry: usize): u64 {
  return archive_word(entry, ENTRY_OFFSET_AT);
}

export function module_bytes(entry: usize): u64 {
  return archive_word(entry, ENTRY_LENGTH_AT);
}

/** First byte of that content as init sees it. */
export function content_of(entry: usize): usize {
  return archive_at + <usize>module_offset(entry);
}

/** A Code of the module that is the archive's entry number `entry`, or an error. */
export function load_module(entry: usize): i64 {
  return phi.code_load(archive, module_offset(entry), module_bytes(entry));
}

/** The start-up entry of the first UART; 0 = none. Its interrupt's entry follows it. */
export function uart_entry(): usize {
  let entry = startup.find(STARTUP_DEVICE, 0);
  for (let skip: u32 = 1; entry != 0 && (startup.entry_a(entry) & 0xff) != KIND_UART; skip++) {
    entry = startup.find(STARTUP_DEVICE, 0, skip);
  }
  return entry;
}
