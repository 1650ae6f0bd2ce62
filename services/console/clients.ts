// What the console knows about each client: its mode, and the one call of it that waits for an answer.
// A client is blocked while its call waits, so there is never a second one. Found by the badge's slot.
import { drop } from "../lib/capability";
import { State } from "../lib/state";

export const WAIT_NOTHING: u32 = 0;
export const WAIT_WRITE: u32 = 1;
export const WAIT_READ: u32 = 2;
export const WAIT_INPUT: u32 = 3;

const SLOTS: u32 = 256;

export class Client {
  mode: u32 = 0;
  /** ^C came while no call waited: the next read answers it. */
  interrupted: bool = false;
  waiting: u32 = WAIT_NOTHING;
  reply: u64 = 0;
  /** WAIT_WRITE: what remains. WAIT_READ: where the bytes go and how many at most. */
  stream: u32 = 0;
  data: usize = 0;
  length: u32 = 0;
  /** WAIT_WRITE: all of it, the answer; and whether the line being typed was taken off the screen for it. */
  total: u32 = 0;
  covers_line: bool = false;
  /** WAIT_INPUT. */
  deadline_ns: u64 = 0;

  constructor(public badge: u64) {}

  pass(state: State): void {
    this.mode = state.u32(this.mode);
    this.interrupted = state.flag(this.interrupted);
    this.waiting = state.count(this.waiting, WAIT_INPUT);
    this.reply = state.u64(this.reply);
    this.stream = state.u32(this.stream);
    this.data = <usize>state.u32(<u32>this.data);
    this.length = state.u32(this.length);
    this.total = state.u32(this.total);
    this.covers_line = state.flag(this.covers_line);
    this.deadline_ns = state.u64(this.deadline_ns);
  }
}

const by_slot = new StaticArray<Client | null>(SLOTS);
/** Slots ever used, for walks over all clients. */
const used = new StaticArray<u8>(SLOTS);
let used_count: u32 = 0;

/** The client of this badge; a new one starts with `mode`. */
export function client_of(badge: u64, mode: u32): Client {
  const slot = (<u32>badge) & (SLOTS - 1);
  const known = unchecked(by_slot[slot]);
  if (known !== null && known.badge == badge) return known;
  const client = new Client(badge);
  client.mode = mode;
  if (known === null) unchecked((used[used_count++] = <u8>slot));
  else if (known.waiting != WAIT_NOTHING) drop(known.reply);
  unchecked((by_slot[slot] = client));
  return client;
}

/** All clients, and the calls that wait: a Reply stays good in the successor's hands, a buffer lies in the same place. */
export function pass_clients(state: State): void {
  const count = state.count(used_count, SLOTS);
  for (let i: u32 = 0; i < count && state.is_whole; i++) {
    const badge = state.u64(state.is_saving ? client_at(i).badge : 0);
    if (state.is_whole) client_of(badge, 0).pass(state);
  }
}

export function client_count(): u32 {
  return used_count;
}

/** Client number `index` < client_count(). */
export function client_at(index: u32): Client {
  return <Client>unchecked(by_slot[unchecked(used[index])]);
}

/** The client with this badge if there is one. */
export function find_client(badge: u64): Client | null {
  const known = unchecked(by_slot[(<u32>badge) & (SLOTS - 1)]);
  return known !== null && known.badge == badge ? known : null;
}
