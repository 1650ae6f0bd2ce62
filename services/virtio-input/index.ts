// The driver of a virtio input device.
import { begin_event, end_event, EVENT_QUEUES } from "../lib/virtio/device";
import { open, take_events } from "./methods";

export { call } from "../../build/interfaces/virtio-input/server";

export function start(): void {
  open();
}

export function event(bits: u64): void {
  if ((begin_event(bits) & EVENT_QUEUES) != 0) take_events();
  end_event(bits);
}
