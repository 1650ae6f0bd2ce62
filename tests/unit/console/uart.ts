// A 16550 UART and the kernel's gates as far as the console uses them, for tests in Node.
// The UART's two ends: `wire` is what it sent; `receive` gives it bytes as an emulator does, only while its FIFO has room.

const FIFO_BYTES = 16;

export class Uart {
  wire: number[] = [];
  /** Bytes the host has sent that the FIFO had no room for yet. */
  private outside: number[] = [];
  private fifo: number[] = [];
  private interruptEnable = 0;
  private isFifoOn = false;
  private trigger = 1;
  private transmitPending = false;
  /** How many bytes the line still takes at once; then the transmitter stays full. */
  lineRoom = Number.POSITIVE_INFINITY;
  private transmitter: number[] = [];
  accesses = 0;

  receive(bytes: Iterable<number>): void {
    this.outside.push(...bytes);
    this.fill();
  }

  /** The line takes `count` more bytes. */
  drain(count: number): void {
    this.lineRoom += count;
    this.shift();
  }

  get interrupts(): boolean {
    return ((this.interruptEnable & 1) !== 0 && this.fifo.length > 0) || this.transmitCause;
  }

  /** Bytes not yet read by the driver. */
  get unread(): number {
    return this.outside.length + this.fifo.length;
  }

  load(register: number): number {
    this.accesses++;
    if (register === 0) {
      const byte = this.fifo.shift();
      if (byte === undefined) throw new Error("the driver read a byte that was not there");
      this.fill();
      return byte;
    }
    if (register === 2) {
      const fifos = this.isFifoOn ? 0xc0 : 0;
      // fewer than the trigger says are told after a while: 12, the time-out
      if ((this.interruptEnable & 1) !== 0 && this.fifo.length > 0)
        return fifos | (this.fifo.length >= this.trigger ? 4 : 12);
      const cause = this.transmitCause;
      this.transmitPending = false;
      return fifos | (cause ? 2 : 1);
    }
    if (register === 5) return (this.fifo.length > 0 ? 1 : 0) | (this.transmitter.length === 0 ? 0x60 : 0);
    throw new Error(`the driver read register ${register}`);
  }

  store(register: number, value: number): void {
    this.accesses++;
    if (register === 0) {
      if (this.transmitter.length >= this.room) throw new Error("the driver overran the transmit FIFO");
      this.transmitter.push(value);
      this.transmitPending = false;
      this.shift();
    } else if (register === 1) {
      if ((value & 2) !== 0 && (this.interruptEnable & 2) === 0) this.transmitPending = this.transmitter.length === 0;
      this.interruptEnable = value;
    } else if (register === 2) {
      this.isFifoOn = (value & 1) !== 0;
      this.trigger = this.isFifoOn ? ([1, 4, 8, 14][value >> 6] as number) : 1;
    } else if (register > 4) throw new Error(`the driver wrote register ${register}`);
  }

  private get room(): number {
    return this.isFifoOn ? FIFO_BYTES : 1;
  }

  private get transmitCause(): boolean {
    return (this.interruptEnable & 2) !== 0 && this.transmitPending;
  }

  private fill(): void {
    while (this.fifo.length < this.room && this.outside.length > 0) this.fifo.push(this.outside.shift()!);
  }

  private shift(): void {
    while (this.transmitter.length > 0 && this.lineRoom > 0) {
      this.wire.push(this.transmitter.shift()!);
      this.lineRoom--;
      if (this.transmitter.length === 0) this.transmitPending = true;
    }
  }
}
