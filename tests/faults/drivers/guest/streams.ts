// The work of drivers under test that hand out random bytes, frames and a byte stream. Called by campaign.ts.
import { METHOD_FILL, Random } from "../../../../build/interfaces/virtio-rng/client";
import { METHOD_WRITE, Stream } from "../../../../build/interfaces/virtio-console/client";
import {
  FRAME_BYTES_MAX,
  METHOD_COUNTERS,
  METHOD_HARDWARE,
  METHOD_RECEIVE,
  METHOD_SEND,
  Network,
} from "../../../../build/interfaces/virtio-net/client";
import { E_FULL } from "../../../../services/lib/errors";
import { reply_word } from "../../../../services/lib/message";
import { FINE, outcome_of, Victim, WRONG } from "./victim";

const RANDOM_BYTES: u32 = 256;
/** Of so many random bytes, so many zeros are no chance. */
const ZEROS_MAX: u32 = 64;
const LINE_BYTES: u32 = 40;
const ARP: u16 = 0x0608;
const ARP_BYTES: u32 = 42;
const FRAMES_MAX: u32 = 8;
/** The router that the emulator plays, and what the card was given: first byte lowest. */
const ROUTER: u32 = 0x0202_000a;
const CARD: u64 = 0x5634_1200_5452;

export class RandomVictim extends Victim {
  constructor(client: Random) {
    super("virtio-rng", client.endpoint, client.buffer, client.buffer_bytes);
  }

  work(_random: u64): u32 {
    memory.fill(this.buffer, 0, RANDOM_BYTES);
    const answer = this.ask(METHOD_FILL, RANDOM_BYTES);
    if (answer < 0) return outcome_of(answer);
    if (answer == 0 || answer > <i64>RANDOM_BYTES) return WRONG;
    let zeros: u32 = 0;
    for (let i: u32 = 0; i < <u32>answer; i++) zeros += <u32>(load<u8>(this.buffer + i) == 0);
    return zeros > ZEROS_MAX ? WRONG : FINE;
  }

  verify(): u32 {
    return this.work(0);
  }
}

/** Bytes to a file of the host's. */
export class StreamVictim extends Victim {
  constructor(client: Stream) {
    super("virtio-console", client.endpoint, client.buffer, client.buffer_bytes);
  }

  work(random: u64): u32 {
    memory.fill(this.buffer, 0x2e, LINE_BYTES);
    const bytes = 1 + (random % LINE_BYTES);
    const answer = this.ask(METHOD_WRITE, bytes << 32);
    if (answer == E_FULL) return FINE;
    return answer < 0 ? outcome_of(answer) : answer == 0 || <u64>answer > bytes ? WRONG : FINE;
  }

  verify(): u32 {
    return this.work(0);
  }
}

/** Asks the router who it is, and waits for its answer. */
export class NetworkVictim extends Victim {
  constructor(client: Network) {
    super("virtio-net", client.endpoint, client.buffer, client.buffer_bytes);
  }

  private hardware(): u32 {
    const answer = this.ask(METHOD_HARDWARE);
    if (answer < 0) return outcome_of(answer);
    return reply_word(1) == CARD ? FINE : WRONG;
  }

  /** Who has 10.0.2.2? (RFC 826) */
  private set_request(): void {
    const frame = this.buffer;
    memory.fill(frame, 0, ARP_BYTES);
    memory.fill(frame, 0xff, 6);
    for (let i: u32 = 0; i < 6; i++) {
      store<u8>(frame + 6 + i, <u8>(CARD >> (8 * i)));
      store<u8>(frame + 22 + i, <u8>(CARD >> (8 * i)));
    }
    store<u16>(frame, ARP, 12);
    store<u32>(frame, 0x0008_0100, 14);
    store<u32>(frame, 0x0100_0406, 18);
    store<u32>(frame, 0x0f02_000a, 28);
    store<u32>(frame, ROUTER, 38);
  }

  private exchange(): u32 {
    this.set_request();
    const sent = this.ask(METHOD_SEND, (<u64>ARP_BYTES) << 32);
    if (sent < 0) return outcome_of(sent);
    for (let i: u32 = 0; i < FRAMES_MAX; i++) {
      const bytes = this.ask(METHOD_RECEIVE, FRAME_BYTES_MAX);
      if (bytes < 0) return outcome_of(bytes);
      if (bytes > <i64>FRAME_BYTES_MAX) return WRONG;
      if (bytes >= <i64>ARP_BYTES && load<u16>(this.buffer, 12) == ARP && load<u32>(this.buffer, 28) == ROUTER)
        return FINE;
    }
    return WRONG;
  }

  work(random: u64): u32 {
    switch (<u32>(random % 6)) {
      case 0:
        return this.hardware();
      case 1:
        return outcome_of(this.ask(METHOD_COUNTERS));
      default:
        return this.exchange();
    }
  }

  verify(): u32 {
    const known = this.hardware();
    return known == FINE ? this.exchange() : known;
  }
}
