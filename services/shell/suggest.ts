// How far a mistyped word is from a command's name: the optimal string alignment distance (Damerau 1964: insertions,
// deletions, replacements, and swaps of neighbours cost one each). Used when a command does not exist.

const NAME_LIMIT: u32 = 16;

// Three rows of the table, one byte a cell: the row before the last is needed for swaps.
const rows = memory.data(64);

/** The distance between `length` bytes at `word` and an ASCII name; words longer than any name are far. */
export function distance(word: usize, length: u32, name: string): u32 {
  const width = <u32>name.length;
  if (length > NAME_LIMIT || width > NAME_LIMIT) return NAME_LIMIT;
  for (let j: u32 = 0; j <= width; j++) set(0, j, j);
  for (let i: u32 = 1; i <= length; i++) {
    set(i, 0, i);
    for (let j: u32 = 1; j <= width; j++) {
      const same = letter(word, i) == <u8>name.charCodeAt(j - 1);
      let cost = min(min(get(i - 1, j) + 1, get(i, j - 1) + 1), get(i - 1, j - 1) + (same ? 0 : 1));
      const swapped =
        i > 1 &&
        j > 1 &&
        letter(word, i) == <u8>name.charCodeAt(j - 2) &&
        letter(word, i - 1) == <u8>name.charCodeAt(j - 1);
      if (swapped) cost = min(cost, get(i - 2, j - 2) + 1);
      set(i, j, cost);
    }
  }
  return get(length, width);
}

/** True when a word this far from a name of that length is likely meant to be it. */
export function is_near(far: u32, name: string): bool {
  return far <= (name.length <= 3 ? 1 : 2);
}

function letter(word: usize, position: u32): u8 {
  const byte = load<u8>(word + position - 1);
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function get(row: u32, column: u32): u32 {
  return load<u8>(rows + (row % 3) * (NAME_LIMIT + 1) + column);
}

function set(row: u32, column: u32, value: u32): void {
  store<u8>(rows + (row % 3) * (NAME_LIMIT + 1) + column, <u8>value);
}
