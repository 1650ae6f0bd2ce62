// The processor's two ways to do an operation: one number at a time, and four (v128). Same arguments, same results but for
// the order of additions. Called by queue.ts with checked places; columns is a multiple of 4.
import { OPERATION_DOT } from "../../build/interfaces/accelerator/constants";

export const VARIANT_SCALAR: u64 = 1;
export const VARIANT_SIMD: u64 = 2;

/** Runs an operation over whole rows. */
export function run(variant: u64, operation: u32, rows: u32, columns: u32, matrix: usize, result: usize): void {
  const row_bytes = (<usize>columns) << 2;
  const vector = matrix + rows * row_bytes;
  for (let row: u32 = 0; row < rows; row++) {
    const at = matrix + row * row_bytes;
    const value =
      variant == VARIANT_SIMD ? simd(operation, at, vector, columns) : scalar(operation, at, vector, columns);
    store<f32>(result + (row << 2), value);
  }
}

function scalar(operation: u32, row: usize, vector: usize, columns: u32): f32 {
  let sum: f32 = 0;
  const end = row + (columns << 2);
  if (operation == OPERATION_DOT) {
    for (; row < end; row += 4, vector += 4) sum += load<f32>(row) * load<f32>(vector);
  } else {
    for (; row < end; row += 4, vector += 4) {
      const difference = load<f32>(row) - load<f32>(vector);
      sum += difference * difference;
    }
  }
  return sum;
}

function simd(operation: u32, row: usize, vector: usize, columns: u32): f32 {
  let sum = f32x4.splat(0);
  const end = row + (columns << 2);
  if (operation == OPERATION_DOT) {
    for (; row < end; row += 16, vector += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(row), v128.load(vector)));
  } else {
    for (; row < end; row += 16, vector += 16) {
      const difference = f32x4.sub(v128.load(row), v128.load(vector));
      sum = f32x4.add(sum, f32x4.mul(difference, difference));
    }
  }
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)
  );
}
