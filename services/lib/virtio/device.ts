// One virtio device in the hands of its driver: its structures found, features negotiated, queues in the memory that both share. What is not
// virtio's own is driver.ts's. Called by every virtio driver; tests/unit/virtio plays bus and device.
// Invariant: behind an IOMMU a device is used that goes by the IOMMU's addresses, or none.
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
import {
  address_of,
  allow_interrupt,
  bar_registers,
  bind_vector,
  claim_device,
  device_bus,
  dma_kind,
  events,
  identity,
  open_dma,
  share_anew,
  shared,
  transport_kind,
  vectors,
} from "../driver";
import { E_ABSENT, E_FORMAT, E_NO_MEMORY, E_UNTRUSTED } from "../errors";
import { wait } from "../notification";
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
export { address_of, arrange, end_driver, events, listen, quiet_device, shared } from "../driver";

/** Bits of the driver's events. */
export const EVENT_QUEUES: u64 = 1;
export const EVENT_CONFIGURATION: u64 = 2;
export const EVENT_TIMER: u64 = 4;

const IDENTITY_SHIFT: u32 = 16;

export let transport: Transport = changetype<Transport>(0);
/** What was negotiated. */
export let features: u64 = 0;
let wanted_features: u64 = 0;
let configuration_vector: u32 = NO_VECTOR;

/** Where one structure of a virtio PCI device lies. */
@final
class Place {
  registers: u64 = 0;
  offset: u32 = 0;
  length: u32 = 0;
  multiplier: u32 = 0;
}

function find(bus: Bus, kind: u32, place: Place): i64 {
  const answer = bus.structure(kind);
  if (answer < 0) return answer;
  place.offset = bus.offset;
  place.length = bus.length;
  place.multiplier = bus.multiplier;
  const registers = bar_registers(bus.bar);
  if (registers < 0) return registers;
  place.registers = <u64>registers;
  return 0;
}

function open_pci(): i64 {
  const bus = device_bus();
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

function open_mmio(): i64 {
  const registers = bar_registers(0);
  if (registers < 0) return registers;
  transport = new Transport(true, <u64>registers, 0);
  return transport.check();
}

function open_interrupts(): i64 {
  const answer = bind_vector(0, EVENT_QUEUES);
  if (answer < 0) return answer;
  // Without a message of its own a changed configuration is seen late, not never.
  if (bind_vector(1, EVENT_CONFIGURATION) == 0) configuration_vector = 1;
  return 0;
}

/** Claims the device of virtio number `number`; of `wanted` it has `features` afterwards. Then arrange(), add_queue()…, listen(), go(). */
export function open_device(number: u32, wanted: u64): i64 {
  let answer = claim_device();
  if (answer < 0) return answer;
  if (identity >> IDENTITY_SHIFT != number) return E_ABSENT;
  if (transport_kind == TRANSPORT_VIRTIO_PCI) answer = open_pci();
  else answer = transport_kind == TRANSPORT_VIRTIO_MMIO ? open_mmio() : E_ABSENT;
  if (answer == 0) answer = open_interrupts();
  if (answer == 0) answer = open_dma();
  if (answer < 0) return answer;
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
  share_anew();
  return 0;
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
  const vector = vectors > 0 ? 0 : NO_VECTOR;
  const available = address + available_offset(size),
    used = address + used_offset(size);
  return transport.enable_queue(number, size, address, available, used, vector);
}

/** For a driver that has nothing else to do: the EVENT_ bits of the next interrupt, or E_TIMEOUT. */
export function wait_for_device(deadline_ns: u64): i64 {
  const bits = wait(events, deadline_ns);
  if (bits < 0) return bits;
  const causes = begin_event(<u64>bits);
  end_event(<u64>bits);
  return <i64>causes;
}

/** At the beginning of a driver's event: which EVENT_ bits these are indeed, of a line that all causes share. */
export function begin_event(bits: u64): u64 {
  if (vectors > 0 || (bits & EVENT_QUEUES) == 0) return bits;
  return (bits ^ EVENT_QUEUES) | (<u64>transport.interrupt_cause());
}

/** At its end: the line may interrupt again. */
export function end_event(bits: u64): void {
  if ((bits & EVENT_QUEUES) != 0) allow_interrupt();
}
