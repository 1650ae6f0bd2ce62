// What the boot loader would have said: one range of memory and an archive, both told by the test.
@external("mock", "memory_bytes") declare function mock_memory_bytes(): u64;
@external("mock", "archive_base") declare function mock_archive_base(): u64;
@external("mock", "archive_bytes") declare function mock_archive_bytes(): u64;
export function boot_parse(a: u64, b: u64): u32 { return <u32>a; }
export function memory_range_count(): u32 { return 1; }
export function memory_range_base(i: u32): u64 { return 0; }
export function memory_range_length(i: u32): u64 { return mock_memory_bytes(); }
export function reserved_range_count(): u32 { return 1; }
export function reserved_range_base(i: u32): u64 { return mock_archive_base(); }
export function reserved_range_length(i: u32): u64 { return mock_archive_bytes(); }
export function archive_base(): u64 { return mock_archive_base(); }
export function archive_length(): u64 { return mock_archive_bytes(); }
export function boot_seed(i: u32): u64 { return i + 1; }
export function firmware_base(): u64 { return 0x9000; }
export function firmware_bytes(): u64 { return 64; }
export function range_kept(base: u64, end: u64): bool { return base < 0x2_1000_0000 && end > 0x2_0000_0000; }
export function device_count(): u32 { return 1; }
export function device_kind(i: u32): u32 { return 1; }
export function device_base(i: u32): u64 { return 0x3f8; }
export function device_bytes(i: u32): u32 { return 8; }
export function device_is_port(i: u32): bool { return true; }
export function device_stride(i: u32): u32 { return 1; }
export function device_irq(i: u32): i32 { return 4; }
export function framebuffer_base(): u64 { return 0; }
export function framebuffer_width(): u32 { return 0; }
export function framebuffer_height(): u32 { return 0; }
export function framebuffer_stride(): u32 { return 0; }
export function framebuffer_bits(): u32 { return 0; }
