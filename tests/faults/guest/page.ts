// What init of the fault injection shares with a victim and with a client, one page each: offsets of u64 words, and the numbers of
// faults. Flipped bits never reach these pages: they lie in the window, not in the instance's linear memory.

/** Victim: the fault to meet in the next call (0 none), a random number for it, its own capability, an endpoint (0 none). */
export const VICTIM_FAULT: usize = 0;
export const VICTIM_ARGUMENT: usize = 8;
export const VICTIM_SELF: usize = 16;
export const VICTIM_NEXT: usize = 24;
/** The last fault that it met; activations that it has brought to an end: its start is the first. */
export const VICTIM_MET: usize = 32;
export const VICTIM_DONE: usize = 40;

/** Client: its endpoints, seed of its choices, a notification to sleep at (0: it yields), answers in all, and each kind of them. */
export const CLIENT_ENDPOINTS: usize = 0;
export const CLIENT_SEED: usize = 32;
export const CLIENT_NAP: usize = 40;
export const CLIENT_DONE: usize = 48;
export const CLIENT_CORRECT: usize = 56;
export const CLIENT_FAULTS: usize = 64;
export const CLIENT_TIMEOUTS: usize = 72;
export const CLIENT_CANCELLED: usize = 80;
export const CLIENT_WRONG: usize = 88;
export const CLIENT_UNEXPECTED: usize = 96;
/** 1 + number of a victim that gave a wrong answer, which init clears, and which victim of that number it was. The last unexpected answer. */
export const CLIENT_WRONG_FROM: usize = 104;
export const CLIENT_WRONG_GENERATION: usize = 112;
export const CLIENT_ANSWER: usize = 120;
/** How often each victim has been made. */
export const CLIENT_GENERATIONS: usize = 128;

export const FAULT_UNREACHABLE: u32 = 1;
export const FAULT_STORE: u32 = 2;
export const FAULT_LOAD: u32 = 3;
export const FAULT_DIVIDE: u32 = 4;
export const FAULT_STACK: u32 = 5;
export const FAULT_FUNCTION: u32 = 6;
export const FAULT_LOOP: u32 = 7;
export const FAULT_YIELD_LOOP: u32 = 8;
export const FAULT_WAIT: u32 = 9;
export const FAULT_EXIT: u32 = 10;
/** One bit of the victim's memory is flipped. */
export const FAULT_FLIP: u32 = 11;
/** What init does from outside, wherever the victim, or the client, is. */
export const FAULT_KILL: u32 = 12;
export const FAULT_KILL_CLIENT: u32 = 13;
export const FAULT_CANCEL: u32 = 14;
export const FAULT_KINDS: u32 = 15;

/** What a victim answers to `word`, when nothing is wrong with it. */
export function answer_of(table: StaticArray<u32>, word: u64): u64 {
  let x = <u32>word;
  for (let k = 0; k < 48; k++) x = table[x & 255] ^ (x >> 5);
  return <u64>x;
}

/** The first reply word beside that answer. */
export function word_of(answer: u64): u64 {
  return answer * 3 + 1;
}

export function table_fill(table: StaticArray<u32>): void {
  let x: u32 = 0x9e37_79b9;
  for (let i = 0; i < 256; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    table[i] = x;
  }
}
