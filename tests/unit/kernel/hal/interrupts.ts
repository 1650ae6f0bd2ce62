// Vector n is line n; vector 255 is the timer.
@external("mock", "irq") declare function mock_irq(line: u32, masked: u32): void;
export function interrupts_start(): void {}
export function irq_count(): u32 {
  return 64;
}
export function vector_irq(vector: u32): i32 {
  return vector == 255 ? -1 : <i32>vector;
}
export function irq_mask(line: u32): void {
  mock_irq(line, 1);
}
export function irq_unmask(line: u32): void {
  mock_irq(line, 0);
}
export function irq_complete(vector: u32): void {}
