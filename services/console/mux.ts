// Both directions of the multiplexed line (docs/console-protocol.md): escapes start with DLE.
// Pure: bytes in, bytes out. The console feeds it what the UART received and drains what it encodes.
import { ByteRing } from "./ring";
import { State } from "../lib/state";

export const DLE: u8 = 0x10;

/** What a received byte completed. */
export const MUX_NOTHING: u32 = 0;
export const MUX_BYTE: u32 = 1;
export const MUX_END: u32 = 2;
export const MUX_INTERRUPT: u32 = 3;

/** The longest encoding of one byte of data: a channel switch and a doubled DLE. */
export const MUX_WORST_BYTES: u32 = 4;

const CHANNEL_LETTERS: StaticArray<u8> = [0x6c, 0x6f, 0x65, 0x6c]; // l o e l, by STREAM_ number; 0 is log

export class MuxDecoder {
  private escaped: bool = false;
  /** The byte of input, after MUX_BYTE. */
  byte: u8 = 0;

  pass(state: State): void {
    this.escaped = state.flag(this.escaped);
  }

  feed(byte: u8): u32 {
    if (!this.escaped) {
      if (byte == DLE) {
        this.escaped = true;
        return MUX_NOTHING;
      }
      this.byte = byte;
      return MUX_BYTE;
    }
    this.escaped = false;
    if (byte == 0x44) return MUX_END; // D
    if (byte == 0x43) return MUX_INTERRUPT; // C
    if (byte != DLE) return MUX_NOTHING;
    this.byte = DLE;
    return MUX_BYTE;
  }
}

export class MuxEncoder {
  private letter: u8 = 0x6c;

  constructor(private readonly out: ByteRing) {}

  pass(state: State): void {
    this.letter = <u8>state.u32(this.letter);
  }

  /** Makes `stream` the current channel. Room for two bytes is the caller's care. */
  select(stream: u32): void {
    const letter = unchecked(CHANNEL_LETTERS[stream]);
    if (letter == this.letter) return;
    this.letter = letter;
    this.out.put(DLE);
    this.out.put(letter);
  }

  /** One byte of data on the current channel: one or two bytes out. */
  @inline put(byte: u8): void {
    if (byte == DLE) this.out.put(DLE);
    this.out.put(byte);
  }

  /** DLE l, DLE r: the channel is log, whatever a console before a restart left; the guest takes input. */
  ready(): void {
    this.out.put(DLE);
    this.out.put(0x6c);
    this.out.put(DLE);
    this.out.put(0x72);
  }

  /** DLE x digits ';': at most 13 bytes. The host reads what follows as log. */
  exit_status(status: u32): void {
    this.out.put(DLE);
    this.out.put(0x78);
    let divisor: u32 = 1_000_000_000;
    while (divisor > 1 && status < divisor) divisor /= 10;
    for (; divisor > 0; divisor /= 10) this.out.put(<u8>(0x30 + ((status / divisor) % 10)));
    this.out.put(0x3b);
    this.letter = 0x6c;
  }
}
