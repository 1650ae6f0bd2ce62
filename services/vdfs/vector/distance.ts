// Distances with v128: a question held as 16-bit integers against codes of 8 bits, and f32 against f32. Smaller is nearer:
// inner product 1 − q·v, cosine the same of vectors of length 1, L2 the square of |q − v|.
// Invariant: what a question reads beyond its dimensions is multiplied by 0; f32 reads nothing beyond.
import * as layout from "./layout";
import { allocate, Index } from "./state";

// A question: these floats, then its values, padded to 16 dimensions with zeros: i16 if quantised, f32 if not
export const ASKED_SCALE: usize = 0;
export const ASKED_OFFSET: usize = 4;
/** Sum of the squares of its values. */
export const ASKED_NORM: usize = 8;
/** What a vector's offset is multiplied with: the sum of the question's values. */
export const ASKED_SUM: usize = 12;
export const ASKED_VALUES: usize = 16;
const ASKED_BYTES: usize = 16 + ((<usize>layout.DIMENSIONS_MAX) << 2);

/** The question of a search or an insertion. */
export const asked = allocate(ASKED_BYTES);
/** A vector of the index in the place of a question: where neighbours are chosen. */
export const compared = allocate(ASKED_BYTES);

/** Sum of the products is below 2^31: |code| ≤ 128, and the question's integers sum up to at most 2^24. */
const ASKED_SUM_MAX: f32 = 16_000_000;

