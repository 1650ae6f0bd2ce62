// What the loader and the machine told: memory, archive, command line, framebuffer, devices, seed. The kernel calls
// boot_parse() first and asks the rest at leisure; loaders.ts reads the loaders' formats.
// Invariant: every usable range is page-aligned and lies above the first 64 KiB, which other CPUs start in.

import {
  DEVICE_KIND_PCI_MEMORY,
  DEVICE_KIND_PCI_PORTS,
  DEVICE_KIND_RTC_CMOS,
  DEVICE_KIND_UART,
  PAGE_SIZE,
} from "../kernel/abi/formats";
import { counter, image_end, image_start } from "../kernel/machine";
import { uart_present, UART_PORT, UART_PORTS } from "./console";
import { LOCAL_APIC } from "./apic";
import { IO_APIC, io_apic_present } from "./interrupts";
import { iommu_keeps } from "./iommu";
import { parse_multiboot2, parse_pvh } from "./loaders";
import { port_load, port_store, random } from "./machine";
import { interval_timer_present } from "./timer";

export const BOOT_ERROR_LOADER: u32 = 1;
export const BOOT_ERROR_MEMORY: u32 = 2;
export const BOOT_ERROR_INTERRUPT_CONTROLLER: u32 = 3;
export const BOOT_ERROR_TIMER: u32 = 4;

const BOOT_PVH: u64 = 1;
const BOOT_MULTIBOOT2: u64 = 2;
const LOW_MEMORY_END: u64 = 0x1_0000;

const RTC_INDEX_PORT: u32 = 0x70;
const RTC_PORTS: u32 = 2;
const RTC_STATUS_B: u32 = 0x0b;
const UART_LINE: i32 = 4;
const PCI_ADDRESS_PORT: u32 = 0xcf8;
const PCI_PORTS: u32 = 8;
const PCI_ENABLE: u32 = 1 << 31;
/** Where firmware puts PCI devices' registers: below the I/O APIC, as far down as no RAM of a PC reaches up. */
const PCI_MEMORY: u64 = 0xe000_0000;
const PCI_MEMORY_END: u64 = 0xfec0_0000;

/** Pairs of u64 base, length. A map with more usable ranges than these loses the rest of them. */
const RANGE_MAX: u32 = 64;
const usable: usize = memory.data(64 * 16, 8);
const reserved: usize = memory.data(64 * 16, 8);
const seed: usize = memory.data(4 * 8, 8);
let usable_count: u32 = 0;
let reserved_count: u32 = 0;
let module_base: u64 = 0;
let module_length: u64 = 0;
let text_base: u64 = 0;
let text_length: u64 = 0;
let root_pointer: u64 = 0;
let root_pointer_bytes: u64 = 0;
let screen_base: u64 = 0;
let screen_width: u32 = 0;
let screen_height: u32 = 0;
let screen_stride: u32 = 0;
let screen_bits: u32 = 0;
/** The kinds of the devices that are there. */
const kinds: usize = memory.data(4);
let kind_count: u32 = 0;

/** A range of RAM that the loader's map calls usable: whole pages of it, joined to the one before if they touch. */
export function add_usable(base: u64, length: u64): void {
  const mask: u64 = PAGE_SIZE - 1;
  if (base + length < base) length = 0 - base - 1;
  const end = (base + length) & ~mask;
  const start = max((base + mask) & ~mask, LOW_MEMORY_END);
  if (start >= end) return;
  if (usable_count != 0) {
    const last = usable + ((usable_count - 1) << 4);
    if (load<u64>(last) + load<u64>(last, 8) == start) {
      store<u64>(last, load<u64>(last, 8) + end - start, 8);
      return;
    }
  }
  if (usable_count == RANGE_MAX) return;
  store<u64>(usable + (usable_count << 4), start);
  store<u64>(usable + (usable_count << 4), end - start, 8);
  usable_count++;
}

/** A range that holds something, inside RAM or not; false: the table is full. */
export function add_reserved(base: u64, length: u64): bool {
  if (length == 0) return true;
  if (reserved_count == RANGE_MAX) return false;
  store<u64>(reserved + (reserved_count << 4), base);
  store<u64>(reserved + (reserved_count << 4), length, 8);
  reserved_count++;
  return true;
}

/** The first module that the loader brought is the boot archive. */
export function set_archive(base: u64, length: u64): void {
  if (module_length != 0) return;
  module_base = base;
  module_length = length;
}

/** Where ACPI's tables begin (ACPI 6.4, 5.2.5). */
export function set_root_pointer(base: u64, length: u64): void {
  root_pointer = base;
  root_pointer_bytes = length;
}

export function set_command_line(base: u64, length: u64): void {
  text_base = base;
  text_length = length;
}

export function set_framebuffer(base: u64, width: u32, height: u32, stride: u32, bits: u32): void {
  screen_base = base;
  screen_width = width;
  screen_height = height;
  screen_stride = stride;
  screen_bits = bits;
}

/** An absent clock's ports read as all ones. */
function clock_present(): bool {
  port_store(1, RTC_INDEX_PORT, RTC_STATUS_B);
  return port_load(1, RTC_INDEX_PORT + 1) != 0xff;
}

/** Does a host bridge answer? Then its address port keeps what is stored there. */
function pci_present(): bool {
  port_store(4, PCI_ADDRESS_PORT, PCI_ENABLE);
  return port_load(4, PCI_ADDRESS_PORT) == PCI_ENABLE && port_load(4, PCI_ADDRESS_PORT + 4) != u32.MAX_VALUE;
}

