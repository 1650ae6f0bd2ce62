// The program's arrays of (pointer, length) pairs: `iovec` and `ciovec`, 8 bytes each.
// Checked as a whole before a byte moves, so that errno `fault` means that nothing happened; and each pair again when
// it is used, because a read may land on the array itself.
import { ERRNO_FAULT, ERRNO_INVAL, ERRNO_SUCCESS } from "./errno";
import { guest_load32, guest_reaches } from "./guest";

const VECTOR_SIZE: u32 = 8;

/** Sum of the lengths, after a successful vectors_check. */
export let vectors_bytes: u32 = 0;
/** The pair that vector_load read last. */
export let vector_pointer: u32 = 0;
export let vector_length: u32 = 0;

/** Checks `count` vectors at `array` and all that they point to. `inval`: more bytes than a 32-bit count can tell. */
export function vectors_check(array: u32, count: u32): u32 {
  if (!guest_reaches(array, <u64>count * VECTOR_SIZE)) return ERRNO_FAULT;
  let total: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (!vector_load(array, i)) return ERRNO_FAULT;
    total += vector_length;
    if (total > <u64>u32.MAX_VALUE) return ERRNO_INVAL;
  }
  vectors_bytes = <u32>total;
  return ERRNO_SUCCESS;
}

/** Reads pair `i` once; false when it points outside the program's memory. */
// @ts-ignore: decorator
@inline
export function vector_load(array: u32, i: u32): bool {
  vector_pointer = guest_load32(array, i * VECTOR_SIZE);
  vector_length = guest_load32(array, i * VECTOR_SIZE + 4);
  return guest_reaches(vector_pointer, vector_length);
}
