// Callers of a service who wait for something that comes by itself: bytes, frames, events. First come, first answered; each is answered
// into his own buffer. Invariant: at most WAITERS_MAX wait, and one who has ended meanwhile takes nothing from the others.
import { buffer_bytes, buffer_of } from "./buffer";
import { detach, reply } from "./endpoint";
import { E_FULL } from "./errors";

const WAITERS_MAX: u32 = 32;

export class Waiters {
  private readonly replies: StaticArray<u64> = new StaticArray<u64>(<i32>WAITERS_MAX);
  private readonly badges: StaticArray<u64> = new StaticArray<u64>(<i32>WAITERS_MAX);
  private readonly limits: StaticArray<u32> = new StaticArray<u32>(<i32>WAITERS_MAX);
  private first: u32 = 0;
  count: u32 = 0;

  /** Inside a handler: the caller waits for at most `limit` bytes. What this answers the handler returns. */
  wait(badge: u64, limit: u32): i64 {
    if (this.count == WAITERS_MAX) return E_FULL;
    const answer = detach();
    if (answer < 0) return answer;
    const place = (this.first + this.count++) % WAITERS_MAX;
    this.replies[place] = <u64>answer;
    this.badges[place] = badge;
    this.limits[place] = limit;
    return 0;
  }

  /** Bytes that the first one takes; his buffer may be another than when he called. */
  get limit(): u32 {
    return min(this.limits[this.first], buffer_bytes(this.badges[this.first]));
  }

  /** Where they go. */
  get place(): usize {
    return buffer_of(this.badges[this.first]);
  }

  /** The first one is answered and waits no more; false: he has ended. */
  answer(status: i64): bool {
    const handle = this.replies[this.first];
    this.first = (this.first + 1) % WAITERS_MAX;
    this.count--;
    return reply(handle, status) >= 0;
  }
}
