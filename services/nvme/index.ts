// The driver of an NVMe disk. The bus hands it its controller; clients' regions are what the controller reads and writes.
import { allow_interrupt } from "../lib/driver";
import { EVENT_TIMER } from "./controller";
import { complete, open, watch } from "./disk";

export { call } from "../../build/interfaces/nvme/server";

export function start(): void {
  open();
}

export function event(bits: u64): void {
  if ((bits & EVENT_TIMER) != 0) watch();
  else complete();
  allow_interrupt();
}