/** Is all of PCI's range free of RAM? */
function pci_memory_free(): bool {
  for (let i: u32 = 0; i < usable_count; i++) {
    const base = memory_range_base(i);
    if (base < PCI_MEMORY_END && base + memory_range_length(i) > PCI_MEMORY) return false;
  }
  return true;
}

function device_add(kind: u32): void {
  store<u8>(kinds + kind_count++, <u8>kind);
}

/** splitmix64 (Steele, Lea, Flood 2014), one step. */
function mix(value: u64): u64 {
  value += 0x9e37_79b9_7f4a_7c15;
  value = (value ^ (value >> 30)) * 0xbf58_476d_1ce4_e5b9;
  value = (value ^ (value >> 27)) * 0x94d0_49bb_1331_11eb;
  return value ^ (value >> 31);
}

/** The processor's generator where there is one; else how long port accesses take, folded 64 times. */
function make_seed(): void {
  let state = counter();
  for (let i: u32 = 0; i < 4; i++) {
    const hardware = random();
    if (hardware == 0) {
      for (let j = 0; j < 64; j++) {
        port_load(1, RTC_INDEX_PORT);
        state = mix(state ^ counter());
      }
    }
    state = mix(state + hardware);
    store<u64>(seed + (i << 3), state ^ hardware);
  }
}

/** 0, or a BOOT_ERROR_ number. */
export function boot_parse(a: u64, b: u64): u32 {
  let good = false;
  if (a == BOOT_PVH) good = parse_pvh(b);
  else if (a == BOOT_MULTIBOOT2) good = parse_multiboot2(b);
  if (!good) return BOOT_ERROR_LOADER;
  if (usable_count == 0) return BOOT_ERROR_MEMORY;
  if (!add_reserved(image_start(), image_end() - image_start())) return BOOT_ERROR_MEMORY;
  if (!add_reserved(module_base, module_length)) return BOOT_ERROR_MEMORY;
  if (!add_reserved(text_base, text_length)) return BOOT_ERROR_MEMORY;
  if (!io_apic_present()) return BOOT_ERROR_INTERRUPT_CONTROLLER;
  if (!interval_timer_present()) return BOOT_ERROR_TIMER;
  if (uart_present()) device_add(DEVICE_KIND_UART);
  if (clock_present()) device_add(DEVICE_KIND_RTC_CMOS);
  if (pci_present()) {
    device_add(DEVICE_KIND_PCI_PORTS);
    if (pci_memory_free()) device_add(DEVICE_KIND_PCI_MEMORY);
  }
  make_seed();
  return 0;
}

export function memory_range_count(): u32 {
  return usable_count;
}
export function memory_range_base(i: u32): u64 {
  return load<u64>(usable + (i << 4));
}
export function memory_range_length(i: u32): u64 {
  return load<u64>(usable + (i << 4), 8);
}
export function reserved_range_count(): u32 {
  return reserved_count;
}
export function reserved_range_base(i: u32): u64 {
  return load<u64>(reserved + (i << 4));
}
export function reserved_range_length(i: u32): u64 {
  return load<u64>(reserved + (i << 4), 8);
}
export function archive_base(): u64 {
  return module_base;
}
export function archive_length(): u64 {
  return module_length;
}
export function command_line_base(): u64 {
  return text_base;
}
export function command_line_length(): u64 {
  return text_length;
}
export function boot_seed(i: u32): u64 {
  return load<u64>(seed + (i << 3));
}

export function framebuffer_base(): u64 {
  return screen_base;
}
export function framebuffer_width(): u32 {
  return screen_width;
}
export function framebuffer_height(): u32 {
  return screen_height;
}
export function framebuffer_stride(): u32 {
  return screen_stride;
}
export function framebuffer_bits(): u32 {
  return screen_bits;
}

/** A copy of ACPI's root pointer, or the pointer itself, if the loader told of one. */
export function firmware_base(): u64 {
  return root_pointer;
}
export function firmware_bytes(): u64 {
  return root_pointer_bytes;
}

/** Does the range touch registers that the kernel keeps to itself, or what other CPUs start in? */
export function range_kept(base: u64, end: u64): bool {
  return base < LOW_MEMORY_END || (base < LOCAL_APIC + PAGE_SIZE && IO_APIC < end) || iommu_keeps(base, end);
}

// Devices: the serial port first; what is absent is not counted.
export function device_count(): u32 {
  return kind_count;
}
export function device_kind(i: u32): u32 {
  return load<u8>(kinds + i);
}
export function device_base(i: u32): u64 {
  const kind = device_kind(i);
  if (kind == DEVICE_KIND_UART) return UART_PORT;
  if (kind == DEVICE_KIND_RTC_CMOS) return RTC_INDEX_PORT;
  return kind == DEVICE_KIND_PCI_PORTS ? PCI_ADDRESS_PORT : PCI_MEMORY;
}
export function device_bytes(i: u32): u32 {
  const kind = device_kind(i);
  if (kind == DEVICE_KIND_UART) return UART_PORTS;
  if (kind == DEVICE_KIND_RTC_CMOS) return RTC_PORTS;
  return kind == DEVICE_KIND_PCI_PORTS ? PCI_PORTS : <u32>(PCI_MEMORY_END - PCI_MEMORY);
}
export function device_is_port(i: u32): bool {
  return device_kind(i) != DEVICE_KIND_PCI_MEMORY;
}
export function device_stride(i: u32): u32 {
  return 1;
}
export function device_irq(i: u32): i32 {
  return device_kind(i) == DEVICE_KIND_UART ? UART_LINE : -1;
}
