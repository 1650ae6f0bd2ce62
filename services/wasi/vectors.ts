// The program's arrays of (pointer, length) pairs: `iovec` and `ciovec`, 8 bytes each.
// Checked as a whole before a byte moves, so that errno `fault` means that nothing happened; and each pair again when
// it is used, because a read may land on the array itself.
import { ERRNO_FAULT, ERRNO_INVAL, ERRNO_SUCCESS } from "./errno";
import { guest_copy_to, guest_fill_from, guest_load32, guest_reaches } from "./guest";

const VECTOR_SIZE: u32 = 8;

/** Sum of the lengths, after a successful vectors_check. */
export let vectors_bytes: u32 = 0;
/** The pair that vector_load read last. */
export let vector_pointer: u32 = 0;
export let vector_length: u32 = 0;

// How far vectors_scatter and vectors_gather have come: the array, the pair they are in, the bytes of it that are done.
let current_array: u32 = 0;
let current_count: u32 = 0;
let current: u32 = 0;
let current_done: u32 = 0;

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
  current_array = array;
  current_count = count;
  current = 0;
  current_done = 0;
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

/** The next piece of the checked vectors, at most `bytes`: its length, 0 when there is none; it begins at vector_pointer. */
function next_piece(bytes: u32): u32 {
  while (current < current_count && vector_load(current_array, current)) {
    if (current_done < vector_length) {
      const piece = min(vector_length - current_done, bytes);
      vector_pointer += current_done;
      current_done += piece;
      return piece;
    }
    current++;
    current_done = 0;
  }
  return 0;
}

/** Copies `bytes` from this instance's memory to where the checked vectors go on; answers how many had a place. */
export function vectors_scatter(source: usize, bytes: u32, site: u32): u32 {
  let moved: u32 = 0;
  while (moved < bytes) {
    const piece = next_piece(bytes - moved);
    if (piece == 0) break;
    guest_fill_from(vector_pointer, source + moved, piece, site);
    moved += piece;
  }
  return moved;
}

/** Copies up to `bytes` from where the checked vectors go on to this instance's memory; answers how many there were. */
export function vectors_gather(destination: usize, bytes: u32, site: u32): u32 {
  let moved: u32 = 0;
  while (moved < bytes) {
    const piece = next_piece(bytes - moved);
    if (piece == 0) break;
    guest_copy_to(destination + moved, vector_pointer, piece, site);
    moved += piece;
  }
  return moved;
}
