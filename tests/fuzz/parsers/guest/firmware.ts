// Physical space as a hostile firmware and hostile functions make it: an input is pieces, each a table, a device tree, or a function's configuration
// space. Checksums and lengths of tables are right unless the input says otherwise, so that mutations get past them. Called by bus.ts.
import * as bytes from "./bytes";

export const ROOT_AT: u64 = 0xf_59e0;
export const ARENA_AT: u64 = 0xffe_0000;
export const ARENA_BYTES: u32 = 0x4000;
export const ECAM_AT: u64 = 0xb000_0000;
export const ECAM_BYTES: u64 = 0x40_0000;
export const TREE_AT: u64 = 0x8200_0000;
const TABLES_MAX: u32 = 24;
const HEADER_BYTES: u32 = 36;
const SIGNATURES: StaticArray<u32> = [0x4349_5041, 0x4746_434d, 0x5241_4d44, 0x5043_4146, 0x5444_5344, 0x5444_5358];
const FACP: u32 = 0x5043_4146;
const DSDT: u32 = 0x5444_5344;
const FACP_DSDT: u32 = 40;
const PIECE_FUNCTION: u32 = 9;
const PIECE_TREE: u32 = 10;

const root = memory.data(36, 8);
export const arena = memory.data(0x4000, 8);
let arena_used: u32 = 0;
const tables = new StaticArray<u32>(<i32>TABLES_MAX);
let table_count: u32 = 0;
let dsdt_at: u32 = 0;
export const tree = memory.data(0x4000, 8);
export let tree_bytes: u32 = 0;

export const FUNCTION_MAX: u32 = 12;
const FUNCTION_BYTES: u32 = 256 + 64;
export let function_count: u32 = 0;
const functions = memory.data(12 * 320, 8);
const targets = new StaticArray<u32>(12);
const sizes = memory.data(12 * 8);

function sum_right(start: usize, length: u32, at: u32): void {
  store<u8>(start + at, 0);
  let sum: u8 = 0;
  for (let i: u32 = 0; i < length; i++) sum += load<u8>(start + i);
  store<u8>(start + at, -sum);
}

/** Reads the input's pieces: kind, length of 16 bits, bytes. */
export function read_pieces(): void {
  memory.fill(root, 0, 36);
  store<u64>(root, 0x2052_5450_2044_5352); // "RSD PTR "
  let patches: u32 = 0;
  const patch = arena + ARENA_BYTES - 64;
  while (!bytes.is_over()) {
    const kind = bytes.below(12),
      length = min(bytes.half(), bytes.left());
    if (kind < 6) table(SIGNATURES[kind], length);
    else if (kind == 6) table(0, length);
    else if (kind < PIECE_FUNCTION) {
      // 7: the root pointer itself, 8: the list of tables; both after everything else
      patches |= 1 << (kind - 7);
      for (let i: u32 = 0; i < length; i++) {
        const value = bytes.byte();
        if (i < 32) store<u8>(patch + (kind - 7) * 32 + i, <u8>value);
      }
    } else if (kind == PIECE_FUNCTION) config_space(length);
    else if (kind == PIECE_TREE) {
      for (let i: u32 = 0; i < length; i++) {
        const value = bytes.byte();
        if (i < 0x4000) store<u8>(tree + i, <u8>value);
      }
      tree_bytes = min(length, 0x4000);
    } else for (let i: u32 = 0; i < length; i++) bytes.byte();
  }
  finish(patches, patch);
}

function table(signature: u32, body: u32): void {
  const whole = HEADER_BYTES + body;
  const has_room = table_count < TABLES_MAX && arena_used + whole + 512 < ARENA_BYTES;
  const start = arena + arena_used;
  for (let i: u32 = 0; i < body; i++) {
    const value = bytes.byte();
    if (has_room) store<u8>(start + HEADER_BYTES + i, <u8>value);
  }
  if (!has_room) return;
  let length = whole;
  memory.fill(start, 0, HEADER_BYTES);
  if (signature == 0 && body >= 5) {
    // a table of any name whose length is the input's
    signature = load<u32>(start + HEADER_BYTES);
    length = load<u8>(start + HEADER_BYTES + 4) == 0 ? whole : <u32>load<u8>(start + HEADER_BYTES + 4);
  }
  store<u32>(start, signature);
  store<u32>(start + 4, length);
  store<u8>(start + 8, 3);
  if (signature == DSDT) dsdt_at = <u32>ARENA_AT + arena_used;
  else tables[table_count++] = arena_used;
  arena_used += whole + 1;
}

