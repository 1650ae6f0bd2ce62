// A service for tests/system/supervision.test.ts: runs a moment, then reads past the end of its memory.
import * as notification from "../../../services/lib/notification";
import { self } from "../../../services/lib/startup";

let index: usize = 0x7000_0000;

export function start(): void {
  const handle = notification.create_bound(self());
  notification.set_timer(<u64>handle, notification.now_ns() + 20_000_000, 1);
}

export function event(_bits: u64): void {
  fail(index);
}

// @ts-ignore: decorator
@inline
function fail(at: usize): void {
  store<u8>(at, 1); // the wild store
}
