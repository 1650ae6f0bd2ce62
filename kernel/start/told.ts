// What the machine's loader or firmware told of it, in one record: memory, what holds something there, the boot archive, the screen,
// where the firmware's own tables are, devices. The hal's boot_parse() writes it; the kernel reads it at leisure.
// Invariant: every range is non-empty and does not wrap.

const RANGE_MAX: u32 = 64;
const DEVICE_MAX: u32 = 16;


@unmanaged
export class Range {
  base: u64;
  bytes: u64;
}


@unmanaged
export class RangeList {
  count: u32;
  unused: u32;


  @inline at(i: u32): Range {
    return changetype<Range>(changetype<usize>(this) + 8 + i * <u32>offsetof<Range>());
  }

  /** Adds a range; empty ones are left out. False: it wraps around, or the list is full. */
  add(base: u64, bytes: u64): bool {
    if (bytes == 0) return true;
    if (base + bytes < base || this.count >= RANGE_MAX) return false;
    const range = this.at(this.count++);
    range.base = base;
    range.bytes = bytes;
    return true;
  }

  /** Does a range of the list touch [base, end)? */
  touches(base: u64, end: u64): bool {
    for (let i: u32 = 0; i < this.count; i++) {
      const range = this.at(i);
      if (range.base < end && base < range.base + range.bytes) return true;
    }
    return false;
  }
}

/** The kernel's own, that init is handed. */
@unmanaged
export class ToldDevice {
  base: u64;
  bytes: u32;
  /** DEVICE_KIND_… */
  kind: u32;
  stride: u32;
  /** −1: none. */
  irq: i32;
  is_port: u32;
  unused: u32;
}


@unmanaged
export class Told {
  /** length 0: none. */
  archive_base: u64;
  archive_length: u64;
  /** ACPI's root pointer, or the device tree. */
  firmware_base: u64;
  firmware_bytes: u64;
  /** base 0: none. */
  framebuffer_base: u64;
  framebuffer_width: u32;
  framebuffer_height: u32;
  framebuffer_stride: u32;
  framebuffer_bits: u32;
  device_count: u32;
}

const record: usize = memory.data(72, 8);
const memory_list: usize = memory.data(1032, 8);
const reserved_list: usize = memory.data(1032, 8);
const devices: usize = memory.data(16 * 32, 8);


@inline export function told(): Told {
  return changetype<Told>(record);
}
/** Memory that may be used, and what in it holds something already. */
@inline export function told_memory(): RangeList {
  return changetype<RangeList>(memory_list);
}


@inline export function told_reserved(): RangeList {
  return changetype<RangeList>(reserved_list);
}


@inline export function told_device(i: u32): ToldDevice {
  return changetype<ToldDevice>(devices + (i << 5));
}

/** One device more; those beyond what we hold are left out. */
export function tell_device(kind: u32, base: u64, bytes: u32, is_port: bool, stride: u32, irq: i32): void {
  if (told().device_count >= DEVICE_MAX) return;
  const device = told_device(told().device_count++);
  device.kind = kind;
  device.base = base;
  device.bytes = bytes;
  device.is_port = is_port ? 1 : 0;
  device.stride = stride;
  device.irq = irq;
}

if (offsetof<Told>() > 72 || 8 + RANGE_MAX * offsetof<Range>() > 1032) ERROR("a record is larger than its place");
if (offsetof<ToldDevice>() != 32) ERROR("ToldDevice is not 32 bytes");
