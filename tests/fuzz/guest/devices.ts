// Gates of devices: ranges of registers, lines and messages, the IOMMU and what devices reach by it. Called by machine.ts.

import { refusal } from "../model/capabilities";
import * as devices from "../model/devices";
import * as n from "../model/numbers";
import { Actor } from "../model/world";
import { handle, PAGES, pick, u } from "./choose";
import { word } from "./bytes";
import * as host from "./host";
import { answered, world } from "./processor";
import { tell } from "./say";

const UNIT: f64 = 0xfed90000;
const BASES: StaticArray<f64> = [
  0x4000000, 0x3fff000, 0xfe000000, 0xfed90000, 0x200000000, 0x1ffffff00, 0x20ffff000, 0x210000000, 0x1000000000, 0,
  0xffffff000, 4503599627370496.0,
];
const LENGTHS: StaticArray<f64> = [4096, 16, 256, 0, 65536, 1048576, 4294967295, 4294967296, 68719476736.0];
/** Where a device is to see memory: next to one another, in the same table, at borders, beyond. */
const ADDRESSES: StaticArray<f64> = [
  0x1000000, 0x1001000, 0x1003000, 0x1200000, 0x11ff000, 0x1010000, 0x40000000, 0x3ffff000, 0x7ffffff000, 0x8000000000,
  0x1000800, 0, 4503599627370496.0,
];
const LINES: StaticArray<f64> = [4, 0, 7, 63, 64, 65, 4294967295];
const DEVICES: StaticArray<f64> = [8, 9, 16, 24, 65535, 65536];

function range(actor: Actor, self: f64, system: f64, base: f64, bytes: f64): void {
  tell(<u32>actor.id, "device_range", self, system, base, bytes);
  const expected = devices.gate_range(world, actor, self, system, base, bytes);
  answered(actor, expected, host.gate_device_range(u(self), u(system), u(base), u(bytes)), true);
}

function line(actor: Actor, system: f64, number: f64): void {
  tell(<u32>actor.id, "irq_line", system, number);
  const expected = devices.gate_line(world, actor, system, number);
  answered(actor, expected, host.gate_irq_line(u(system), u(number)), true);
}

function message(actor: Actor, system: f64): void {
  tell(<u32>actor.id, "irq_message", system);
  const expected = devices.gate_message(world, actor, system);
  answered(actor, expected, host.gate_irq_message(u(system)), true);
}

function start(actor: Actor, system: f64, registers: f64): void {
  tell(<u32>actor.id, "dma_start", system, registers);
  const expected = devices.gate_dma_start(world, actor, system, registers);
  answered(actor, expected, host.gate_dma_start(u(system), u(registers)), true);
}

function create(actor: Actor, system: f64, device: f64, frames: f64): void {
  tell(<u32>actor.id, "dma_create", system, device, frames);
  const expected = devices.gate_dma_create(world, actor, system, device, frames);
  answered(actor, expected, host.gate_dma_create(u(system), u(device) | (u(frames) << 32)), true);
}

function map(actor: Actor, dma: f64, region: f64, address: f64, first: f64, pages: f64, rights: f64): void {
  tell(<u32>actor.id, "dma_map", dma, region, address, pages);
  const expected = devices.gate_dma_map(world, actor, dma, region, address, first, pages, rights);
  const span = u(first) | (u(pages) << 32);
  answered(actor, expected, host.gate_dma_map(u(dma), u(region), u(address), span, u(rights)), false);
}

function unmap(actor: Actor, dma: f64, address: f64, pages: f64): void {
  tell(<u32>actor.id, "dma_unmap", dma, address, pages);
  const expected = devices.gate_dma_unmap(world, actor, dma, address, pages);
  answered(actor, expected, host.gate_dma_unmap(u(dma), u(address), u(pages)), false);
}

/** Whether there is a refusal to tell of is the machine's business. */
function fault(actor: Actor, system: f64): void {
  tell(<u32>actor.id, "dma_fault", system);
  const why = refusal(actor, system, n.TYPE_SYSTEM, n.SYSTEM_IOMMU);
  const actual = host.gate_dma_fault(u(system));
  answered(actor, why == 0 && actual >= 0 ? <f64>actual : why, actual, false);
}

export function device_step(actor: Actor): void {
  const choice = word.below(16);
  const system = choice < 8 ? handle(actor, n.TYPE_SYSTEM) : 0;
  if (choice == 0) range(actor, handle(actor, n.TYPE_DOMAIN), system, pick(BASES), pick(LENGTHS));
  else if (choice == 1) line(actor, system, pick(LINES));
  else if (choice == 2) message(actor, system);
  else if (choice == 3) start(actor, system, word.byte() < 220 ? UNIT : pick(BASES));
  else if (choice < 7) create(actor, system, pick(DEVICES), <f64>(word.byte() < 250 ? word.below(12) : 4000));
  else if (choice == 7) fault(actor, system);
  else if (choice < 14) {
    const pages = word.byte() < 200 ? <f64>word.below(5) : pick(PAGES) % 4096;
    const rights = word.byte() < 200 ? <f64>(1 + (word.byte() & 2)) : <f64>word.below(8);
    map(
      actor,
      handle(actor, n.TYPE_DMA),
      handle(actor, n.TYPE_REGION),
      pick(ADDRESSES),
      <f64>word.below(3),
      pages,
      rights,
    );
  } else unmap(actor, handle(actor, n.TYPE_DMA), pick(ADDRESSES), pick(PAGES));
}
