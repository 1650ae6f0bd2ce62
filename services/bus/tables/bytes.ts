// Little-endian fields of a table that was copied into memory. Called by the parsers beside; who asks has checked the table's length.

// @ts-ignore: decorator
@inline
export function byte_at(table: usize, offset: u32): u32 {
  return load<u8>(table + offset);
}

// @ts-ignore: decorator
@inline
export function half_at(table: usize, offset: u32): u32 {
  return load<u16>(table + offset);
}

// @ts-ignore: decorator
@inline
export function word_at(table: usize, offset: u32): u32 {
  return load<u32>(table + offset);
}

// @ts-ignore: decorator
@inline
export function long_at(table: usize, offset: u32): u64 {
  return load<u64>(table + offset);
}

/** ACPI's checksum: all bytes add up to 0. */
export function adds_up(table: usize, length: u32): bool {
  let sum: u8 = 0;
  for (let i: u32 = 0; i < length; i++) sum += load<u8>(table + i);
  return sum == 0;
}
