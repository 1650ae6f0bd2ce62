// A driver under test as its client sees it: calls with a deadline, what may come of a round of work, and the order of faults at the end of the buffer
// that both share. Called by campaign.ts; disk.ts, streams.ts, files.ts and screen.ts say what the work is.
import { call_until } from "../../../../services/lib/endpoint";
import { E_PEER_FAULT, E_PEER_GONE, E_TIMEOUT } from "../../../../services/lib/errors";
import { create, now_ns, wait } from "../../../../services/lib/notification";
import * as startup from "../../../../services/lib/startup";
import { ORDER_ARMED, ORDER_BYTES, ORDER_COUNT, ORDER_SEED, ORDER_SITES, ORDER_WHEN } from "./order";

export const FINE: u32 = 0;
/** The driver ended in the midst of it, was not there, said nothing in time, answered an error of its own, or answered wrong. */
export const ENDED: u32 = 1;
export const SILENT: u32 = 2;
export const REFUSED: u32 = 3;
export const WRONG: u32 = 4;
export const OUTCOMES: u32 = 5;

/** An answer so long after the deadline is one that the kernel did not give. */
const LATE_NS: u64 = 20_000_000_000;

const PAUSE_NS: u64 = 1_000_000;
const timer = <u64>create(startup.self());

export function pause(): void {
  wait(timer, now_ns() + PAUSE_NS);
}

/** Calls that came back with anything at all, and those of them that came too late. */
export let answers: u64 = 0;
export let late: u64 = 0;
/** Of the latest of these: the method, and how long after its deadline it came. */
export let late_method: u64 = 0;
export let late_ns: u64 = 0;

export function outcome_of(answer: i64): u32 {
  if (answer >= 0) return FINE;
  if (answer == E_PEER_FAULT || answer == E_PEER_GONE) return ENDED;
  return answer == E_TIMEOUT ? SILENT : REFUSED;
}

export abstract class Victim {
  id: u64 = 0;
  /** What it answered last. */
  answer: i64 = 0;
  /** How long a call may take. */
  patience_ns: u64 = 1_500_000_000;
  /** Rounds of work after each batch of faults. */
  rounds: u32 = 12;
  private readonly sites: u64;

  constructor(
    readonly name: string,
    readonly endpoint: u64,
    readonly buffer: usize,
    readonly buffer_bytes: u32,
  ) {
    this.sites = startup.number("sites." + name, 0);
  }

  /** One round of work; what came of it. */
  abstract work(random: u64): u32;

  /** Everything that the victim keeps for its client is made anew and looked at. */
  abstract verify(): u32;

  /** The driver was replaced, and knows nothing of us. */
  is_new(): void {}

  /** Bytes of the buffer that are free for the work. */
  get room(): u32 {
    return this.buffer_bytes - ORDER_BYTES;
  }

  get order(): usize {
    return this.buffer + this.room;
  }

  ask(method: u64, w0: u64 = 0, w1: u64 = 0, w2: u64 = 0, w3: u64 = 0, w4: u64 = 0): i64 {
    const deadline_ns = now_ns() + this.patience_ns;
    const answer = call_until(this.endpoint, deadline_ns, method, w0, w1, w2, w3, w4);
    this.answer = answer;
    answers++;
    const now = now_ns();
    if (now > deadline_ns + LATE_NS) {
      late++;
      late_method = method;
      late_ns = now - deadline_ns;
    }
    return answer;
  }

  /** The driver arms `count` of its points `when` (ORDER_) it looks next. */
  give_order(when: u64, seed: u64, count: u64): void {
    store<u64>(this.order, seed, ORDER_SEED);
    store<u64>(this.order, count, ORDER_COUNT);
    store<u64>(this.order, this.sites, ORDER_SITES);
    store<u64>(this.order, when, ORDER_WHEN);
  }

  /** Nobody has taken it yet. */
  get has_order(): bool {
    return load<u64>(this.order, ORDER_WHEN) != 0;
  }

  forget_order(): void {
    memory.fill(this.order, 0, ORDER_BYTES);
  }

  get armed(): u64 {
    return load<u64>(this.order, ORDER_ARMED);
  }
}
