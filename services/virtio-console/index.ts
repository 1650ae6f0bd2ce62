// The driver of a virtio console's first port.
import { begin_event, end_event, EVENT_QUEUES } from "../lib/virtio/device";
import { open, take_input } from "./methods";

export { call } from "../../build/interfaces/virtio-console/server";

export function start(): void {
  open();
}

export function event(bits: u64): void {
  if ((begin_event(bits) & EVENT_QUEUES) != 0) take_input();
  end_event(bits);
}
