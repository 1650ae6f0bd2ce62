// Operators on bits of numbers, for Node. asc gets guest/bits.ts in this file's place, because its f64 has none.
// Arguments are whole numbers from 0; both() and either() take 32 bits, and what lies above is 0.

export function both(a: number, b: number): number {
  return (a & b) >>> 0;
}

export function either(a: number, b: number): number {
  return (a | b) >>> 0;
}

/** Every bit of `part` is one of `whole`, which has 32. */
export function within(part: number, whole: number): boolean {
  return part < 4294967296 && (part & ~whole) === 0;
}

/** Whole part of a * b / c: the product may need 64 bits. */
export function scaled(a: number, b: number, c: number): number {
  return Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** Whole part of a / b. */
export function quotient(a: number, b: number): number {
  return Math.floor(a / b);
}