function finish(patches: u32, patch: usize): void {
  for (let i: u32 = 0; i < table_count; i++) {
    const start = arena + tables[i],
      length = load<u32>(start + 4);
    if (load<u32>(start) == FACP && length >= 44 && dsdt_at != 0) store<u32>(start + FACP_DSDT, dsdt_at);
    if (length >= 10 && length <= ARENA_BYTES - tables[i]) sum_right(start, length, 9);
  }
  if (dsdt_at != 0) {
    const start = arena + (dsdt_at - <u32>ARENA_AT);
    sum_right(start, min(load<u32>(start + 4), ARENA_BYTES), 9);
  }
  const list = arena + arena_used;
  store<u32>(list, 0x5444_5352); // "RSDT"
  store<u32>(list + 4, HEADER_BYTES + 4 * table_count);
  for (let i: u32 = 0; i < table_count; i++) store<u32>(list + HEADER_BYTES + 4 * i, <u32>ARENA_AT + tables[i]);
  if ((patches & 2) != 0) overlay(list + 4, patch + 32);
  const length = load<u32>(list + 4);
  if (length >= 10 && length < 2048) sum_right(list, min(length, ARENA_BYTES - arena_used), 9);
  store<u32>(root + 16, <u32>ARENA_AT + arena_used);
  if ((patches & 1) != 0) overlay(root + 8, patch);
  sum_right(root, 20, 8);
  sum_right(root, 36, 32);
}

/** Bytes that are not 0 replace what is there. */
function overlay(to: usize, patch: usize): void {
  for (let i: u32 = 0; i < 28; i++) if (load<u8>(patch + i) != 0) store<u8>(to + i, load<u8>(patch + i));
}

/** Bus and device number, six sizes of base registers (log2, bit 7: 64 bits wide), then the configuration space's bytes. */
function config_space(length: u32): void {
  const has_room = function_count < FUNCTION_MAX && length >= 8;
  if (!has_room) {
    for (let i: u32 = 0; i < length; i++) bytes.byte();
    return;
  }
  targets[function_count] = bytes.half() & 0x3ff;
  for (let i: u32 = 0; i < 6; i++) store<u8>(sizes + function_count * 8 + i, <u8>bytes.byte());
  const space = functions + function_count * FUNCTION_BYTES;
  for (let i: u32 = 0; i < length - 8; i++) {
    const value = bytes.byte();
    if (i < 256) store<u8>(space + i, <u8>value);
  }
  function_count++;
}

/** A word of physical space below the devices: tables, the root pointer. */
export function physical_byte(address: u64): u32 {
  if (address >= ROOT_AT && address < ROOT_AT + 36) return load<u8>(root + <usize>(address - ROOT_AT));
  if (address >= ARENA_AT && address < ARENA_AT + ARENA_BYTES) return load<u8>(arena + <usize>(address - ARENA_AT));
  if (address >= TREE_AT && address < TREE_AT + tree_bytes) return load<u8>(tree + <usize>(address - TREE_AT));
  return 0;
}

function find(target: u32): i32 {
  for (let i: u32 = 0; i < function_count; i++) if (targets[i] == target) return <i32>i;
  return -1;
}

export function config_load(target: u32, register: u32): u32 {
  const place = find(target);
  if (place < 0) return 0xffff_ffff;
  return register + 4 <= 256 ? load<u32>(functions + <u32>place * FUNCTION_BYTES + register) : 0;
}

/** Base registers keep what their size allows; the rest of the first 64 bytes is fixed but for the command; capabilities keep everything. */
export function config_store(target: u32, register: u32, value: u32): void {
  const place = find(target);
  if (place < 0 || register + 4 > 256) return;
  const at = functions + <u32>place * FUNCTION_BYTES + register,
    size = sizes + <u32>place * 8;
  if (register >= 16 && register < 40) {
    const number = (register - 16) >> 2,
      log = load<u8>(size + number);
    if (number > 0 && (load<u8>(size + number - 1) & 0x80) != 0) {
      const below = load<u8>(size + number - 1) & 63;
      store<u32>(at, value & (below >= 32 ? <u32>-((<i64>1) << (below - 32)) : u32.MAX_VALUE));
    } else if ((log & 63) >= 4) {
      const kept = (log & 63) >= 32 ? 0 : value & (<u32>-(1 << (log & 63)));
      store<u32>(at, kept | (load<u32>(at) & 15));
    } else if (log == 0) store<u32>(at, 0);
  } else if (register == 4) store<u16>(at, <u16>(value & 0x546));
  else if (register >= 0x40) store<u32>(at, value);
}
