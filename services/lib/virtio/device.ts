// One virtio device in the hands of its driver: claimed from the bus, features negotiated, interrupts as bits of the driver's own
// events, memory that the device reaches, queues in it. One instance drives one device, so all of this is said once, here.
// Called by every virtio driver; tests/unit/virtio plays bus and device. Invariant: the device reaches what arrange() made and what
// the driver maps by services/lib/dma.ts, nothing else.
import {
  Bus,
  DMA_CONTEXT,
  STRUCTURE_COMMON,
  STRUCTURE_DEVICE,
  STRUCTURE_ISR,
  STRUCTURE_NOTIFY,
  TRANSPORT_VIRTIO_MMIO,
  TRANSPORT_VIRTIO_PCI,
} from "../../../build/interfaces/bus/client";
import { PAGE_SIZE } from "../../../kernel/abi/formats";
import { acknowledge, bind_interrupt } from "../device";
import { attach, map_region } from "../dma";
import { E_ABSENT, E_FORMAT, E_NO_MEMORY, E_UNTRUSTED } from "../errors";
import { bind, create, wait } from "../notification";
import { create_contiguous, map, REGION_READ, REGION_WRITE } from "../region";
import { self } from "../startup";
import { exit } from "../system";
import { available_offset, Queue, QUEUE_SIZE_MAX, queue_bytes, used_offset } from "./queue";
import {
  FEATURE_ACCESS_PLATFORM,
  FEATURE_EVENT_INDEX,
  FEATURE_VERSION_1,
  NO_VECTOR,
  PCI_COMMON_BYTES,
  QUEUES_MAX,
  Transport,
} from "./transport";

/** Bits of the driver's events. */
export const EVENT_QUEUES: u64 = 1;
export const EVENT_CONFIGURATION: u64 = 2;
export const EVENT_TIMER: u64 = 4;

/** Where a driver sees the memory that it shares with its device. */
export const SHARED_INDEX: usize = 0x9000_0000;

const IDENTITY_SHIFT: u32 = 16;

export let transport: Transport = changetype<Transport>(0);
/** What was negotiated. */
export let features: u64 = 0;
/** The notification whose bits are the driver's events: timers are set on it. */
export let events: u64 = 0;
/** Bytes of what arrange() made; the first byte's device address. */
export let shared_bytes: u32 = 0;
export let shared_address: u64 = 0;
let arranged: u32 = 0;
let wanted_features: u64 = 0;
let dma_kind: u32 = 0;
let has_messages = false;
let line: u64 = 0;
let configuration_vector: u32 = NO_VECTOR;

/** One structure of a virtio PCI device: what claim() found for its kind. */
@final
class Place {
  registers: u64 = 0;
  offset: u32 = 0;
  length: u32 = 0;
  multiplier: u32 = 0;
}

/** Capabilities by BAR: one for all structures that lie in it. */
const bars = new StaticArray<u64>(6);

function find(bus: Bus, kind: u32, place: Place): i64 {
  const answer = bus.structure(kind);
  if (answer < 0) return answer;
  if (bus.bar >= 6) return E_FORMAT;
  const bar = bus.bar;
  place.offset = bus.offset;
  place.length = bus.length;
  place.multiplier = bus.multiplier;
  if (bars[bar] == 0) {
    const registers = bus.registers(bar);
    if (registers < 0) return registers;
    bars[bar] = <u64>registers;
  }
  place.registers = bars[bar];
  return 0;
}

function open_pci(bus: Bus): i64 {
  const common = new Place(),
    notify = new Place(),
    isr = new Place(),
    device = new Place();
  let answer = find(bus, STRUCTURE_COMMON, common);
  if (answer == 0) answer = find(bus, STRUCTURE_NOTIFY, notify);
  if (answer == 0) answer = find(bus, STRUCTURE_ISR, isr);
  if (answer < 0) return answer;
  if (common.length < PCI_COMMON_BYTES) return E_FORMAT;
  find(bus, STRUCTURE_DEVICE, device); // a device without a configuration has none
  transport = new Transport(
    false,
    common.registers,
    common.offset,
    notify.registers,
    notify.offset,
    notify.length,
    notify.multiplier,
    isr.registers,
    isr.offset,
    device.registers,
    device.offset,
    device.length,
  );
  return 0;
}

function open_mmio(bus: Bus): i64 {
  const registers = bus.registers(0);
  if (registers < 0) return registers;
  transport = new Transport(true, <u64>registers, 0);
  return transport.check();
}

function open_interrupts(bus: Bus, vectors: u32): i64 {
  const notification = create(self());
  if (notification < 0) return notification;
  events = <u64>notification;
  has_messages = vectors > 0;
  const irq = bus.interrupt(0);
  if (irq < 0) return irq;
  line = <u64>irq;
  const answer = bind_interrupt(line, events, EVENT_QUEUES);
  if (answer < 0 || vectors < 2) return answer;
  const other = bus.interrupt(1);
  if (other < 0) return 0; // without a message of its own a changed configuration is seen late, not never
  configuration_vector = 1;
  return bind_interrupt(<u64>other, events, EVENT_CONFIGURATION);
}

let claimed: Bus | null = null;

