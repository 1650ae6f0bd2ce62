// init of tests/system/dma.test.ts: drives QEMU's teaching device, which reads and writes memory by itself, with the IOMMU started.
// What its context names it reaches; whatever else it is told to reach is refused, and the refusal is told; memory keeps what it held.
// Exit status: number of the scene that went wrong, 100 none. Without an IOMMU: that the gates say so.
import { STARTUP_DEVICE } from "../../../kernel/abi/formats";
import { load_register, store_register } from "../../../services/lib/device";
import { E_ABSENT, E_STATE } from "../../../services/lib/errors";
import { create_context, next_refused, start_unit } from "../../../services/lib/iommu";
import { reply_word } from "../../../services/lib/message";
import * as pci from "../../../services/lib/pci";
import * as phi from "../../../services/lib/phi";
import { create } from "../../../services/lib/region";
import * as startup from "../../../services/lib/startup";
import { root_begin, self, system } from "../../guest/root";

/** Where the emulated machine's ACPI table says that the unit is. */
const UNIT: u64 = 0xfed9_0000;
const GOOD: u64 = 100;
const EDU: u32 = 0x11e8_1234;
const COMMAND_MASTER: u32 = 6;
const FRAMES: u32 = 32;
const PAGE: u64 = 4096;
const READ: u64 = 1;
const WRITE: u64 = 3;
const PAGES: u64 = 8;
/** The region in init's own window, and where the device has it. */
const WINDOW: usize = 0xb000_0000;
const ADDRESS: u64 = 0x100_0000;
/** The kernel's own image. */
const KERNEL: u64 = 0x20_0000;
const BUFFER: u64 = 0x4_0000;
const TO_DEVICE: u64 = 1;
const TO_MEMORY: u64 = 3;
const DURATION_NS: u64 = 200_000_000;

let device: u64 = 0;
let registers: u32 = 0;
let source: u32 = 0;
let notification: u64 = 0;
let interrupt: u64 = 0;

function fail(scene: u64): void {
  phi.system_power(system, scene);
}

function expect(scene: u64, good: bool): void {
  if (!good) fail(scene);
}

function device_of(kind: u64): usize {
  let entry = startup.find(STARTUP_DEVICE, 0);
  for (let skip: u32 = 1; entry != 0 && (startup.entry_a(entry) & 0xff) != kind; skip++) {
    entry = startup.find(STARTUP_DEVICE, 0, skip);
  }
  return entry;
}

/** The device moves `bytes` between its own memory and an address; what it was refused meanwhile is counted. */
function move(address: u64, command: u64, bytes: u64): u32 {
  const from_memory = command == TO_DEVICE;
  store_register(device, registers + 0x80, 8, from_memory ? address : BUFFER);
  store_register(device, registers + 0x88, 8, from_memory ? BUFFER : address);
  store_register(device, registers + 0x90, 8, bytes);
  store_register(device, registers + 0x98, 8, command);
  // the device takes a tenth of a second; a refusal comes sooner than that
  const end = phi.now() + DURATION_NS;
  let rung = false;
  while (phi.wait(notification, end) >= 0) {
    rung = true;
    phi.irq_ack(interrupt);
  }
  let refused: u32 = 0;
  while (next_refused(system) == 1) {
    refused++;
    if (<u32>reply_word(1) != source || reply_word(2) != (address & ~(PAGE - 1))) fail(90);
    if (((reply_word(3) & 256) != 0) != (command == TO_MEMORY)) fail(91);
  }
  if (rung != (refused != 0)) fail(92);
  return refused;
}

function map(dma: u64, region: u64, at: u64, first: u64, pages: u64, rights: u64): i64 {
  return phi.dma_map(dma, region, at, first | (pages << 32), rights);
}

