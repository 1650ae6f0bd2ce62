// Time is what the test says.
@external("mock", "now") declare function mock_now(): u64;
@external("mock", "arm") declare function mock_arm(deadline: u64): void;
export function timer_start(): void {}
export function now_ns(): u64 { return mock_now(); }
export function ns_at(count: u64): u64 { return count; }
export function counter_to_ns(ticks: u64): u64 { return ticks; }
export function timer_arm(deadline: u64): void { mock_arm(deadline); }
