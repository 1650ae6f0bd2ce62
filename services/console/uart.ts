// The 16550 UART by the Device capability: registers at offset number << stride shift, in ports or in memory alike.
// Used by the console alone. Invariant: the transmit interrupt is on only while bytes wait that the UART did not take.
import { ByteRing } from "./ring";
import { load_register, store_register } from "../lib/device";
import { now_ns } from "../lib/notification";
import { State } from "../lib/state";

// Registers by number (National Semiconductor PC16550D data sheet, table II).
const DATA: u32 = 0;
const INTERRUPT_ENABLE: u32 = 1;
const INTERRUPT_IDENTIFICATION: u32 = 2;
const FIFO_CONTROL: u32 = 2;
const LINE_CONTROL: u32 = 3;
const MODEM_CONTROL: u32 = 4;
const LINE_STATUS: u32 = 5;

const ENABLE_RECEIVE: u32 = 1;
const ENABLE_TRANSMIT: u32 = 2;
const FIFO_ENABLE_TRIGGER_14: u32 = 0xc1;
const TRIGGER_BYTES: u32 = 14;
const EIGHT_BITS_NO_PARITY: u32 = 3;
/** Data terminal ready, request to send, and the gate of the interrupt line on PCs. */
const MODEM_READY: u32 = 0x0b;
const STATUS_RECEIVED: u32 = 0x01;
const STATUS_TRANSMIT_EMPTY: u32 = 0x20;
const STATUS_IDLE: u32 = 0x40;
const NOTHING_PENDING: u32 = 1;
/** Of the interrupt identification: FIFOs are on, and as many bytes were received as the trigger says. */
const IDENTIFICATION_MASK: u32 = 0xcf;
const TRIGGER_REACHED: u32 = 0xc4;

const FIFO_BYTES: u32 = 16;
/** The longest time that a sound UART at 9600 baud needs for a full FIFO is 17 ms. */
const STUCK_AFTER_NS: u64 = 1_000_000_000;

export class Uart {
  private enabled: u32 = 0;
  /** Received bytes that are there for certain. Each look at a register costs an emulator more than a byte's way through this service. */
  private certain: u32 = 0;

  /** `device` 0: there is no UART; what is sent vanishes, nothing is received. */
  constructor(
    private readonly device: u64,
    private readonly stride_bytes: u32,
  ) {}

  get is_receiving(): bool {
    return (this.enabled & ENABLE_RECEIVE) != 0;
  }

  get is_present(): bool {
    return this.device != 0;
  }

  /** Speed stays as the firmware or the kernel set it. Bytes that wait already stay. */
  start(): void {
    if (!this.is_present) return;
    this.certain = 0;
    this.write(INTERRUPT_ENABLE, 0);
    this.write(LINE_CONTROL, EIGHT_BITS_NO_PARITY);
    this.write(FIFO_CONTROL, FIFO_ENABLE_TRIGGER_14);
    this.write(MODEM_CONTROL, MODEM_READY);
  }

  /** True while a received byte waits. */
  has_received(): bool {
    return this.certain != 0 || (this.is_present && (this.read(LINE_STATUS) & STATUS_RECEIVED) != 0);
  }

  receive(): u8 {
    if (this.certain != 0) this.certain--;
    return <u8>this.read(DATA);
  }

  /** With receiving off the FIFO fills up and the sender is held back: nothing is lost on an emulator. */
  set_receiving(on: bool): void {
    this.enable(on ? this.enabled | ENABLE_RECEIVE : this.enabled & ~ENABLE_RECEIVE);
  }

  /** Sends what the UART takes at once; the rest follows at the transmit interrupt. */
  transmit(from: ByteRing): void {
    if (!this.is_present) return from.clear();
    while (from.length > 0) {
      if ((this.read(LINE_STATUS) & STATUS_TRANSMIT_EMPTY) == 0) return this.enable(this.enabled | ENABLE_TRANSMIT);
      for (let left = min<u32>(FIFO_BYTES, from.length); left > 0; left--) this.write(DATA, from.take());
    }
    this.enable(this.enabled & ~ENABLE_TRANSMIT);
  }

  /** Sends everything without interrupts, to the last stop bit. False: the UART stopped taking bytes. */
  transmit_all(from: ByteRing): bool {
    if (!this.is_present) return true;
    let deadline_ns = now_ns() + STUCK_AFTER_NS;
    while (from.length > 0 || (this.read(LINE_STATUS) & STATUS_IDLE) == 0) {
      const before = from.length;
      this.transmit(from);
      if (from.length != before) deadline_ns = now_ns() + STUCK_AFTER_NS;
      else if (now_ns() > deadline_ns) return false;
    }
    return true;
  }

  /** True while a cause of interrupt stands; reading it retires the transmit interrupt. Edge-triggered lines need none left. */
  has_cause(): bool {
    if (!this.is_present) return false;
    const identification = this.read(INTERRUPT_IDENTIFICATION);
    if ((identification & IDENTIFICATION_MASK) == TRIGGER_REACHED) this.certain = TRIGGER_BYTES;
    return (identification & NOTHING_PENDING) == 0;
  }

  /** The device itself stays as it is: what is enabled there. */
  pass(state: State): void {
    this.enabled = state.u32(this.enabled);
  }

  private enable(bits: u32): void {
    if (bits == this.enabled || !this.is_present) return;
    this.enabled = bits;
    this.write(INTERRUPT_ENABLE, bits);
  }

  private read(register: u32): u32 {
    return <u32>load_register(this.device, register * this.stride_bytes, 1);
  }

  private write(register: u32, value: u32): void {
    store_register(this.device, register * this.stride_bytes, 1, value);
  }
}