// @ts-ignore: decorator
@inline
function sum_i32(v: v128): i32 {
  const halves = i32x4.add(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return i32x4.extract_lane(halves, 0) + i32x4.extract_lane(halves, 1);
}

// @ts-ignore: decorator
@inline
function sum_f32(v: v128): f32 {
  const halves = f32x4.add(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
}

/** Products of 16-bit values and 8-bit codes, 16 dimensions a step. */
// @ts-ignore: decorator
@inline
function dot_codes(values: usize, codes: usize, dimensions: u32): i32 {
  let even = i32x4.splat(0);
  let odd = i32x4.splat(0);
  const end = codes + dimensions;
  while (codes < end) {
    even = i32x4.add(even, i32x4.dot_i16x8_s(v128.load_ext<i8>(codes), v128.load(values)));
    odd = i32x4.add(odd, i32x4.dot_i16x8_s(v128.load_ext<i8>(codes, 8), v128.load(values, 16)));
    codes += 16;
    values += 32;
  }
  return sum_i32(i32x4.add(even, odd));
}

export function dot_f32(one: usize, other: usize, dimensions: u32): f32 {
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  let left = dimensions;
  for (; left >= 8; left -= 8) {
    low = f32x4.add(low, f32x4.mul(v128.load(one), v128.load(other)));
    high = f32x4.add(high, f32x4.mul(v128.load(one, 16), v128.load(other, 16)));
    one += 32;
    other += 32;
  }
  let sum = sum_f32(f32x4.add(low, high));
  for (; left > 0; left--) {
    sum += load<f32>(one) * load<f32>(other);
    one += 4;
    other += 4;
  }
  return sum;
}

export function square_f32(one: usize, other: usize, dimensions: u32): f32 {
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  let left = dimensions;
  for (; left >= 8; left -= 8) {
    const first = f32x4.sub(v128.load(one), v128.load(other));
    const second = f32x4.sub(v128.load(one, 16), v128.load(other, 16));
    low = f32x4.add(low, f32x4.mul(first, first));
    high = f32x4.add(high, f32x4.mul(second, second));
    one += 32;
    other += 32;
  }
  let sum = sum_f32(f32x4.add(low, high));
  for (; left > 0; left--) {
    const difference = load<f32>(one) - load<f32>(other);
    sum += difference * difference;
    one += 4;
    other += 4;
  }
  return sum;
}

/** Distance of exact values. */
export function exact_distance(metric: u32, one: usize, other: usize, dimensions: u32): f32 {
  return metric == layout.METRIC_L2 ? square_f32(one, other, dimensions) : 1 - dot_f32(one, other, dimensions);
}

/** Distance of a question from quantised codes with their meta words. */
// @ts-ignore: decorator
@inline
export function coded_distance(question: usize, record: usize, meta_at: usize, dimensions: u32, is_l2: bool): f32 {
  const products = <f32>dot_codes(question + ASKED_VALUES, record, dimensions);
  const meta = record + meta_at;
  const dot =
    load<f32>(meta, layout.META_SCALE) *
      (load<f32>(question, ASKED_SCALE) * products +
        load<f32>(question, ASKED_OFFSET) * load<f32>(meta, layout.META_SUM)) +
    load<f32>(meta, layout.META_OFFSET) * load<f32>(question, ASKED_SUM);
  return is_l2 ? load<f32>(question, ASKED_NORM) + load<f32>(meta, layout.META_NORM) - 2 * dot : 1 - dot;
}

/** Distance of a question from one record of the graph. */
export function distance(index: Index, question: usize, record: usize): f32 {
  const is_l2 = index.metric == layout.METRIC_L2;
  if (index.kind == layout.KIND_QUANTISED)
    return coded_distance(question, record, index.meta_at, index.dimensions, is_l2);
  return exact_distance(index.metric, question + ASKED_VALUES, record, index.dimensions);
}

/** A float as an integer of the same order; NaN comes last. */
// @ts-ignore: decorator
@inline
export function ordered(value: f32): u32 {
  const bits = reinterpret<i32>(value);
  return <u32>(bits ^ ((bits >> 31) | (<i32>0x8000_0000)));
}

/** The float of such an integer. */
export function unordered(order: u32): f32 {
  const bits = <i32>order;
  return reinterpret<f32>(bits < 0 ? bits ^ (<i32>0x8000_0000) : ~bits);
}

/** Makes a question of f32 values. For cosine they have length 1 already. */
export function ask(index: Index, values: usize): void {
  const dimensions = index.dimensions;
  if (index.kind == layout.KIND_F32) {
    memory.copy(asked + ASKED_VALUES, values, (<usize>dimensions) << 2);
    return;
  }
  let largest: f32 = 0;
  let total: f32 = 0;
  let norm: f32 = 0;
  for (let i: u32 = 0; i < dimensions; i++) {
    const value = load<f32>(values + ((<usize>i) << 2));
    largest = max(largest, abs(value));
    total += abs(value);
    norm += value * value;
  }
  const scale = max(largest / 32767, total / ASKED_SUM_MAX);
  let sum: i32 = 0;
  const padded = (dimensions + 15) & ~15;
  for (let i: u32 = 0; i < padded; i++) {
    const code = i < dimensions && scale > 0 ? <i32>nearest(load<f32>(values + ((<usize>i) << 2)) / scale) : 0;
    store<i16>(asked + ASKED_VALUES + ((<usize>i) << 1), <i16>code);
    sum += code;
  }
  store<f32>(asked, scale, ASKED_SCALE);
  store<f32>(asked, 0, ASKED_OFFSET);
  store<f32>(asked, norm, ASKED_NORM);
  store<f32>(asked, scale * <f32>sum, ASKED_SUM);
}

/** Puts a vector of the graph in the place of a question. */
export function compare(index: Index, record: usize): void {
  const dimensions = index.dimensions;
  if (index.kind == layout.KIND_F32) {
    memory.copy(compared + ASKED_VALUES, record, (<usize>dimensions) << 2);
    return;
  }
  const values = compared + ASKED_VALUES;
  let at: u32 = 0;
  for (; at < dimensions; at += 16) {
    v128.store(values + ((<usize>at) << 1), v128.load_ext<i8>(record + at));
    v128.store(values + ((<usize>at) << 1), v128.load_ext<i8>(record + at, 8), 16);
  }
  for (let i = dimensions; i < at; i++) store<i16>(values + ((<usize>i) << 1), 0);
  const meta = record + index.meta_at;
  const scale = load<f32>(meta, layout.META_SCALE);
  const offset = load<f32>(meta, layout.META_OFFSET);
  const sum = load<f32>(meta, layout.META_SUM);
  store<f32>(compared, scale, ASKED_SCALE);
  store<f32>(compared, offset, ASKED_OFFSET);
  store<f32>(compared, load<f32>(meta, layout.META_NORM), ASKED_NORM);
  store<f32>(compared, scale * sum + offset * <f32>dimensions, ASKED_SUM);
}

/** Does a record of the graph hold what was put in the place of a question? */
export function is_compared(index: Index, record: usize): bool {
  const dimensions = index.dimensions;
  const values = compared + ASKED_VALUES;
  if (index.kind == layout.KIND_F32) return memory.compare(values, record, (<usize>dimensions) << 2) == 0;
  const meta = record + index.meta_at;
  if (load<f32>(compared, ASKED_SCALE) != load<f32>(meta, layout.META_SCALE)) return false;
  if (load<f32>(compared, ASKED_OFFSET) != load<f32>(meta, layout.META_OFFSET)) return false;
  for (let i: u32 = 0; i < dimensions; i++)
    if (load<i16>(values + ((<usize>i) << 1)) != <i16>load<i8>(record + i)) return false;
  return true;
}

/** Writes values into a record of the graph, quantised as the index says. */
export function encode(index: Index, values: usize, record: usize): void {
  const dimensions = index.dimensions;
  const meta = record + index.meta_at;
  if (index.kind == layout.KIND_F32) {
    memory.copy(record, values, (<usize>dimensions) << 2);
    return;
  }
  let lowest = load<f32>(values);
  let highest = lowest;
  for (let i: u32 = 1; i < dimensions; i++) {
    const value = load<f32>(values + ((<usize>i) << 2));
    lowest = min(lowest, value);
    highest = max(highest, value);
  }
  const scale = <f32>((<f64>highest - <f64>lowest) / 255);
  const offset = <f32>(<f64>lowest + 128 * <f64>scale);
  let sum: i32 = 0;
  let squares: i64 = 0;
  for (let i: u32 = 0; i < dimensions; i++) {
    const steps = scale > 0 ? (<f64>load<f32>(values + ((<usize>i) << 2)) - <f64>lowest) / <f64>scale : 128;
    const code = <i32>min<f64>(nearest(steps), 255) - 128;
    store<i8>(record + i, <i8>code);
    sum += code;
    squares += code * code;
  }
  const s = <f64>scale;
  const o = <f64>offset;
  store<f32>(meta, scale, layout.META_SCALE);
  store<f32>(meta, offset, layout.META_OFFSET);
  store<f32>(meta, <f32>(s * s * <f64>squares + 2 * s * o * <f64>sum + o * o * <f64>dimensions), layout.META_NORM);
  store<f32>(meta, <f32>sum, layout.META_SUM);
}
