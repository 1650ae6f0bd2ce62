// A virtio 1.2 device behind either of its transports (Virtual I/O Device 1.2, 4.1 PCI and 4.2 MMIO): status, features, queues, configuration.
// It takes register capabilities and offsets, and does not care who handed them out. Called by device.ts.
// Invariant: every loop over the device's answers is bounded, and an answer of all ones is a device that is gone.
import { load_register, store_register } from "../device";
import { E_ABSENT, E_DEVICE, E_FORMAT } from "../errors";

export const STATUS_ACKNOWLEDGE: u32 = 1;
export const STATUS_DRIVER: u32 = 2;
export const STATUS_DRIVER_OK: u32 = 4;
export const STATUS_FEATURES_OK: u32 = 8;
export const STATUS_NEEDS_RESET: u32 = 64;
export const STATUS_FAILED: u32 = 128;

export const FEATURE_EVENT_INDEX: u64 = 1 << 29;
export const FEATURE_VERSION_1: u64 = 1 << 32;
export const FEATURE_ACCESS_PLATFORM: u64 = 1 << 33;

export const NO_VECTOR: u32 = 0xffff;
/** Looks at the status while the device resets itself. */
const RESET_LOOKS: u32 = 10_000;

/** Registers of both transports under one set of names: offsets in `common`, or one after the other in MMIO. */
@final
class Layout {
  constructor(
    readonly device_select: u32,
    readonly device_feature: u32,
    readonly driver_select: u32,
    readonly driver_feature: u32,
    readonly status: u32,
    readonly queue_select: u32,
    readonly queue_size_max: u32,
    readonly queue_size: u32,
    readonly queue_enable: u32,
    readonly descriptors: u32,
    readonly available: u32,
    readonly used: u32,
    /** Bytes of a status, and of a queue's selector, sizes and switch. */
    readonly status_bytes: u32,
    readonly queue_bytes: u32,
  ) {}
}

const PCI = new Layout(0, 4, 8, 12, 20, 22, 24, 24, 28, 32, 40, 48, 1, 2);
const MMIO = new Layout(0x14, 0x10, 0x24, 0x20, 0x70, 0x30, 0x34, 0x38, 0x44, 0x80, 0x90, 0xa0, 4, 4);
const PCI_CONFIG_VECTOR: u32 = 16;
const PCI_QUEUE_VECTOR: u32 = 26;
const PCI_NOTIFY_OFFSET: u32 = 30;
/** What `common` reaches at least. */
export const PCI_COMMON_BYTES: u32 = 56;
const MMIO_MAGIC: i64 = 0x7472_6976;
const MMIO_VERSION: u32 = 4;
const MMIO_NOTIFY: u32 = 0x50;
const MMIO_INTERRUPT_STATUS: u32 = 0x60;
const MMIO_INTERRUPT_ACKNOWLEDGE: u32 = 0x64;
const MMIO_CONFIGURATION: u32 = 0x100;

export class Transport {
  private readonly layout: Layout;
  /** By queue: where a store tells the device about it. */
  private readonly notify_at: StaticArray<u32> = new StaticArray<u32>(<i32>QUEUES_MAX);

  constructor(
    readonly is_mmio: bool,
    private readonly common: u64,
    private readonly common_at: u32,
    private readonly notify_registers: u64 = 0,
    private readonly notify_start: u32 = 0,
    private readonly notify_bytes: u32 = 0,
    private readonly notify_multiplier: u32 = 0,
    private readonly interrupt_registers: u64 = 0,
    private readonly interrupt_at: u32 = 0,
    private readonly configuration: u64 = 0,
    private readonly configuration_at: u32 = 0,
    private readonly configuration_bytes: u32 = 0,
  ) {
    this.layout = is_mmio ? MMIO : PCI;
  }


  @inline
  private get(register: u32, bytes: u32): i64 {
    return load_register(this.common, this.common_at + register, bytes);
  }


  @inline
  private put(register: u32, bytes: u32, value: u32): i64 {
    return store_register(this.common, this.common_at + register, bytes, value);
  }

  /** Stores a 64-bit address as two words, low one first. */
  private put_address(register: u32, value: u64): void {
    this.put(register, 4, <u32>value);
    this.put(register + 4, 4, <u32>(value >> 32));
  }

  /** E_FORMAT: what answers there is no virtio device of version 1. */
  check(): i64 {
    if (!this.is_mmio) return 0;
    return this.get(0, 4) == MMIO_MAGIC && this.get(MMIO_VERSION, 4) == 2 ? 0 : E_FORMAT;
  }

  /** STATUS_ bits; E_ABSENT: the device is gone. */
  status(): i64 {
    const status = this.get(this.layout.status, this.layout.status_bytes);
    return status < 0 || (status & 0xff) == 0xff ? E_ABSENT : status;
  }

  private add_status(bits: u32): i64 {
    const status = this.status();
    return status < 0 ? status : this.put(this.layout.status, this.layout.status_bytes, (<u32>status) | bits);
  }