/** The device masters the bus no more, whatever it does with its own registers. */
export function quiet_device(): void {
  if (claimed != null) claimed!.reset();
}

/** Claims the device of virtio number `number`; of `wanted` it has `features` afterwards. Then arrange(), add_queue()…, go(). */
export function open_device(number: u32, wanted: u64): i64 {
  const bus = Bus.connect("bus");
  let answer = bus.claim();
  if (answer < 0) return answer;
  claimed = bus;
  dma_kind = bus.dma_kind;
  const vectors = bus.vectors,
    way = bus.transport;
  if (bus.identity >> IDENTITY_SHIFT != number) return E_ABSENT;
  if (way != TRANSPORT_VIRTIO_PCI && way != TRANSPORT_VIRTIO_MMIO) return E_ABSENT;
  answer = way == TRANSPORT_VIRTIO_PCI ? open_pci(bus) : open_mmio(bus);
  if (answer < 0) return answer;
  answer = open_interrupts(bus, vectors);
  if (answer < 0) return answer;
  const granted = bus.dma();
  if (granted < 0) return granted;
  attach(dma_kind, <u64>granted);
  wanted_features = wanted | FEATURE_EVENT_INDEX | FEATURE_VERSION_1 | FEATURE_ACCESS_PLATFORM;
  return restart_device();
}

/** Resets the device and negotiates again; the driver adds its queues anew and says go(). */
export function restart_device(): i64 {
  const answer = transport.reset();
  if (answer < 0) return answer;
  const negotiated = transport.negotiate(wanted_features);
  if (negotiated < 0) return negotiated;
  // Behind an IOMMU a device that does not go by its addresses would read and write whatever lies there.
  if (dma_kind == DMA_CONTEXT && (negotiated & FEATURE_ACCESS_PLATFORM) == 0) return E_UNTRUSTED;
  features = <u64>negotiated;
  transport.set_configuration_vector(configuration_vector);
  arranged = 0;
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
  arranged = 0;
  return 0;
}

/** The next `bytes` of the shared memory, aligned to 16, as an index; 0: there are no more. */
export function shared(bytes: u32): usize {
  const at = (arranged + 15) & ~15;
  if (at + bytes > shared_bytes) return 0;
  arranged = at + bytes;
  return SHARED_INDEX + at;
}

/** What the device calls a place of the shared memory. */
@inline
export function address_of(place: usize): u64 {
  return shared_address + <u64>(place - SHARED_INDEX);
}

/** Descriptors that queue `number` gets when `wanted` are asked for: a power of two; 0: the device has no such queue. */
export function queue_size(number: u32, wanted: u32): u32 {
  let size = number < QUEUES_MAX ? min(transport.queue_size_max(number), wanted) : 0;
  size = min(size, QUEUE_SIZE_MAX);
  while ((size & (size - 1)) != 0) size &= size - 1;
  return size;
}

/** Queue `number` of the device with `size` descriptors, `chain` a slot; null: there is no memory left for it, or the device refuses it. */
export function add_queue(number: u32, size: u32, chain: u32): Queue | null {
  const place = size < chain ? 0 : shared(queue_bytes(size));
  if (place == 0) return null;
  const queue = new Queue(place, size, chain, (features & FEATURE_EVENT_INDEX) != 0);
  return enable(number, place, size) < 0 ? null : queue;
}

/** The same for a device that was reset: `queue` is as new. */
export function renew_queue(number: u32, size: u32, queue: Queue): i64 {
  const place = shared(queue_bytes(size));
  if (place == 0) return E_NO_MEMORY;
  queue.begin();
  return enable(number, place, size);
}

function enable(number: u32, place: usize, size: u32): i64 {
  const address = address_of(place);
  const vector = has_messages ? 0 : NO_VECTOR;
  const available = address + available_offset(size),
    used = address + used_offset(size);
  return transport.enable_queue(number, size, address, available, used, vector);
}

/** The device's interrupts enter the driver's `event` from now on; until then, or without it, wait_for_device sees them. */
export function listen(): i64 {
  return bind(events);
}

/** For a driver that has nothing else to do: the EVENT_ bits of the next interrupt, or E_TIMEOUT. */
export function wait_for_device(deadline_ns: u64): i64 {
  const bits = wait(events, deadline_ns);
  if (bits < 0) return bits;
  const causes = begin_event(<u64>bits);
  end_event(<u64>bits);
  return <i64>causes;
}

const STATUS_BROKEN: i32 = 70;

/**
 * The device broke the rules: the driver ends. Its supervisor starts another, to which the bus gives the device afresh; whoever waits is told
 * E_PEER_FAULT.
 */
export function end_driver(): void {
  transport.fail();
  quiet_device();
  exit(STATUS_BROKEN);
}

/** At the beginning of a driver's event: which EVENT_ bits these are indeed, of a line that all causes share. */
export function begin_event(bits: u64): u64 {
  if (has_messages || (bits & EVENT_QUEUES) == 0) return bits;
  return (bits ^ EVENT_QUEUES) | (<u64>transport.interrupt_cause());
}

/** At its end: the line may interrupt again. Messages need no leave. */
export function end_event(bits: u64): void {
  if (!has_messages && (bits & EVENT_QUEUES) != 0) acknowledge(line);
}
