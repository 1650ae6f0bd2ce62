// Prints its arguments and environment, then copies standard input to standard error; exits with the number of bytes, modulo 256.
import {
  args_get,
  args_sizes_get,
  environ_get,
  environ_sizes_get,
  fd_read,
  fd_write,
  print,
  proc_exit,
  RESULT,
  vector,
} from "./wasi";

const LIST: usize = memory.data(1024, 8);
const STRINGS: usize = memory.data(8192, 8);
const INPUT: usize = memory.data(1000, 8);

function print_list(name: string, count: u32): void {
  print(name + ": " + count.toString());
  for (let i: u32 = 0; i < count; i++) {
    const text = <usize>load<u32>(LIST + (i << 2));
    let length = 0;
    while (load<u8>(text + length) != 0) length++;
    print("  [" + String.UTF8.decodeUnsafe(text, length) + "]");
  }
}

export function _start(): void {
  args_sizes_get(RESULT, RESULT + 4);
  const arguments_count = load<u32>(RESULT);
  print("argument bytes: " + load<u32>(RESULT + 4).toString());
  args_get(LIST, STRINGS);
  print_list("arguments", arguments_count);
  environ_sizes_get(RESULT, RESULT + 4);
  const variables_count = load<u32>(RESULT);
  environ_get(LIST, STRINGS);
  print_list("variables", variables_count);
  let total: u32 = 0;
  while (true) {
    const error = fd_read(0, vector(INPUT, 1000), 1, RESULT);
    if (error != 0) {
      print("fd_read: errno " + error.toString());
      break;
    }
    const length = load<u32>(RESULT);
    if (length == 0) break;
    total += length;
    fd_write(2, vector(INPUT, length), 1, RESULT);
  }
  print("input bytes: " + total.toString());
  proc_exit(total & 0xff);
}
