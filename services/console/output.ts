// Output on its way to the UART: line ends and escapes are added here, then bytes wait in a ring.
// Called by the service's methods. Invariant: clients never fill the last RESERVE_BYTES, so that echo and status fit.
import { ECHO_WORST_BYTES, LineEditor } from "./editor";
import { MUX_WORST_BYTES, MuxEncoder } from "./mux";
import { ByteRing } from "./ring";
import { Mirror } from "./mirror";
import { Uart } from "./uart";
import { State } from "../lib/state";

export const OUTPUT_BYTES: u32 = 16384;
const RESERVE_BYTES: u32 = ECHO_WORST_BYTES + 64;

const LINE_FEED: u8 = 0x0a;
const CARRIAGE_RETURN: u8 = 0x0d;

export class Output {
  readonly ring: ByteRing = new ByteRing(memory.data(OUTPUT_BYTES), OUTPUT_BYTES);
  readonly editor: LineEditor = new LineEditor(this.ring);
  /** Clients are told that the terminal has colours. */
  has_colours: bool = true;
  private readonly encoder: MuxEncoder = new MuxEncoder(this.ring);

  constructor(
    private readonly uart: Uart,
    private readonly mirror: Mirror,
    readonly is_mux: bool,
  ) {}

  /** True when one more key may be echoed. */
  get has_echo_room(): bool {
    return this.ring.room >= ECHO_WORST_BYTES;
  }

  get is_drained(): bool {
    return this.ring.length == 0;
  }

  /** Encodes and sends as much of [data, data + length) as the line takes now; answers how many bytes were taken. */
  write(stream: u32, data: usize, length: u32): u32 {
    let done: u32 = 0;
    let taken: u32 = 0;
    do {
      taken = this.is_mux
        ? this.encode(stream, data + done, length - done)
        : this.translate(data + done, length - done);
      done += taken;
      this.send();
    } while (done < length && taken > 0);
    return done;
  }

  /** Hands the UART what it takes. */
  send(): void {
    this.mirror.follow(this.ring);
    this.uart.transmit(this.ring);
  }

  /** The multiplexed line's first frame. */
  ready(): void {
    if (!this.is_mux) return;
    this.encoder.ready();
    this.send();
  }

  /** Sends everything in the ring, and waits until it has left. False: the UART is stuck. */
  drain(): bool {
    this.mirror.follow(this.ring);
    return this.uart.transmit_all(this.ring);
  }

  /** Sends the status behind everything written so far, and waits until it has left. False: the UART is stuck. */
  exit_status(status: u32): bool {
    if (!this.drain()) return false;
    if (this.is_mux) this.encoder.exit_status(status);
    return this.drain();
  }

  /** Remembers what stands behind the last line feed of bytes that were written: the prompt. */
  note_prompt(data: usize, count: u32): void {
    let from = count;
    while (from > 0 && load<u8>(data + from - 1) != LINE_FEED) from--;
    if (from > 0) this.editor.output_passed(LINE_FEED);
    for (; from < count; from++) this.editor.output_passed(load<u8>(data + from));
  }

  /** Ends a line that the writer of these bytes left open. */
  end_line(data: usize, count: u32): void {
    if (load<u8>(data + count - 1) == LINE_FEED) return;
    this.ring.put(CARRIAGE_RETURN);
    this.ring.put(LINE_FEED);
  }

  /** All has been sent: the ring is empty. */
  pass(state: State): void {
    this.encoder.pass(state);
    this.editor.pass(state);
    this.uart.pass(state);
  }

  /** The room that a client may use. */
  private client_room(): u32 {
    const room = this.ring.room;
    return room > RESERVE_BYTES ? room - RESERVE_BYTES : 0;
  }

  private encode(stream: u32, data: usize, length: u32): u32 {
    const room = this.client_room();
    if (room < MUX_WORST_BYTES) return 0;
    this.encoder.select(stream);
    const count = min<u32>(length, (room - 2) >> 1);
    for (let i: u32 = 0; i < count; i++) this.encoder.put(load<u8>(data + i));
    return count;
  }

  /** For a terminal: each line feed gets a carriage return. */
  private translate(data: usize, length: u32): u32 {
    const count = min<u32>(length, this.client_room() >> 1);
    for (let i: u32 = 0; i < count; i++) {
      const byte = load<u8>(data + i);
      if (byte == LINE_FEED) this.ring.put(CARRIAGE_RETURN);
      this.ring.put(byte);
    }
    return count;
  }
}
