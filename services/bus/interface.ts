// Who drives which device. A driver's connection says what it is for: its role is class | unit << 4 | ROLE_TRUSTED, which the linker makes of
// the image's `drives`, `unit` and `trustedDma`; role 0 may list alone. One instance, one device: what it was handed dies with its claim.

/** The low four bits of a driver's role. Virtio classes, by their device numbers (virtio 1.2, chapter 5) in CLASS order. */
export const CLASS_VIRTIO_NET: u32 = 1;
export const CLASS_VIRTIO_BLK: u32 = 2;
export const CLASS_VIRTIO_CONSOLE: u32 = 3;
export const CLASS_VIRTIO_RNG: u32 = 4;
export const CLASS_VIRTIO_GPU: u32 = 5;
export const CLASS_VIRTIO_INPUT: u32 = 6;
export const CLASS_VIRTIO_9P: u32 = 9;
export const CLASS_NVME: u32 = 10;
/** QEMU's teaching device, for the tests. */
export const CLASS_EDU: u32 = 11;
export const CLASS_MASK: u32 = 15;
/** Bits 4 and 5: which of several devices of the class, in the order of their places. */
export const UNIT_SHIFT: u32 = 4;
export const UNIT_MASK: u32 = 3;
/** The image says trustedDma: without an IOMMU the driver may learn physical addresses. */
export const ROLE_TRUSTED: u32 = 64;

/** Values of `transport`. */
export const TRANSPORT_VIRTIO_PCI: u32 = 1;
export const TRANSPORT_VIRTIO_MMIO: u32 = 2;
export const TRANSPORT_PCI: u32 = 3;
/** Values of `dma_kind`: addresses of an IOMMU context, or of memory itself. */
export const DMA_CONTEXT: u32 = 1;
export const DMA_TRUSTED: u32 = 2;
/** Values of `kind`: cfg_type of virtio's capabilities (virtio 1.2, 4.1.4). */
export const STRUCTURE_COMMON: u32 = 1;
export const STRUCTURE_NOTIFY: u32 = 2;
export const STRUCTURE_ISR: u32 = 3;
export const STRUCTURE_DEVICE: u32 = 4;

export interface Bus {
  /**
   * Takes the device of the connection's role, reset and unable to master the bus. `identity`: vendor | device << 16 of PCI; of virtio its device
   * number is the high half. `vectors`: messages that can be asked for, 0: it has its line alone. E_ABSENT: no such device; E_STATE: another instance has it; E_RIGHTS:
   * no IOMMU, and the image does not say trustedDma. Who claims again gets it afresh: everything that was handed out before is dead.
   */
  claim(): { transport: u32; identity: u32; vectors: u32; dma_kind: u32; revision: u32 };
  /** Where a structure of a virtio PCI device lies; checked to lie inside its BAR. E_ABSENT: it has none such. */
  structure(kind: u32): { bar: u32; offset: u32; length: u32; multiplier: u32 };
  /** A Device over a BAR, or over the block of an MMIO device (bar 0), without the device's own message table. */
  registers(bar: u32): capability;
  /** Bytes of what registers(bar) hands out. */
  registers_length(bar: u32): u64;
  /** An Irq: message `vector`, which the bus has programmed into the device, or its line (vector 0). E_STATE: the line is several devices', see share(). */
  interrupt(vector: u32): capability;
  /** The Dma context of the device, or the System capability with the right `dma` alone; from now on the device masters the bus. */
  dma(): capability;
  /** The device is quiet: it masters the bus no more and, where it can, has been reset. BARs and vectors stay. */
  reset(): i64;
  /** Gives the device back: quiet, and everything that was handed out is dead. */
  release(): i64;
  /** The record of one device as a line of text, for people, and last one of what firmware's tables say; E_NOT_FOUND behind the last. `cursor` counts from 0. */
  list(cursor: u32): bytes;
  /** For init: the instance behind this badge has ended, and its memory is still its own; its device is taken back. 0: all devices are. */
  gone(whose: u64): i64;
  /**
   * For init: switches the machine off by the registers that firmware's tables name, and does not answer where that succeeds. E_ABSENT: they do
   * not say how; E_DEVICE: the machine goes on all the same.
   */
  power_off(): i64;
  /**
   * For a driver whose line is not its device's alone: interrupt(0) has answered E_STATE. The line sets `bits` of the driver's notification, for all devices on
   * it, and interrupts again when each driver has said looked().
   */
  share(wake: capability, bits: u64): i64;
  /** The driver has looked at its device since the line last woke it. */
  looked(): i64;
}
