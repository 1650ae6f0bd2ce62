// What the loader and the machine told, into the record of kernel/start/told.ts, and the seed. The kernel calls
// boot_parse() first; loaders.ts reads the loaders' formats.
// Invariant: every usable range is page-aligned and lies above the first 64 KiB, which other CPUs start in.

import {
  DEVICE_KIND_I8042_COMMAND,
  DEVICE_KIND_I8042_DATA,
  DEVICE_KIND_PCI_MEMORY,
  DEVICE_KIND_PCI_PORTS,
  DEVICE_KIND_PORTS,
  DEVICE_KIND_RTC_CMOS,
  DEVICE_KIND_UART,
  PAGE_SIZE,
  PORTS_FIRST,
} from "../kernel/abi/formats";
import { counter, image_end, image_start } from "../kernel/machine";
import { tell_device, told, told_memory, told_reserved } from "../kernel/start/told";
import { uart_present, UART_PORT, UART_PORTS } from "./console";
import { IO_APIC, io_apic_present } from "./interrupts";
import { iommu_keeps, MESSAGES_END } from "./iommu";
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
const I8042_DATA_PORT: u32 = 0x60;
const I8042_COMMAND_PORT: u32 = 0x64;
const I8042_LINE: i32 = 1;
const PCI_ADDRESS_PORT: u32 = 0xcf8;
const PCI_PORTS: u32 = 8;
const PCI_ENABLE: u32 = 1 << 31;
/** Where firmware puts PCI devices' registers: below the I/O APIC, as far down as no RAM of a PC reaches up. */
const PCI_MEMORY: u64 = 0xe000_0000;
const PCI_MEMORY_END: u64 = 0xfec0_0000;

const seed: usize = memory.data(4 * 8, 8);

/** A range of RAM that the loader's map calls usable: whole pages of it, joined to the one before if they touch. */
export function add_usable(base: u64, length: u64): void {
  const mask: u64 = PAGE_SIZE - 1;
  if (base + length < base) length = 0 - base - 1;
  const end = (base + length) & ~mask;
  const start = max((base + mask) & ~mask, LOW_MEMORY_END);
  if (start >= end) return;
  const list = told_memory();
  if (list.count != 0) {
    const last = list.at(list.count - 1);
    if (last.base + last.bytes == start) {
      last.bytes += end - start;
      return;
    }
  }
  list.add(start, end - start);
}

/** The first module that the loader brought is the boot archive. */
export function set_archive(base: u64, length: u64): void {
  if (told().archive_length != 0) return;
  told().archive_base = base;
  told().archive_length = length;
}

/** Where ACPI's tables begin (ACPI 6.4, 5.2.5). */
export function set_root_pointer(base: u64, length: u64): void {
  told().firmware_base = base;
  told().firmware_bytes = length;
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
  if (told_memory().count == 0) return BOOT_ERROR_MEMORY;
  const reserved = told_reserved();
  if (!reserved.add(image_start(), image_end() - image_start())) return BOOT_ERROR_MEMORY;
  if (!reserved.add(told().archive_base, told().archive_length)) return BOOT_ERROR_MEMORY;
  if (!io_apic_present()) return BOOT_ERROR_INTERRUPT_CONTROLLER;
  if (!interval_timer_present()) return BOOT_ERROR_TIMER;
  if (uart_present()) tell_device(DEVICE_KIND_UART, UART_PORT, UART_PORTS, true, 1, UART_LINE);
  if (clock_present()) tell_device(DEVICE_KIND_RTC_CMOS, RTC_INDEX_PORT, RTC_PORTS, true, 1, -1);
  if (port_load(1, I8042_COMMAND_PORT) != 0xff) {
    tell_device(DEVICE_KIND_I8042_DATA, I8042_DATA_PORT, 1, true, 1, I8042_LINE);
    tell_device(DEVICE_KIND_I8042_COMMAND, I8042_COMMAND_PORT, 1, true, 1, -1);
  }
  if (pci_present()) {
    tell_device(DEVICE_KIND_PCI_PORTS, PCI_ADDRESS_PORT, PCI_PORTS, true, 1, -1);
    if (!told_memory().touches(PCI_MEMORY, PCI_MEMORY_END))
      tell_device(DEVICE_KIND_PCI_MEMORY, PCI_MEMORY, <u32>(PCI_MEMORY_END - PCI_MEMORY), false, 1, -1);
  }
  tell_device(DEVICE_KIND_PORTS, PORTS_FIRST, 0x1_0000 - PORTS_FIRST, true, 1, -1);
  make_seed();
  return 0;
}

export function boot_seed(i: u32): u64 {
  return load<u64>(seed + (i << 3));
}

/** Does the range touch registers that the kernel keeps to itself, or what other CPUs start in? */
export function range_kept(base: u64, end: u64): bool {
  return base < LOW_MEMORY_END || (base < MESSAGES_END && IO_APIC < end) || iommu_keeps(base, end);
}
