// The start-up page of the service, as init would have written it.
import { STARTUP_INDEX } from "../../../../kernel/abi/layout";
import { PAGE_SIZE, STARTUP_ENTRY_SIZE } from "../../../../kernel/abi/formats";
import { hash } from "../../../../services/lib/startup";
import * as host from "./host";

let entries: u64 = 0;

export function open_startup(): void {
  host.map(STARTUP_INDEX, PAGE_SIZE);
}

export function startup_entry(kind: u32, name: string, handle: u64, first: u64, second: u64): void {
  const at = STARTUP_INDEX + entries++ * STARTUP_ENTRY_SIZE;
  host.store32(at, kind);
  host.store32(at + 4, name.length == 0 ? 0 : hash(name));
  host.store64(at + 8, handle);
  host.store64(at + 16, first);
  host.store64(at + 24, second);
}
