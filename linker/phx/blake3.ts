// BLAKE3 (github.com/BLAKE3-team/BLAKE3-specs, section 2): the 32-byte hash that names a .phx. Called by phx/write.ts and
// phx/read.ts. Invariant: agrees with the published test vectors (tests/vectors/).

const CHUNK_BYTES = 1024;
const BLOCK_BYTES = 64;
const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;
const IV = Uint32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

const state = new Uint32Array(16);
const schedule = messageSchedule();

/** Word order of all seven rounds, one after another. */
function messageSchedule(): Uint8Array {
  const order = new Uint8Array(7 * 16);
  let current = Array.from({ length: 16 }, (_none, index) => index);
  for (let round = 0; round < 7; round++) {
    order.set(current, round * 16);
    current = PERMUTATION.map((place) => current[place] as number);
  }
  return order;
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

function mix(a: number, b: number, c: number, d: number, x: number, y: number): void {
  const s = state as unknown as number[];
  s[a] = (s[a] as number) + (s[b] as number) + x;
  s[d] = rotate((s[d] as number) ^ (s[a] as number), 16);
  s[c] = (s[c] as number) + (s[d] as number);
  s[b] = rotate((s[b] as number) ^ (s[c] as number), 12);
  s[a] = (s[a] as number) + (s[b] as number) + y;
  s[d] = rotate((s[d] as number) ^ (s[a] as number), 8);
  s[c] = (s[c] as number) + (s[d] as number);
  s[b] = rotate((s[b] as number) ^ (s[c] as number), 7);
}

/** The compression function, truncated to the chaining value (eight words). */
function compress(
  chaining: Uint32Array,
  words: Uint32Array,
  counter: number,
  blockBytes: number,
  flags: number,
): Uint32Array {
  state.set(chaining, 0);
  state.set(IV.subarray(0, 4), 8);
  state[12] = counter % 0x1_0000_0000;
  state[13] = Math.floor(counter / 0x1_0000_0000);
  state[14] = blockBytes;
  state[15] = flags;
  for (let round = 0; round < 7; round++) {
    const at = round * 16;
    const word = (place: number): number => words[schedule[at + place] as number] as number;
    mix(0, 4, 8, 12, word(0), word(1));
    mix(1, 5, 9, 13, word(2), word(3));
    mix(2, 6, 10, 14, word(4), word(5));
    mix(3, 7, 11, 15, word(6), word(7));
    mix(0, 5, 10, 15, word(8), word(9));
    mix(1, 6, 11, 12, word(10), word(11));
    mix(2, 7, 8, 13, word(12), word(13));
    mix(3, 4, 9, 14, word(14), word(15));
  }
  const result = new Uint32Array(8);
  for (let place = 0; place < 8; place++) result[place] = (state[place] as number) ^ (state[place + 8] as number);
  return result;
}

/** A node whose last compression is still open, because the root needs one more flag. */
interface Node {
  chaining: Uint32Array;
  words: Uint32Array;
  counter: number;
  blockBytes: number;
  flags: number;
}

function close(node: Node, moreFlags = 0): Uint32Array {
  return compress(node.chaining, node.words, node.counter, node.blockBytes, node.flags | moreFlags);
}

function blockWords(input: Uint8Array, from: number, bytes: number): Uint32Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(input.subarray(from, from + bytes));
  const words = new Uint32Array(16);
  const view = new DataView(block.buffer);
  for (let place = 0; place < 16; place++) words[place] = view.getUint32(place * 4, true);
  return words;
}

function chunkNode(input: Uint8Array, from: number, bytes: number, counter: number): Node {
  let chaining: Uint32Array = IV;
  let at = 0;
  for (; at + BLOCK_BYTES < bytes; at += BLOCK_BYTES) {
    chaining = compress(
      chaining,
      blockWords(input, from + at, BLOCK_BYTES),
      counter,
      BLOCK_BYTES,
      at === 0 ? CHUNK_START : 0,
    );
  }
  const blockBytes = bytes - at;
  const flags = CHUNK_END | (at === 0 ? CHUNK_START : 0);
  return { chaining, words: blockWords(input, from + at, blockBytes), counter, blockBytes, flags };
}

function subtree(input: Uint8Array, from: number, bytes: number, counter: number): Node {
  if (bytes <= CHUNK_BYTES) return chunkNode(input, from, bytes, counter);
  // the left side is the largest power of two of whole chunks that leaves at least one byte on the right
  let left = CHUNK_BYTES;
  while (left * 2 < bytes) left *= 2;
  const words = new Uint32Array(16);
  words.set(close(subtree(input, from, left, counter)), 0);
  words.set(close(subtree(input, from + left, bytes - left, counter + left / CHUNK_BYTES)), 8);
  return { chaining: IV, words, counter: 0, blockBytes: BLOCK_BYTES, flags: PARENT };
}

/** The 32-byte BLAKE3 hash of `input`. */
export function blake3(input: Uint8Array): Uint8Array {
  const words = close(subtree(input, 0, input.length, 0), ROOT);
  const output = new Uint8Array(32);
  const view = new DataView(output.buffer);
  for (const [place, word] of words.entries()) view.setUint32(place * 4, word, true);
  return output;
}
