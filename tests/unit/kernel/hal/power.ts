// Powering off is an exception in the test's JavaScript.
@external("mock", "power_off") declare function mock_power_off(status: u32): void;
export function power_off(status: u32): void {
  mock_power_off(status);
}
