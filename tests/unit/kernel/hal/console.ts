// The kernel's console goes to the test.
@external("mock", "put") declare function mock_put(byte: u32): void;
export function console_start(): void {}
export function console_put(byte: u32): void {
  mock_put(byte);
}
