// The ChaCha20 block function (RFC 8439, section 2.3): 64 bytes of keystream from a 256-bit key, a 32-bit block counter and
// a 96-bit nonce. Works on the 16-word state in linear memory; nothing is allocated.

const STATE_WORDS: u32 = 16;
const state = memory.data(64, 16);
const working = memory.data(64, 16);

/** "expand 32-byte k". */
const SIGMA_0: u32 = 0x6170_7865;
const SIGMA_1: u32 = 0x3320_646e;
const SIGMA_2: u32 = 0x7962_2d32;
const SIGMA_3: u32 = 0x6b20_6574;

/** Sets key (32 bytes) and nonce (12 bytes); counts blocks from `counter`. */
export function chacha20_set(key: usize, counter: u32, nonce: usize): void {
  store<u32>(state, SIGMA_0, 0);
  store<u32>(state, SIGMA_1, 4);
  store<u32>(state, SIGMA_2, 8);
  store<u32>(state, SIGMA_3, 12);
  memory.copy(state + 16, key, 32);
  store<u32>(state, counter, 48);
  memory.copy(state + 52, nonce, 12);
}

/** Writes the next 64 bytes of keystream to `output` and counts on. */
export function chacha20_block(output: usize): void {
  memory.copy(working, state, 64);
  for (let round = 0; round < 10; round++) {
    quarter(0, 16, 32, 48);
    quarter(4, 20, 36, 52);
    quarter(8, 24, 40, 56);
    quarter(12, 28, 44, 60);
    quarter(0, 20, 40, 60);
    quarter(4, 24, 44, 48);
    quarter(8, 28, 32, 52);
    quarter(12, 16, 36, 56);
  }
  for (let i: u32 = 0; i < STATE_WORDS; i++) {
    store<u32>(output + (i << 2), load<u32>(working + (i << 2)) + load<u32>(state + (i << 2)));
  }
  store<u32>(state, load<u32>(state, 48) + 1, 48);
}

/** The quarter round (section 2.1) on the words at four byte offsets. */
// @ts-ignore: decorator
@inline
function quarter(at_a: usize, at_b: usize, at_c: usize, at_d: usize): void {
  let a = load<u32>(working + at_a);
  let b = load<u32>(working + at_b);
  let c = load<u32>(working + at_c);
  let d = load<u32>(working + at_d);
  a += b;
  d = rotl<u32>(d ^ a, 16);
  c += d;
  b = rotl<u32>(b ^ c, 12);
  a += b;
  d = rotl<u32>(d ^ a, 8);
  c += d;
  b = rotl<u32>(b ^ c, 7);
  store<u32>(working + at_a, a);
  store<u32>(working + at_b, b);
  store<u32>(working + at_c, c);
  store<u32>(working + at_d, d);
}
