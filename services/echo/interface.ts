// The smallest useful service: it adds, swaps and shouts. docs/services.md shows it whole;
// the bench image measures protected calls with it.

export interface Echo {
  /** Answers the sum of its words: the cost of a call and nothing else. */
  add(a: u64, b: u64, c: u64, d: u64): u64;
  /** Answers its four words in reverse order. */
  swap(a: u64, b: u64, c: u64, d: u64): { first: u64; second: u64; third: u64; fourth: u64 };
  /** The same bytes with ASCII letters as capitals. */
  shout(text: bytes): bytes;
}
