// The driver of a virtio network card.
import { begin_event, end_event, EVENT_QUEUES } from "../lib/virtio/device";
import { open_card } from "./card";
import { take_frames } from "./methods";

export { call } from "../../build/interfaces/virtio-net/server";

export function start(): void {
  open_card();
}

export function event(bits: u64): void {
  if ((begin_event(bits) & EVENT_QUEUES) != 0) take_frames();
  end_event(bits);
}
