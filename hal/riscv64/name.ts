// The architecture's name, for messages only: generic code never asks which one it runs on.

const NAME: StaticArray<u8> = [114, 105, 115, 99, 118, 54, 52]; // riscv64

/** Byte i of the ASCII name; 0 = its end. */
export function architecture_name_at(i: u32): u32 {
  return i < <u32>NAME.length ? NAME[i] : 0;
}
