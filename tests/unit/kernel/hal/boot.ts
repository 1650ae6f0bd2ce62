// What the boot loader would have said: one range of memory and an archive, both told by the test, and a serial port.
import { tell_device, told, told_memory, told_reserved } from "../kernel/start/told";
@external("mock", "memory_bytes") declare function mock_memory_bytes(): u64;
@external("mock", "archive_base") declare function mock_archive_base(): u64;
@external("mock", "archive_bytes") declare function mock_archive_bytes(): u64;
export function boot_parse(a: u64, b: u64): u32 {
  told_memory().add(0, mock_memory_bytes());
  told_reserved().add(mock_archive_base(), mock_archive_bytes());
  told().archive_base = mock_archive_base();
  told().archive_length = mock_archive_bytes();
  told().firmware_base = 0x9000;
  told().firmware_bytes = 64;
  tell_device(1, 0x3f8, 8, true, 1, 4);
  return <u32>a;
}
export function boot_seed(i: u32): u64 { return i + 1; }
export function range_kept(base: u64, end: u64): bool { return base < 0x2_1000_0000 && end > 0x2_0000_0000; }
