// Work that costs the same in every module: schedule-init.ts measures it, schedule-worker.ts does it.
let state: u64 = 1;

export function spin(turns: u64): void {
  let x = state;
  for (let i: u64 = 0; i < turns; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  state = x;
}