export function start(): void {
  root_begin();
  if (device_of(4) == 0) {
    expect(1, start_unit(system, UNIT) == E_ABSENT);
    expect(2, create_context(system, 8, FRAMES) == E_STATE);
    fail(GOOD);
  }
  pci.open_bus(startup.entry_handle(device_of(4)), 4);
  const place = device_of(6);
  pci.open_memory(startup.entry_a(place), startup.entry_b(place));
  device = startup.entry_handle(place);
  source = <u32>pci.find_function(EDU);
  registers = <u32>pci.place_registers(source, 0);
  expect(3, source < 256 && load_register(device, registers, 4) == 0x0100_00ed);
  const region = <u64>create(self, PAGES);
  expect(4, phi.region_physical(system, region, 0) > 0);
  expect(5, phi.region_map(region, WINDOW, 0, PAGES, WRITE) == 0);
  for (let i: usize = 0; i < <usize>(PAGES * PAGE); i += 8) store<u64>(WINDOW + i, <u64>i * 0x9e37_79b9_7f4a_7c15 + 1);

  interrupt = <u64>start_unit(system, UNIT);
  expect(10, <i64>interrupt > 0);
  notification = <u64>phi.notification_create(self);
  expect(11, phi.irq_bind(interrupt, notification, 1) == 0);
  expect(12, phi.region_physical(system, region, 0) == E_STATE);
  pci.config_store(source, 4, COMMAND_MASTER);
  expect(13, move(KERNEL, TO_MEMORY, 64) != 0); // no context at all

  const dma = <u64>create_context(system, source, FRAMES);
  expect(20, <i64>dma > 0);
  expect(21, map(dma, region, ADDRESS, 2, 2, READ) == 0);
  expect(22, map(dma, region, ADDRESS + 16 * PAGE, 4, 1, WRITE) == 0);
  expect(23, move(ADDRESS + PAGE + 128, TO_DEVICE, 1024) == 0);
  expect(24, move(ADDRESS + 16 * PAGE + 64, TO_MEMORY, 1024) == 0);
  expect(25, memory.compare(WINDOW + <usize>(3 * PAGE + 128), WINDOW + <usize>(4 * PAGE + 64), 1024) == 0);
  const marked = load<u64>(WINDOW + <usize>(4 * PAGE));
  expect(26, marked == 4 * PAGE * 0x9e37_79b9_7f4a_7c15 + 1);

  expect(30, move(KERNEL, TO_MEMORY, 1024) != 0);
  expect(31, move(KERNEL, TO_DEVICE, 1024) != 0);
  const sample = load<u64>(WINDOW + <usize>(2 * PAGE));
  // mapped, to read; of a page that was read before, the emulator refuses the store too, and tells nobody
  expect(32, move(ADDRESS, TO_MEMORY, 64) != 0);
  expect(33, load<u64>(WINDOW + <usize>(2 * PAGE)) == sample);
  expect(34, move(ADDRESS + PAGE, TO_DEVICE, 64) == 0);

  expect(40, phi.dma_unmap(dma, ADDRESS, 2) == 0);
  expect(41, move(ADDRESS + PAGE, TO_DEVICE, 64) != 0); // the IOMMU remembered it a moment ago
  expect(42, move(ADDRESS + 16 * PAGE, TO_MEMORY, 64) == 0);
  const copy = <u64>phi.cap_derive(region, 15, 0);
  expect(43, map(dma, copy, ADDRESS, 0, 1, WRITE) == 0);
  expect(44, move(ADDRESS, TO_MEMORY, 64) == 0);
  expect(45, phi.cap_revoke(region) == 0);
  const before = load<u64>(WINDOW);
  store<u64>(WINDOW, ~before);
  expect(46, move(ADDRESS, TO_MEMORY, 64) != 0);
  expect(47, load<u64>(WINDOW) == ~before);
  expect(48, move(ADDRESS + 16 * PAGE, TO_MEMORY, 64) == 0);

  expect(50, phi.cap_delete(dma) == 0);
  expect(51, move(ADDRESS + 16 * PAGE, TO_MEMORY, 64) != 0);
  const again = <u64>create_context(system, source, FRAMES);
  expect(52, map(again, region, ADDRESS + 16 * PAGE, 4, 1, WRITE) == 0);
  expect(53, move(ADDRESS + 16 * PAGE, TO_MEMORY, 64) == 0);
  fail(GOOD);
}
