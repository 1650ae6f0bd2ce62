// What init shares with a victim and with a client, one page each: offsets of u64 words.

/** Victim: the fault to meet in the next call (0 none, 1 … FAULTS), a random number for it, its own capability, an endpoint. */
export const VICTIM_FAULT: usize = 0;
export const VICTIM_ARGUMENT: usize = 8;
export const VICTIM_SELF: usize = 16;
export const VICTIM_NEXT: usize = 24;

export const CLIENT_ENDPOINTS: usize = 0;
export const CLIENT_SEED: usize = 32;
/** Calls answered, in whatever way; the victim called now; and how they were answered. */
export const CLIENT_DONE: usize = 40;
export const CLIENT_VICTIM: usize = 48;
export const CLIENT_CORRECT: usize = 56;
export const CLIENT_ERRORS: usize = 64;
export const CLIENT_WRONG: usize = 72;
export const CLIENT_UNEXPECTED: usize = 80;
/** 1 + number of a victim that gave a wrong answer; init clears it. */
export const CLIENT_WRONG_FROM: usize = 88;

export const FAULT_UNREACHABLE: u64 = 1;
export const FAULT_STORE: u64 = 2;
export const FAULT_LOAD: u64 = 3;
export const FAULT_DIVIDE: u64 = 4;
export const FAULT_STACK: u64 = 5;
export const FAULT_FUNCTION: u64 = 6;
export const FAULT_LOOP: u64 = 7;
export const FAULT_YIELD_LOOP: u64 = 8;
export const FAULT_WAIT: u64 = 9;
export const FAULT_EXIT: u64 = 10;
/** From here up: one bit of the victim's memory is flipped. */
export const FAULT_FLIP: u64 = 11;
export const FAULTS: u64 = 20;

/** What a victim answers to `word`, when nothing is wrong with it. */
export function answer_of(table: StaticArray<u32>, word: u64): u64 {
  let x = <u32>word;
  for (let k = 0; k < 48; k++) x = table[x & 1023] ^ (x >> 5);
  return <u64>x;
}

export function table_fill(table: StaticArray<u32>): void {
  let x: u32 = 0x9e37_79b9;
  for (let i = 0; i < 1024; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    table[i] = x;
  }
}
