// Writes the launch block of a program (docs/wasi.md): arguments, environment, names of directories. A source of strings is
// either a piece of memory (each string ended by a zero) or a key of the boot parameters; the block is a region of its own.
import * as capability from "../lib/capability";
import * as region from "../lib/region";
import { find_parameter, unescape_parameter, value_length } from "../lib/parameters";
import { E_ARGUMENT } from "../lib/errors";
import {
  LAUNCH_ARGUMENT_COUNT_AT,
  LAUNCH_DIRECTORY_COUNT_AT,
  LAUNCH_FIELD_END,
  LAUNCH_MAGIC,
  LAUNCH_MAGIC_AT,
  LAUNCH_STRINGS_AT,
  LAUNCH_VARIABLE_COUNT_AT,
} from "../wasi/format";
import { self } from "./machine";
import { LAUNCH_SCRATCH } from "./window";

/** Longest launch block, in bytes: more than the longest command line of Linux. */
const LAUNCH_MAX: u64 = 0x40_0000;

/** Strings that a caller gave: `bytes` bytes at `start`, each ended by a zero. */
export function count_strings(start: usize, bytes: u32): i64 {
  if (bytes == 0) return 0;
  if (load<u8>(start + bytes - 1) != 0) return E_ARGUMENT;
  let count: i64 = 0;
  for (let i: u32 = 0; i < bytes; i++) if (load<u8>(start + i) == 0) count++;
  return count;
}

let handle: u64 = 0;
let cursor: usize = 0;
let end: usize = 0;
let count_at: usize = 0;

/** Begins a block that holds up to `bytes` of strings. 0, or an error. */
export function launch_begin(bytes: u64): i64 {
  const whole = <u64>LAUNCH_STRINGS_AT + bytes;
  if (whole > LAUNCH_MAX) return E_ARGUMENT;
  const made = region.create(self, region.pages_for(whole));
  if (made < 0) return made;
  handle = <u64>made;
  const error = region.map(
    handle,
    LAUNCH_SCRATCH,
    0,
    region.pages_for(whole),
    region.REGION_READ | region.REGION_WRITE,
  );
  if (error < 0) {
    capability.drop(handle);
    return error;
  }
  cursor = <usize>LAUNCH_SCRATCH + LAUNCH_STRINGS_AT;
  end = <usize>(LAUNCH_SCRATCH + whole);
  store<u32>(<usize>LAUNCH_SCRATCH + LAUNCH_MAGIC_AT, LAUNCH_MAGIC);
  return 0;
}

/** Begins one of the three lists; they come in this order. */
export function launch_arguments(): void {
  count_at = <usize>LAUNCH_SCRATCH + LAUNCH_ARGUMENT_COUNT_AT;
}

export function launch_variables(): void {
  count_at = <usize>LAUNCH_SCRATCH + LAUNCH_VARIABLE_COUNT_AT;
}

export function launch_directories(): void {
  count_at = <usize>LAUNCH_SCRATCH + LAUNCH_DIRECTORY_COUNT_AT;
}

/** Adds strings that lie in memory, each ended by a zero. */
export function launch_strings(start: usize, bytes: u32): void {
  memory.copy(cursor, start, bytes);
  const count = <u32>count_strings(cursor, bytes);
  cursor += bytes;
  store<u32>(count_at, load<u32>(count_at) + count);
  store<u32>(count_at, load<u32>(count_at, 4) + bytes, 4);
}

/** Adds the values of a parameter, in their order. */
export function launch_parameters(start: usize, bytes: u64, key: string): void {
  const last = start + <usize>bytes;
  for (let at = start; ; ) {
    const value = find_parameter(at, <u64>(last - at), key);
    if (value == 0) return;
    at = value + value_length();
    const length = unescape_parameter(cursor, value, value_length());
    store<u8>(cursor + length, 0);
    cursor += length + 1;
    store<u32>(count_at, load<u32>(count_at) + 1);
    store<u32>(count_at, load<u32>(count_at, 4) + length + 1, 4);
  }
}

/** The guest name of directory `number` of the block being written; its length is then launch_name_length(). */
export function launch_directory(number: u32): usize {
  let name = cursor - load<u32>(<usize>LAUNCH_SCRATCH + LAUNCH_DIRECTORY_COUNT_AT, 4);
  for (let i: u32 = 0; i < number; i++) name += length_of(name) + 1;
  name_length = length_of(name);
  return name;
}

/** Does this entry of the list say which service keeps the directory (docs/wasi.md), rather than name one of the archive? */
export function launch_names_service(name: usize): bool {
  for (let i: u32 = 0; i < name_length; i++) if (load<u8>(name + i) == LAUNCH_FIELD_END) return true;
  return false;
}

let name_length: u32 = 0;

export function launch_name_length(): u32 {
  return name_length;
}

/** How many directories the block names: more than DIRECTORY_MAX cannot be handed over. */
export function launch_directory_count(): u32 {
  return load<u32>(<usize>LAUNCH_SCRATCH + LAUNCH_DIRECTORY_COUNT_AT);
}

/** Ends the block: init's view of it goes, the region stays. Its bytes. */
export function launch_end(): u64 {
  const bytes = <u64>cursor - LAUNCH_SCRATCH;
  region.unmap(self, LAUNCH_SCRATCH, region.pages_for(<u64>end - LAUNCH_SCRATCH));
  return bytes;
}

/** The region of the block begun last. */
export function launch_region(): u64 {
  return handle;
}

function length_of(text: usize): u32 {
  let length: u32 = 0;
  while (load<u8>(text + length) != 0) length++;
  return length;
}
