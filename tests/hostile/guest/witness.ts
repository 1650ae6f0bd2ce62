// The service next to the attackers: method 1 answers 3 w0 + 1, method 2 calls nobody and detaches without ever answering twice,
// method 9 traps, as a service with a bug would.
import * as phi from "../../../services/lib/phi";

export function start(): void {}

export function call(_badge: u64, method: u64, w0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  if (method == 1) return <i64>(3 * w0 + 1);
  if (method == 2) {
    const reply = phi.detach();
    if (reply > 0) phi.reply(<u64>reply, <i64>w0, 1, 2, 3, 4, 5);
    return 0;
  }
  return -32;
}

export function event(_bits: u64): void {}
