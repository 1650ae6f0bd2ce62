// What asc compiles in the place of model/bits.ts: the same functions over its f64.

export function both(a: number, b: number): number {
  return <number>((<u32>a) & (<u32>b));
}

export function either(a: number, b: number): number {
  return <number>((<u32>a) | (<u32>b));
}

export function within(part: number, whole: number): boolean {
  return part < 4294967296 && ((<u32>part) & ~(<u32>whole)) == 0;
}

export function scaled(a: number, b: number, c: number): number {
  return <number>((<u64>a * <u64>b) / <u64>c);
}

export function quotient(a: number, b: number): number {
  return Math.floor(a / b);
}
