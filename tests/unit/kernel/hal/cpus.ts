// Other CPUs of the test machine: who was told to look, and whose translations were flushed.
@external("mock", "cpu_interrupt") export declare function cpu_interrupt(hardware_id: u32): void;


@external("mock", "cpus_flush") declare function mock_flush(mask: u32, code: u32): void;
export function cpus_start(): void {}
export function cpu_started(): void {}
export function cpus_flush(mask: u32, code: bool): void {
  mock_flush(mask, code ? 1 : 0);
}
