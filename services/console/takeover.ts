// A running console's place is taken by its successor: line being edited, history, unread input, clients and the calls of theirs that wait
// go over; output is sent first. Called by init by way of lib/replace.ts. The successor leaves the UART alone until its first event.
import { bind_interrupt } from "../lib/device";
import { drop } from "../lib/capability";
import { E_DEVICE, E_FORMAT, E_FULL } from "../lib/errors";
import { notify } from "../lib/notification";
import { replaceable } from "../lib/replace";
import { State } from "../lib/state";
import { Console, EVENT_INTERRUPT, EVENT_TIMER } from "./service";

const VERSION: u32 = 2;

const state = new State();
let console: Console | null = null;
let irq: u64 = 0;
let notification: u64 = 0;
/** The predecessor's notification: it came along with its capabilities, and is of no use here. */
let former: u64 = 0;

/** Once, by start(). */
export function hand_over(running: Console, line: u64, bound: u64): void {
  console = running;
  irq = line;
  notification = bound;
  replaceable(save, take_over, resume);
}

/** At every event; the first one after a take-over looks at everything. */
export function forget_predecessor(): void {
  if (former == 0) return;
  drop(former);
  former = 0;
}

function save(at: usize, limit: u32): i64 {
  if (!console!.output.drain()) return E_DEVICE;
  state.begin(at, limit, true);
  state.u32(VERSION);
  state.u64(notification);
  console!.pass(state);
  return state.is_whole ? state.length : E_FULL;
}

function take_over(at: usize, length: u32): i64 {
  state.begin(at, length, false);
  if (state.u32(VERSION) != VERSION) return E_FORMAT;
  former = state.u64(0);
  console!.pass(state);
  if (!state.is_whole) return E_FORMAT;
  return look();
}

function resume(): void {
  look();
}

/** Interrupts come here, and the first event comes at once: nothing that happened meanwhile is missed. */
function look(): i64 {
  const error = bind_interrupt(irq, notification, EVENT_INTERRUPT);
  return error < 0 && irq != 0 ? error : notify(notification, EVENT_INTERRUPT | EVENT_TIMER);
}
