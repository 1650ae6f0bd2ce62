// The driver of a virtio entropy device.
import { begin_event, end_event, EVENT_QUEUES } from "../lib/virtio/device";
import { deliver, open } from "./methods";

export { call } from "../../build/interfaces/virtio-rng/server";

export function start(): void {
  open();
}

export function event(bits: u64): void {
  if ((begin_event(bits) & EVENT_QUEUES) != 0) deliver();
  end_event(bits);
}
