// The driver of a virtio disk. The bus hands it its device; clients' regions are what the device reads and writes.
import { begin_event, end_event, EVENT_CONFIGURATION, EVENT_QUEUES, EVENT_TIMER } from "../lib/virtio/device";
import { complete, look_at_configuration, open, watch } from "./blk";

export { call } from "../../build/interfaces/virtio-blk/server";

export function start(): void {
  open();
}

export function event(bits: u64): void {
  const causes = begin_event(bits);
  if ((causes & EVENT_QUEUES) != 0) complete();
  if ((causes & EVENT_CONFIGURATION) != 0) look_at_configuration();
  if ((causes & EVENT_TIMER) != 0) watch();
  end_event(bits);
}