  /** The device forgets everything and touches no memory when this answers 0. */
  reset(): i64 {
    this.put(this.layout.status, this.layout.status_bytes, 0);
    for (let look: u32 = 0; look < RESET_LOOKS; look++) {
      const status = this.status();
      if (status <= 0) return status;
    }
    return E_DEVICE;
  }

  /** After reset(): those of `wanted` that the device has, VERSION_1 among them, or an error. */
  negotiate(wanted: u64): i64 {
    const layout = this.layout;
    const status = this.add_status(STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    if (status < 0) return status;
    let offered: u64 = 0;
    for (let half: u32 = 0; half < 2; half++) {
      this.put(layout.device_select, 4, half);
      offered |= ((<u64>this.get(layout.device_feature, 4)) & 0xffff_ffff) << (half * 32);
    }
    const features = offered & (wanted | FEATURE_VERSION_1);
    if ((features & FEATURE_VERSION_1) == 0) return E_FORMAT;
    for (let half: u32 = 0; half < 2; half++) {
      this.put(layout.driver_select, 4, half);
      this.put(layout.driver_feature, 4, <u32>(features >> (half * 32)));
    }
    this.add_status(STATUS_FEATURES_OK);
    const accepted = this.status();
    if (accepted < 0) return accepted;
    return accepted & STATUS_FEATURES_OK ? <i64>features : E_DEVICE;
  }

  /** The most descriptors of a queue; 0: it has no such queue. */
  queue_size_max(queue: u32): u32 {
    this.put(this.layout.queue_select, this.layout.queue_bytes, queue);
    const size = this.get(this.layout.queue_size_max, this.layout.queue_bytes);
    return size < 0 || size > 0x8000 ? 0 : <u32>size;
  }

  /** The queue lies at these device addresses from now on, and interrupts by `vector` (PCI). */
  enable_queue(queue: u32, size: u32, descriptors: u64, available: u64, used: u64, vector: u32): i64 {
    const layout = this.layout;
    if (queue >= QUEUES_MAX) return E_FORMAT;
    this.put(layout.queue_select, layout.queue_bytes, queue);
    this.put(layout.queue_size, layout.queue_bytes, size);
    this.put_address(layout.descriptors, descriptors);
    this.put_address(layout.available, available);
    this.put_address(layout.used, used);
    if (!this.is_mmio) {
      this.put(PCI_QUEUE_VECTOR, 2, vector);
      if (this.get(PCI_QUEUE_VECTOR, 2) != vector) return E_DEVICE;
      const place = this.get(PCI_NOTIFY_OFFSET, 2) * <i64>this.notify_multiplier;
      if (place < 0 || place + 2 > <i64>this.notify_bytes) return E_FORMAT;
      unchecked((this.notify_at[queue] = this.notify_start + <u32>place));
    }
    return this.put(layout.queue_enable, layout.queue_bytes, 1);
  }

  /** Changes of the configuration interrupt by `vector` (PCI). */
  set_configuration_vector(vector: u32): void {
    if (!this.is_mmio) this.put(PCI_CONFIG_VECTOR, 2, vector);
  }

  /** The device works from now on. */
  go(): i64 {
    return this.add_status(STATUS_DRIVER_OK);
  }

  /** The driver has given up. */
  fail(): void {
    this.add_status(STATUS_FAILED);
  }

  /** Tells the device that there is something in a queue. */
  @inline
  notify(queue: u32): i64 {
    return this.is_mmio
      ? this.put(MMIO_NOTIFY, 4, queue)
      : store_register(this.notify_registers, unchecked(this.notify_at[queue]), 2, queue);
  }

  /** Why the line interrupts: bit 0 a queue, bit 1 the configuration. The line is quiet afterwards. */
  interrupt_cause(): u32 {
    if (!this.is_mmio) return (<u32>load_register(this.interrupt_registers, this.interrupt_at, 1)) & 3;
    const cause = (<u32>this.get(MMIO_INTERRUPT_STATUS, 4)) & 3;
    if (cause != 0) this.put(MMIO_INTERRUPT_ACKNOWLEDGE, 4, cause);
    return cause;
  }

  /** A field of the device's own configuration, 1, 2 or 4 bytes; below zero: it has none there. */
  field(offset: u32, bytes: u32): i64 {
    if (this.is_mmio) return this.get(MMIO_CONFIGURATION + offset, bytes);
    if (offset + bytes > this.configuration_bytes) return E_ABSENT;
    return load_register(this.configuration, this.configuration_at + offset, bytes);
  }

  set_field(offset: u32, bytes: u32, value: u32): i64 {
    if (this.is_mmio) return this.put(MMIO_CONFIGURATION + offset, bytes, value);
    if (offset + bytes > this.configuration_bytes) return E_ABSENT;
    return store_register(this.configuration, this.configuration_at + offset, bytes, value);
  }

  /** A field of 8 bytes. */
  long_field(offset: u32): i64 {
    const low = this.field(offset, 4);
    const high = this.field(offset + 4, 4);
    return low < 0 || high < 0 ? E_ABSENT : low | (high << 32);
  }
}

/** Queues that this library gives a device; more are left alone. */
export const QUEUES_MAX: u32 = 64;
