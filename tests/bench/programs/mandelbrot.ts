// The Mandelbrot set on a grid of `size` × `size` points, at most 50 iterations each: floating point in registers.

const ITERATIONS_MAX: u32 = 50;

export function run(size: u32): u64 {
  let inside: u64 = 0;
  for (let y: u32 = 0; y < size; y++) {
    const ci = (2.0 * <f64>y) / <f64>size - 1.0;
    for (let x: u32 = 0; x < size; x++) {
      const cr = (2.0 * <f64>x) / <f64>size - 1.5;
      let zr: f64 = 0,
        zi: f64 = 0,
        rr: f64 = 0,
        ii: f64 = 0;
      let n: u32 = 0;
      while (n < ITERATIONS_MAX && rr + ii <= 4.0) {
        zi = 2.0 * zr * zi + ci;
        zr = rr - ii + cr;
        rr = zr * zr;
        ii = zi * zi;
        n++;
      }
      inside += n;
    }
  }
  return inside;
}
