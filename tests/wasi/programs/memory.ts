// Pointers into memory that the program has just grown and never touched, up to its last byte, and one past it.
import * as wasi from "./wasi";
import { print_number, RESULT, vector } from "./wasi";

const PAGE: usize = 65536;
const GROWTH: i32 = 512;

/** Copies and fills of all lengths to 560, at all places to one another: a hash of what is there then. */
function mixed_copies(at: usize): u32 {
  for (let i: usize = 0; i < 4096; i++) store<u8>(at + i, <u8>(i * 167));
  for (let i: usize = 0; i < 4000; i++) {
    memory.copy(at + ((i * 91) % 711), at + ((i * 37) % 700), i % 560);
    memory.fill(at + 2000 + ((i * 91) % 711), <u8>i, i % 577);
  }
  let hash: u32 = 0;
  for (let i: usize = 0; i < 4096; i++) hash = hash * 16777619 + load<u8>(at + i);
  return hash >> 8;
}

export function _start(): void {
  const old = memory.grow(GROWTH);
  const end = <usize>memory.size() * PAGE;
  const middle = <usize>old * PAGE + (<usize>GROWTH * PAGE) / 2;
  print_number("grown:", old > 0 ? 1 : 0);
  print_number("random_get in the middle:", wasi.random_get(middle, 100));
  let sum: u32 = 0;
  for (let i: usize = 0; i < 100; i++) sum += load<u8>(middle + i);
  print_number("it wrote there:", sum > 0 ? 1 : 0);
  print_number("copies and fills:", mixed_copies(middle));
  print_number("copies and fills at odd places:", mixed_copies(middle + 8195));
  print_number("random_get at the end:", wasi.random_get(end - 64, 64));
  print_number("random_get past the end:", wasi.random_get(end - 63, 64));
  print_number("clock_time_get across the end:", wasi.clock_time_get(1, 0, end - 4));
  print_number("clock_time_get at the end:", wasi.clock_time_get(1, 0, end - 8));
  // Zeros from pages that nobody has touched, printed as such.
  const error = wasi.fd_write(2, vector(middle + PAGE * 4 - 3, 6), 1, RESULT);
  const written = load<u32>(RESULT);
  print_number("fd_write of untouched bytes:", error);
  print_number("bytes written:", written);
  // The result may lie right behind the vectors, at the very end.
  store<u32>(end - 12, <u32>middle);
  store<u32>(end - 8, 0);
  print_number("vectors at the end:", wasi.fd_write(1, end - 12, 1, end - 4));
  print_number("vectors past the end:", wasi.fd_write(1, end - 12, 2, RESULT));
  print_number("grown again:", memory.grow(1) > 0 ? 1 : 0);
  print_number("random_get past the old end:", wasi.random_get(end - 32, 64));
}
