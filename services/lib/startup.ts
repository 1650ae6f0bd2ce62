// Reads the start-up page that init (or, for init itself, the kernel) mapped at STARTUP_INDEX: what this service was handed.
// Names are ASCII; the page holds their FNV-1a hashes. Look names up once, at start, and keep the answer.
import { STARTUP_INDEX } from "../../kernel/abi/layout";
import {
  STARTUP_CAPABILITY,
  STARTUP_END,
  STARTUP_ENTRY_SIZE,
  STARTUP_NUMBER,
  STARTUP_REGION,
  STARTUP_SEED,
  STARTUP_SELF,
} from "../../kernel/abi/formats";

/** FNV-1a, 32 bits, of an ASCII string. */
export function hash(name: string): u32 {
  let value: u32 = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) value = (value ^ name.charCodeAt(i)) * 0x01000193;
  return value;
}

/** FNV-1a of bytes in memory. */
export function hash_bytes(data: usize, length: u32): u32 {
  let value: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < length; i++) value = (value ^ load<u8>(data + i)) * 0x01000193;
  return value;
}

/** The entry of that kind and name hash, `skip` equal ones passed over; 0 when there is none. */
export function find(kind: u32, name: u32, skip: u32 = 0): usize {
  let entry: usize = STARTUP_INDEX;
  while (entry_kind(entry) != STARTUP_END) {
    if (entry_kind(entry) == kind && load<u32>(entry, 4) == name) {
      if (skip == 0) return entry;
      skip--;
    }
    entry += STARTUP_ENTRY_SIZE;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
export function entry_kind(entry: usize): u32 {
  return load<u32>(entry);
}

// @ts-ignore: decorator
@inline
export function entry_name(entry: usize): u32 {
  return load<u32>(entry, 4);
}

// @ts-ignore: decorator
@inline
export function entry_handle(entry: usize): u64 {
  return load<u64>(entry, 8);
}

// @ts-ignore: decorator
@inline
export function entry_a(entry: usize): u64 {
  return load<u64>(entry, 16);
}

// @ts-ignore: decorator
@inline
export function entry_b(entry: usize): u64 {
  return load<u64>(entry, 24);
}

/** The capability to this domain itself: it pays for what this service creates. */
export function self(): u64 {
  const entry = find(STARTUP_SELF, 0);
  return entry == 0 ? 0 : entry_handle(entry);
}

/** Instances of this service that served here before this one, since the machine started. */
export function restarts(): u64 {
  const entry = find(STARTUP_SELF, 0);
  return entry == 0 ? 0 : entry_a(entry);
}

/** The capability granted under a name; 0 when the image gives none (every gate refuses handle 0 with E_HANDLE). */
export function capability(name: string): u64 {
  const entry = find(STARTUP_CAPABILITY, hash(name));
  return entry == 0 ? 0 : entry_handle(entry);
}

/** First of the image's two numbers for a capability: of an endpoint, the window index of its shared buffer. */
export function capability_a(name: string): u64 {
  const entry = find(STARTUP_CAPABILITY, hash(name));
  return entry == 0 ? 0 : entry_a(entry);
}

/** Second number: of an endpoint, the bytes of its shared buffer. */
export function capability_b(name: string): u64 {
  const entry = find(STARTUP_CAPABILITY, hash(name));
  return entry == 0 ? 0 : entry_b(entry);
}

/** A constant of the image; `otherwise` when the image has none of that name. */
export function number(name: string, otherwise: u64): u64 {
  const entry = find(STARTUP_NUMBER, hash(name));
  return entry == 0 ? otherwise : entry_a(entry);
}

/** Index of a mapped region's first byte; 0 when there is none. `skip` passes over equal names. */
export function region(name: string, skip: u32 = 0): usize {
  const entry = find(STARTUP_REGION, hash(name), skip);
  return entry == 0 ? 0 : <usize>entry_a(entry);
}

/** Bytes of a mapped region. */
export function region_bytes(name: string, skip: u32 = 0): u64 {
  const entry = find(STARTUP_REGION, hash(name), skip);
  return entry == 0 ? 0 : entry_b(entry);
}

/** One of the four u64 of the 32-byte seed; 0 when there is no seed. */
export function seed(word: u32): u64 {
  const entry = find(STARTUP_SEED, 0, word >> 1);
  if (entry == 0) return 0;
  return word & 1 ? entry_b(entry) : entry_a(entry);
}
