// The keyboard's keys as a module that Node can drive.
import { forget_keys, key } from "../../../../services/keyboard/keys";

const bytes = memory.data(8);

export function press(code: u32, value: u32): u32 {
  return key(code, value, bytes);
}
export function forget(): void {
  forget_keys();
}
export function place(): usize {
  return bytes;
}
