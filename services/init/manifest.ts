// Reads the image manifest (format.ts) in place. init calls check_manifest once; the accessors then trust every
// reference, because the check proved that each lies inside the manifest.
import { hash_bytes } from "../lib/startup";
import * as format from "./format";

export const MANIFEST_OK: u32 = 0;
export const MANIFEST_TRUNCATED: u32 = 1;
export const MANIFEST_NOT_ONE: u32 = 2;
export const MANIFEST_OTHER_VERSION: u32 = 3;
export const MANIFEST_DAMAGED: u32 = 4;
export const MANIFEST_INVALID: u32 = 5;

let base: usize = 0;
let services: u32 = 0;
let grants: u32 = 0;
let strings: usize = 0;
let string_bytes: u32 = 0;

/** MANIFEST_OK, or what is wrong with the `length` bytes at `start`. */
export function check_manifest(start: usize, length: u64): u32 {
  if (length < <u32>format.MANIFEST_SERVICES_AT) return MANIFEST_TRUNCATED;
  if (load<u32>(start + format.MANIFEST_MAGIC_AT) != format.MANIFEST_MAGIC) return MANIFEST_NOT_ONE;
  if (load<u32>(start + format.MANIFEST_VERSION_AT) != format.MANIFEST_VERSION) return MANIFEST_OTHER_VERSION;
  const whole = load<u32>(start + format.MANIFEST_LENGTH_AT);
  if (whole < <u32>format.MANIFEST_SERVICES_AT || whole > length) return MANIFEST_TRUNCATED;
  const body = start + format.MANIFEST_SERVICES_AT;
  if (hash_bytes(body, whole - format.MANIFEST_SERVICES_AT) != load<u32>(start + format.MANIFEST_CHECK_AT))
    return MANIFEST_DAMAGED;
  const service_total = load<u32>(start + format.MANIFEST_SERVICE_COUNT_AT);
  const grant_total = load<u32>(start + format.MANIFEST_GRANT_COUNT_AT);
  const text = load<u32>(start + format.MANIFEST_STRING_BYTES_AT);
  if (service_total > <u32>format.MANIFEST_SERVICE_MAX || grant_total > <u32>format.MANIFEST_GRANT_MAX)
    return MANIFEST_INVALID;
  const fixed = format.MANIFEST_SERVICES_AT + service_total * format.SERVICE_SIZE + grant_total * format.GRANT_SIZE;
  if (<u64>fixed + text != whole) return MANIFEST_INVALID;
  base = start;
  services = service_total;
  grants = grant_total;
  strings = start + fixed;
  string_bytes = text;
  for (let i: u32 = 0; i < services; i++) if (!service_is_valid(i)) return MANIFEST_INVALID;
  for (let i: u32 = 0; i < grants; i++) if (!grant_is_valid(i)) return MANIFEST_INVALID;
  return MANIFEST_OK;
}

/** The sentence for what check_manifest answers. */
export function describe_manifest(result: u32): string {
  switch (result) {
    case MANIFEST_OK:
      return "valid";
    case MANIFEST_TRUNCATED:
      return "truncated";
    case MANIFEST_NOT_ONE:
      return "not an image manifest";
    case MANIFEST_OTHER_VERSION:
      return "of another version: build kernel and image together";
    case MANIFEST_DAMAGED:
      return "damaged: its check sum is wrong";
    default:
      return "inconsistent: a reference points outside it";
  }
}

export function service_count(): u32 {
  return services;
}

export function grant_count(): u32 {
  return grants;
}

/** The image exists to run one program and ends with it. */
export function image_runs_program(): bool {
  return (load<u32>(base + format.MANIFEST_FLAGS_AT) & format.IMAGE_RUNS_PROGRAM) != 0;
}

/** Record of service `index`. */
export function service_record(index: u32): usize {
  return base + format.MANIFEST_SERVICES_AT + index * format.SERVICE_SIZE;
}

/** Record of grant `index`, counted over the whole manifest. */
export function grant_record(index: u32): usize {
  return base + format.MANIFEST_SERVICES_AT + services * format.SERVICE_SIZE + index * format.GRANT_SIZE;
}

/** The first service with this flag; 0xffff_ffff: none. */
export function service_with(flag: u32): u32 {
  for (let i: u32 = 0; i < services; i++) {
    if ((load<u8>(service_record(i) + format.SERVICE_FLAGS_AT) & flag) != 0) return i;
  }
  return 0xffff_ffff;
}

/** First byte of a string reference. */
export function string_start(reference: u32): usize {
  return strings + (reference & 0xffff);
}

/** Bytes of a string reference. */
export function string_length(reference: u32): u32 {
  return reference >> 16;
}

function string_is_valid(reference: u32): bool {
  return (reference & 0xffff) + (reference >> 16) <= string_bytes && reference >> 16 != 0;
}

function service_is_valid(index: u32): bool {
  const record = service_record(index);
  const first = load<u16>(record + format.SERVICE_GRANT_FIRST_AT);
  const count = load<u16>(record + format.SERVICE_GRANT_COUNT_AT);
  return (
    string_is_valid(load<u32>(record + format.SERVICE_NAME_AT)) &&
    string_is_valid(load<u32>(record + format.SERVICE_MODULE_AT)) &&
    load<u8>(record + format.SERVICE_ISOLATION_AT) <= <u8>format.SERVICE_ENCLAVE &&
    load<u8>(record + format.SERVICE_PRIORITY_AT) <= 63 &&
    <u32>first + count <= grants
  );
}

function grant_is_valid(index: u32): bool {
  const record = grant_record(index);
  const kind = load<u8>(record + format.GRANT_KIND_AT);
  if (kind == 0 || <i32>kind > format.GRANT_KIND_LAST) return false;
  if (!string_is_valid(load<u32>(record + format.GRANT_NAME_AT))) return false;
  if (kind != format.GRANT_CALL) return true;
  const target = load<u16>(record + format.GRANT_TARGET_AT);
  const bytes = load<u32>(record + format.GRANT_A_AT);
  return (target < services || target == format.GRANT_TARGET_INIT) && bytes % 4096 == 0 && bytes <= 0x10000;
}
