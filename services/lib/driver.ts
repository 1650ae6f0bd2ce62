// What every driver of a device on the bus begins with: the claim, registers by BAR, interrupts as bits of the driver's own events, and memory
// that the device reaches. One instance drives one device, so all of this is said once, here. Called by virtio/device.ts and services/nvme.
// Invariant: the device reaches what arrange() made and what the driver maps by dma.ts, nothing else.
import { Bus } from "../../build/interfaces/bus/client";
import { PAGE_SIZE } from "../../kernel/abi/formats";
import { acknowledge, bind_interrupt } from "./device";
import { attach, map_region } from "./dma";
import { E_ABSENT, E_FORMAT, E_STATE } from "./errors";
import { bind, create, NOTIFICATION_SIGNAL } from "./notification";
import { create_contiguous, map, REGION_READ, REGION_WRITE } from "./region";
import { self } from "./startup";
import { exit } from "./system";

/** Where a driver sees the memory that it shares with its device. */
export const SHARED_INDEX: usize = 0x9000_0000;
const BARS: u32 = 6;
const STATUS_BROKEN: i32 = 70;

let bus: Bus | null = null;
/** Of the claim: TRANSPORT_…, vendor and device, DMA_…, and interrupts by message; 0: the device has a line. */
export let transport_kind: u32 = 0;
export let identity: u32 = 0;
export let dma_kind: u32 = 0;
export let vectors: u32 = 0;
/** The notification whose bits are the driver's events: timers are set on it. */
export let events: u64 = 0;
let line: u64 = 0;
/** Other devices raise the line too: the bus has it. */
let shares_line: bool = false;
const bars = new StaticArray<u64>(<i32>BARS);

/** Bytes of what arrange() made; the first byte's device address. */
export let shared_bytes: u32 = 0;
export let shared_address: u64 = 0;
let arranged: u32 = 0;

/** Takes the device that the image says, quiet, with events that do not come yet: bind_vector() and listen() see to that. */
export function claim_device(): i64 {
  const own = Bus.connect("bus");
  const answer = own.claim();
  if (answer < 0) return answer;
  bus = own;
  transport_kind = own.transport;
  identity = own.identity;
  dma_kind = own.dma_kind;
  vectors = own.vectors;
  const notification = create(self());
  if (notification < 0) return notification;
  events = <u64>notification;
  return 0;
}

/** The claimed device's bus: after claim_device() answered 0. */
export function device_bus(): Bus {
  return bus!;
}

/** The capability to the registers behind a BAR. */
export function bar_registers(bar: u32): i64 {
  if (bar >= BARS) return E_FORMAT;
  if (bars[bar] != 0) return <i64>bars[bar];
  const registers = bus!.registers(bar);
  if (registers > 0) bars[bar] = <u64>registers;
  return registers;
}

/** The device's message `vector`, or its line (0), sets these bits of the driver's events. E_ABSENT: there is no such message. */
export function bind_vector(vector: u32, bits: u64): i64 {
  if (vector >= max<u32>(vectors, 1)) return E_ABSENT;
  const irq = bus!.interrupt(vector);
  if (irq == E_STATE && vectors == 0) {
    const answer = bus!.share(events, NOTIFICATION_SIGNAL, bits);
    shares_line = answer == 0;
    return answer;
  }
  if (irq < 0) return irq;
  if (vectors == 0) line = <u64>irq;
  return bind_interrupt(<u64>irq, events, bits);
}

/** Events enter the driver's `event` from now on; until then, or without it, wait(events, …) has them. */
export function listen(): i64 {
  return bind(events);
}

/** At the end of an event that the line may have caused: it may interrupt again. Messages need no leave. */
export function allow_interrupt(): void {
  if (line != 0) acknowledge(line);
  else if (shares_line) bus!.looked();
}

/** The device may master the bus from now on, as far as its memory goes. */
export function open_dma(): i64 {
  const granted = bus!.dma();
  if (granted < 0) return granted;
  attach(dma_kind, <u64>granted);
  return 0;
}

/** Makes `bytes` of memory that driver and device share, at SHARED_INDEX. Once. */
export function arrange(bytes: u32): i64 {
  const pages = <u64>((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
  const region = create_contiguous(self(), pages);
  if (region < 0) return region;
  const address = map_region(<u64>region, pages);
  if (address < 0) return address;
  const answer = map(<u64>region, SHARED_INDEX, 0, pages, REGION_READ | REGION_WRITE);
  if (answer < 0) return answer;
  shared_bytes = <u32>(pages * PAGE_SIZE);
  shared_address = <u64>address;
  share_anew();
  return 0;
}

/** The next `bytes` of the shared memory, aligned to a power of two, as an index; 0: there are no more. */
export function shared(bytes: u32, alignment: u32 = 16): usize {
  const at = (arranged + alignment - 1) & ~(alignment - 1);
  if (at + bytes > shared_bytes) return 0;
  arranged = at + bytes;
  return SHARED_INDEX + at;
}

/** All of the shared memory can be given out again: the device was reset. */
export function share_anew(): void {
  arranged = 0;
}

/** What the device calls a place of the shared memory. */
@inline
export function address_of(place: usize): u64 {
  return shared_address + <u64>(place - SHARED_INDEX);
}

/** The device masters the bus no more, whatever it does with its own registers. */
export function quiet_device(): void {
  if (bus != null) bus!.reset();
}

/**
 * The device broke the rules: the driver ends. Its supervisor starts another, to which the bus gives the device afresh; whoever waits is told
 * E_PEER_FAULT.
 */
export function end_driver(): void {
  quiet_device();
  exit(STATUS_BROKEN);
}
