// The lines a person entered before, newest last, for the arrow keys; called by the line editor.
// Entries lie one behind the other as a length (2 bytes) and the text; the oldest leave when there is no room.
import { State } from "../lib/state";

const CAPACITY_BYTES: u32 = 8192;
const HEADER_BYTES: u32 = 2;

export class History {
  private readonly bytes: StaticArray<u8> = new StaticArray<u8>(CAPACITY_BYTES);
  private used: u32 = 0;
  count: u32 = 0;

  /** Remembers a line; empty lines and a repetition of the newest are not worth an entry. */
  add(line: StaticArray<u8>, length: u32): void {
    if (length == 0 || length + HEADER_BYTES > CAPACITY_BYTES) return;
    if (this.count > 0 && this.equals(this.find(this.count - 1), line, length)) return;
    while (this.used + HEADER_BYTES + length > CAPACITY_BYTES) this.drop_oldest();
    const at = this.used;
    unchecked((this.bytes[at] = <u8>length));
    unchecked((this.bytes[at + 1] = <u8>(length >> 8)));
    for (let i: u32 = 0; i < length; i++) unchecked((this.bytes[at + HEADER_BYTES + i] = line[i]));
    this.used = at + HEADER_BYTES + length;
    this.count++;
  }

  /** Copies entry `index` (0 = oldest, < count) to `target`, answers its length, cut to `limit`. */
  copy(index: u32, target: StaticArray<u8>, limit: u32): u32 {
    const at = this.find(index);
    const length = min<u32>(this.length_at(at), limit);
    for (let i: u32 = 0; i < length; i++) unchecked((target[i] = this.bytes[at + HEADER_BYTES + i]));
    return length;
  }

  pass(state: State): void {
    this.used = state.count(this.used, CAPACITY_BYTES);
    this.count = state.count(this.count, CAPACITY_BYTES);
    state.bytes(changetype<usize>(this.bytes), this.used);
  }

  private length_at(at: u32): u32 {
    return (<u32>unchecked(this.bytes[at])) | ((<u32>unchecked(this.bytes[at + 1])) << 8);
  }

  private find(index: u32): u32 {
    let at: u32 = 0;
    for (let i: u32 = 0; i < index; i++) at += HEADER_BYTES + this.length_at(at);
    return at;
  }

  private equals(at: u32, line: StaticArray<u8>, length: u32): bool {
    if (this.length_at(at) != length) return false;
    for (let i: u32 = 0; i < length; i++) {
      if (unchecked(this.bytes[at + HEADER_BYTES + i]) != unchecked(line[i])) return false;
    }
    return true;
  }

  private drop_oldest(): void {
    const size = HEADER_BYTES + this.length_at(0);
    for (let i = size; i < this.used; i++) unchecked((this.bytes[i - size] = this.bytes[i]));
    this.used -= size;
    this.count--;
  }
}
