// What a job costs: a time for each job and one for each number of its matrix, measured here and now when the service starts,
// the least of a few runs, because everything that disturbs a measurement makes it longer. Energy is time times the image's power.
import { OPERATION_LAST } from "../../build/interfaces/accelerator/constants";
import { now_ns } from "../lib/notification";
import { run } from "./kernels";

const ROWS_SMALL: u32 = 4;
const ROWS_LARGE: u32 = 68;
const COLUMNS: u32 = 64;
const RUNS: u32 = 5;
const REPEATS: u32 = 4;

const work = memory.data(20480, 16);
// By operation: picoseconds of a job, picoseconds of a number.
const base_ps = memory.data(32, 8);
const number_ps = memory.data(32, 8);

export function measure(variant: u64): void {
  for (let operation: u32 = 1; operation <= OPERATION_LAST; operation++) {
    const small = least(variant, operation, ROWS_SMALL),
      large = least(variant, operation, ROWS_LARGE);
    const each = large > small ? ((large - small) * 1000) / ((ROWS_LARGE - ROWS_SMALL) * COLUMNS) : 1;
    const rest = small * 1000 > each * ROWS_SMALL * COLUMNS ? small * 1000 - each * ROWS_SMALL * COLUMNS : 0;
    store<u64>(number_ps + (operation << 3), max<u64>(each, 1));
    store<u64>(base_ps + (operation << 3), rest);
  }
}

/** Nanoseconds of one run, the least of several. */
function least(variant: u64, operation: u32, rows: u32): u64 {
  let best = u64.MAX_VALUE;
  for (let i: u32 = 0; i < RUNS; i++) {
    const began = now_ns();
    for (let j: u32 = 0; j < REPEATS; j++) run(variant, operation, rows, COLUMNS, work, work + 19456);
    best = min(best, (now_ns() - began) / REPEATS);
  }
  return best;
}

export function estimated_ns(operation: u32, rows: u32, columns: u32): u64 {
  const numbers = <u64>rows * columns;
  return (load<u64>(base_ps + (operation << 3)) + numbers * load<u64>(number_ps + (operation << 3))) / 1000 + 1;
}
