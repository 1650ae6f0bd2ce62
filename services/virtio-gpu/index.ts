// The driver of a virtio graphics device. Granted by the image: what it drives, and the endpoint `screen` with the role of a display.
import { DISPLAY_CHANGED } from "../../build/interfaces/screen/constants";
import { begin_event, end_event, EVENT_CONFIGURATION, EVENT_QUEUES, EVENT_TIMER } from "../lib/virtio/device";
import { configuration_changed, finished, look, open, pixels_changed } from "./gpu";

export { call } from "../../build/interfaces/virtio-gpu/server";

export function start(): void {
  open();
}

export function event(bits: u64): void {
  const causes = begin_event(bits);
  if ((causes & EVENT_QUEUES) != 0) finished();
  if ((causes & EVENT_CONFIGURATION) != 0) configuration_changed();
  if ((causes & DISPLAY_CHANGED) != 0) pixels_changed();
  if ((causes & EVENT_TIMER) != 0) look();
  end_event(bits);
}
