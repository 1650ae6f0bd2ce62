// Two texts with a NUL between them, as changes carry them: an old and a new name, a link's name and its target, a tag's name and its content.
// Called by change.ts and tags.ts.

/** Bytes before the NUL; all of them when there is none. */
export function first_part(at: usize, bytes: u32): u32 {
  let length: u32 = 0;
  while (length < bytes && load<u8>(at + length) != 0) length++;
  return length;
}
