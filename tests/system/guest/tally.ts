// A service with state, version 1: it counts, and somebody may wait for it. Its successors take count and waiter over.
import { control } from "../../../services/lib/buffer";
import { detach, reply } from "../../../services/lib/endpoint";
import { replaceable } from "../../../services/lib/replace";

const VERSION: u32 = 1;
let count: u64 = 0;
let waiter: u64 = 0;

export function start(): void {
  replaceable(save, take_over);
}

export function call(badge: u64, method: u64, w0: u64, w1: u64, _w2: u64, _w3: u64, _w4: u64, _w5: u64): i64 {
  if (method == 1) return ++count;
  if (method == 2) {
    waiter = detach();
    return 0;
  }
  if (method == 3) return reply(waiter, <i64>count);
  if (method == 4) return VERSION;
  return control(badge, method, w0, w1);
}

function save(at: usize, _limit: u32): i64 {
  store<u32>(at, VERSION);
  store<u64>(at, count, 8);
  store<u64>(at, waiter, 16);
  return 24;
}

/** Version 1 takes over from version 1 alone. */
function take_over(at: usize, length: u32): i64 {
  if (length != 24 || load<u32>(at) != VERSION) return -13;
  count = load<u64>(at, 8);
  waiter = load<u64>(at, 16);
  return 0;
}
