// The input as a stream of bytes.
import * as host from "./host";

class Word {
  at: u32 = 0;
  length: u32 = 0;

  start(length: u32): void {
    this.at = 0;
    this.length = length;
  }
  left(): bool {
    return this.at < this.length;
  }
  /** The next byte; 0 at the end. */
  byte(): u32 {
    return this.at < this.length ? host.host_input(this.at++) : 0;
  }
  below(limit: u32): u32 {
    return limit == 0 ? 0 : this.byte() % limit;
  }
}

export const word = new Word();
