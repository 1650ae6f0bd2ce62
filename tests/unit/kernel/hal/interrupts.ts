// Vector n is line n; vector 255 is the timer. Lines 64 … 67 are messages.
@external("mock", "irq") declare function mock_irq(line: u32, masked: u32): void;


@external("mock", "irq_hold") declare function mock_hold(line: u32, held: u32): void;
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
export function message_count(): u32 {
  return 4;
}
export function message_first(): u32 {
  return 64;
}
export function message_address(line: u32): u64 {
  return 0xfee0_0000;
}
export function message_data(line: u32): u32 {
  return line;
}
export function irq_hold(line: u32, held: bool): void {
  mock_hold(line, held ? 1 : 0);
}
