// The launch block (docs/wasi.md): the program's arguments, environment and the names of its directories.
// Read once at start and checked there: every list holds exactly as many zero-ended strings as it says.
import { copy } from "../lib/buffer";
import {
  DIRECTORY_MAX,
  LAUNCH_ARGUMENT_BYTES_AT,
  LAUNCH_ARGUMENT_COUNT_AT,
  LAUNCH_DIRECTORY_BYTES_AT,
  LAUNCH_DIRECTORY_COUNT_AT,
  LAUNCH_FIELD_END,
  LAUNCH_MAGIC,
  LAUNCH_MAGIC_AT,
  LAUNCH_STRINGS_AT,
  LAUNCH_VARIABLE_BYTES_AT,
  LAUNCH_VARIABLE_COUNT_AT,
} from "./format";
import { ERRNO_FAULT, ERRNO_SUCCESS } from "./errno";
import { guest_address, guest_reaches, guest_store32 } from "./guest";

let block: usize = 0;

/** The lists of the block: index of the count field; the bytes field follows it. */
export const LIST_ARGUMENTS: u32 = LAUNCH_ARGUMENT_COUNT_AT;
export const LIST_VARIABLES: u32 = LAUNCH_VARIABLE_COUNT_AT;

/** Takes the block into use; false when it is damaged. */
export function launch_open(address: usize, bytes: u64): bool {
  if (bytes < <u64>LAUNCH_STRINGS_AT || load<u32>(address, LAUNCH_MAGIC_AT) != LAUNCH_MAGIC) return false;
  block = address;
  const argument_bytes = load<u32>(address, LAUNCH_ARGUMENT_BYTES_AT);
  const variable_bytes = load<u32>(address, LAUNCH_VARIABLE_BYTES_AT);
  const directory_bytes = load<u32>(address, LAUNCH_DIRECTORY_BYTES_AT);
  const all = <u64>LAUNCH_STRINGS_AT + argument_bytes + variable_bytes + directory_bytes;
  if (all > bytes || directory_count() > <u32>DIRECTORY_MAX) return false;
  return (
    holds(list_strings(LIST_ARGUMENTS), argument_bytes, list_count(LIST_ARGUMENTS)) &&
    holds(list_strings(LIST_VARIABLES), variable_bytes, list_count(LIST_VARIABLES)) &&
    holds(names(), directory_bytes, directory_count())
  );
}

/** Are there exactly `count` zero bytes, the last of them at the end? */
function holds(strings: usize, bytes: u32, count: u32): bool {
  if (bytes == 0) return count == 0;
  let zeros: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) if (load<u8>(strings + i) == 0) zeros++;
  return zeros == count && load<u8>(strings + bytes - 1) == 0;
}

export function list_count(list: u32): u32 {
  return load<u32>(block + list);
}

export function list_bytes(list: u32): u32 {
  return load<u32>(block + list + 4);
}

function list_strings(list: u32): usize {
  const start = block + LAUNCH_STRINGS_AT;
  return list == LIST_ARGUMENTS ? start : start + load<u32>(block, LAUNCH_ARGUMENT_BYTES_AT);
}

function names(): usize {
  return list_strings(LIST_VARIABLES) + load<u32>(block, LAUNCH_VARIABLE_BYTES_AT);
}

export function directory_count(): u32 {
  return load<u32>(block, LAUNCH_DIRECTORY_COUNT_AT);
}

/** Address of directory `number`'s guest name; directory_name_length has its length. */
export function directory_name(number: u32): usize {
  let name = names();
  for (let i: u32 = 0; i < number; i++) name += string_length(name) + 1;
  return name;
}

/** Bytes of a guest name: to the tab, or to the end of the string. */
export function directory_name_length(name: usize): u32 {
  return field_length(name);
}

/** The service that keeps directory `number`; its length is then field_length; 0: it is packed in the boot archive. */
export function directory_service(number: u32): usize {
  return next_field(directory_name(number));
}

/** The path of directory `number` in what its service keeps; 0: all of it. */
export function directory_path(number: u32): usize {
  const service = directory_service(number);
  return service == 0 ? 0 : next_field(service);
}

/** What follows the tab behind this field; 0: nothing. */
function next_field(field: usize): usize {
  const end = field + field_length(field);
  return load<u8>(end) == <u8>LAUNCH_FIELD_END ? end + 1 : 0;
}

/** Bytes to the next tab, or to the end of the string. */
export function field_length(field: usize): u32 {
  let end = field;
  while (load<u8>(end) != 0 && load<u8>(end) != <u8>LAUNCH_FIELD_END) end++;
  return <u32>(end - field);
}

export function string_length(string: usize): u32 {
  let end = string;
  while (load<u8>(end) != 0) end++;
  return <u32>(end - string);
}

/** args_sizes_get, environ_sizes_get. */
export function list_sizes_get(list: u32, count_pointer: u32, bytes_pointer: u32): u32 {
  if (!guest_reaches(count_pointer, 4) || !guest_reaches(bytes_pointer, 4)) return ERRNO_FAULT;
  guest_store32(count_pointer, 0, list_count(list));
  guest_store32(bytes_pointer, 0, list_bytes(list));
  return ERRNO_SUCCESS;
}

/** args_get, environ_get: the strings one after the other, and a pointer to each. */
export function list_get(list: u32, pointers: u32, buffer: u32, site: u32): u32 {
  const count = list_count(list);
  const bytes = list_bytes(list);
  if (!guest_reaches(pointers, <u64>count * 4) || !guest_reaches(buffer, bytes)) return ERRNO_FAULT;
  const strings = list_strings(list);
  copy(guest_address(buffer), strings, bytes, site);
  let offset: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    guest_store32(pointers, i * 4, buffer + offset);
    offset += string_length(strings + offset) + 1;
  }
  return ERRNO_SUCCESS;
}
