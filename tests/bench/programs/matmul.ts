// Product of two 256 × 256 matrices of f64, `rounds` times, on raw memory: the inner loop should become vector code.

const SIZE: usize = 256;
const BYTES: usize = 524288;
const a = memory.data(524288, 16);
const b = memory.data(524288, 16);
const c = memory.data(524288, 16);

function multiply(): void {
  for (let i: usize = 0; i < SIZE; i++) {
    const row = c + i * SIZE * 8;
    for (let j: usize = 0; j < SIZE; j++) store<f64>(row + (j << 3), 0);
    for (let k: usize = 0; k < SIZE; k++) {
      const factor = load<f64>(a + ((i * SIZE + k) << 3));
      const other = b + k * SIZE * 8;
      for (let j: usize = 0; j < SIZE; j++) {
        store<f64>(row + (j << 3), load<f64>(row + (j << 3)) + factor * load<f64>(other + (j << 3)));
      }
    }
  }
}

export function run(rounds: u32): u64 {
  for (let i: usize = 0; i < BYTES >> 3; i++) {
    store<f64>(a + (i << 3), <f64>((i * 7) & 15));
    store<f64>(b + (i << 3), <f64>((i * 13) & 15));
  }
  for (let round: u32 = 0; round < rounds; round++) multiply();
  let sum: f64 = 0;
  for (let i: usize = 0; i < BYTES >> 3; i++) sum += load<f64>(c + (i << 3));
  return <u64>sum;
}
