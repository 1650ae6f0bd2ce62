// What boot_parse() told, a number at a time, for the tests of both hals.
import { told, told_device, told_memory, told_reserved } from "../../../../kernel/start/told";

export function archive_base(): u64 {
  return told().archive_base;
}
export function archive_length(): u64 {
  return told().archive_length;
}
export function firmware_base(): u64 {
  return told().firmware_base;
}
export function framebuffer_base(): u64 {
  return told().framebuffer_base;
}
export function framebuffer_width(): u32 {
  return told().framebuffer_width;
}
export function framebuffer_stride(): u32 {
  return told().framebuffer_stride;
}
export function framebuffer_bits(): u32 {
  return told().framebuffer_bits;
}
export function memory_range_count(): u32 {
  return told_memory().count;
}
export function memory_range_base(i: u32): u64 {
  return told_memory().at(i).base;
}
export function memory_range_length(i: u32): u64 {
  return told_memory().at(i).bytes;
}
export function reserved_range_count(): u32 {
  return told_reserved().count;
}
export function reserved_range_base(i: u32): u64 {
  return told_reserved().at(i).base;
}
export function reserved_range_length(i: u32): u64 {
  return told_reserved().at(i).bytes;
}
export function device_count(): u32 {
  return told().device_count;
}
export function device_kind(i: u32): u32 {
  return told_device(i).kind;
}
export function device_base(i: u32): u64 {
  return told_device(i).base;
}
export function device_bytes(i: u32): u32 {
  return told_device(i).bytes;
}
export function device_stride(i: u32): u32 {
  return told_device(i).stride;
}
export function device_irq(i: u32): i32 {
  return told_device(i).irq;
}
