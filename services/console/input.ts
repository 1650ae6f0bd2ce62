// Input that waits for its reader: decoded bytes, and marks where the input ends or a partial line stops.
// Filled by the console from the line editor or the multiplexer; read by the foreground client.
// Invariant: marks ascend and lie between the ring's taken and put positions.
import { ByteRing } from "./ring";
import { State } from "../lib/state";

export const INPUT_BYTES: u32 = 32768;
const MARK_LIMIT: u32 = 16;

const MARK_END: u8 = 1;
const MARK_PARTIAL: u8 = 2;

/** Nothing to read yet. */
export const INPUT_NONE: i32 = -1;

const LINE_FEED: u8 = 0x0a;

export class Input {
  readonly ring: ByteRing = new ByteRing(memory.data(INPUT_BYTES), INPUT_BYTES);
  private readonly positions: StaticArray<u32> = new StaticArray<u32>(MARK_LIMIT);
  private readonly kinds: StaticArray<u8> = new StaticArray<u8>(MARK_LIMIT);
  private mark_count: u32 = 0;
  /** The multiplexed line's end of input: no byte comes after it. */
  private is_closed: bool = false;

  put(byte: u8): void {
    if (!this.is_closed) this.ring.put(byte);
  }

  /** One end of input for one reader (^D). False: too many wait unread. */
  mark_end(): bool {
    return this.mark(MARK_END);
  }

  /** What was put so far may be read although its line has no end. */
  mark_partial(): bool {
    return this.mark(MARK_PARTIAL);
  }

  /** The end of input for ever. */
  close(): void {
    this.is_closed = true;
  }

  /** Unread input is dropped (^C). */
  clear(): void {
    this.ring.clear();
    this.mark_count = 0;
  }

  /** How many bytes one read may take now, at most `limit`: 0 at the end of input, INPUT_NONE to wait. By `line` a read stops
   * behind the first line feed and waits for one. */
  ready(limit: u32, line: bool): i32 {
    this.skip_partial();
    let stop = this.ring.length;
    const marked = this.mark_count > 0;
    if (marked) stop = unchecked(this.positions[0]) - this.ring.taken_count;
    if (stop == 0) return marked || this.is_closed ? 0 : INPUT_NONE;
    const count = min<u32>(stop, limit);
    if (!line) return <i32>count;
    for (let i: u32 = 0; i < count; i++) if (this.ring.peek(i) == LINE_FEED) return <i32>(i + 1);
    const whole = marked || this.is_closed || count == limit || this.ring.room == 0;
    return whole ? <i32>count : INPUT_NONE;
  }

  /** After a reader has taken `count` bytes that `ready` offered; 0 consumes an end mark. */
  consume(count: u32): void {
    if (count == 0 && this.mark_count > 0) this.pop();
    this.ring.drop(count);
  }

  pass(state: State): void {
    this.ring.pass(state);
    this.mark_count = state.count(this.mark_count, MARK_LIMIT);
    state.bytes(changetype<usize>(this.positions), MARK_LIMIT * sizeof<u32>());
    state.bytes(changetype<usize>(this.kinds), MARK_LIMIT);
    this.is_closed = state.flag(this.is_closed);
  }

  private mark(kind: u8): bool {
    if (this.mark_count == MARK_LIMIT) return false;
    unchecked((this.positions[this.mark_count] = this.ring.put_count));
    unchecked((this.kinds[this.mark_count] = kind));
    this.mark_count++;
    return true;
  }

  private skip_partial(): void {
    while (
      this.mark_count > 0 &&
      unchecked(this.kinds[0]) == MARK_PARTIAL &&
      unchecked(this.positions[0]) == this.ring.taken_count
    ) {
      this.pop();
    }
  }

  private pop(): void {
    this.mark_count--;
    for (let i: u32 = 0; i < this.mark_count; i++) {
      unchecked((this.positions[i] = this.positions[i + 1]));
      unchecked((this.kinds[i] = this.kinds[i + 1]));
    }
  }
}
