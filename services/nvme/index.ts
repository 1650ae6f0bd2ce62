// The driver of an NVMe disk. The bus hands it its controller; clients' regions are what the controller reads and writes.
import { allow_interrupt } from "../lib/driver";
import { complete, open } from "./disk";

export { call } from "../../build/interfaces/nvme/server";

export function start(): void {
  open();
}

export function event(_bits: u64): void {
  complete();
  allow_interrupt();
}
