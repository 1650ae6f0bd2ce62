// The keyboard service: takes events of an input device from its driver and types them on the console, as the terminal's own keys. Granted by the image:
// the endpoints `virtio-input` and `console`, the latter with the role of a keyboard. It serves nobody. Without a device it ends its work at once.
import { Console } from "../../build/interfaces/console/client";
import { EVENT_BYTES, EVENT_KEY, Input } from "../../build/interfaces/virtio-input/client";
import { E_PEER_FAULT } from "../lib/errors";
import { BYTES_MAX, forget_keys, key } from "./keys";

const EVENTS: u32 = 64;
const input = Input.connect("virtio-input");
const console = Console.connect("console");
const bytes = memory.data(512);
if (EVENTS * BYTES_MAX > 512) ERROR("the keys' place is too small");

export function start(): void {
  // Ends when the driver says that there is no device, or nobody drives it any more.
  for (let answer = next(); answer >= 0; answer = next()) type(input.buffer, <u32>answer);
}

export function event(_bits: u64): void {}

/** Bytes of the next events; a driver that ended meanwhile has a successor, which does not know what is held. */
function next(): i64 {
  let answer = input.events(EVENTS * EVENT_BYTES);
  while (answer == E_PEER_FAULT) {
    forget_keys();
    answer = input.events(EVENTS * EVENT_BYTES);
  }
  return answer;
}

function type(events: usize, length: u32): void {
  const end = min(length, EVENTS * EVENT_BYTES); // as much as was asked for, whatever the driver answers
  let count: u32 = 0;
  for (let at: u32 = 0; at + EVENT_BYTES <= end && count + BYTES_MAX <= 512; at += EVENT_BYTES) {
    const event = events + at;
    if (load<u16>(event) == EVENT_KEY) count += key(load<u16>(event, 2), load<u32>(event, 4), bytes + count);
  }
  if (count != 0) console.type(bytes, count); // keys for which there is no room are lost, as on any terminal
}
