// "test"
export function architecture_name_at(i: u32): u32 {
  return i == 0 ? 116 : i == 1 ? 101 : i == 2 ? 115 : i == 3 ? 116 : 0;
}
