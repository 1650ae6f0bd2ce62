// The server of tests/system/smp.test.ts and preemption.test.ts. Methods: 1 a sum that no two arguments can trade places in, 2 each word plus one as
// reply words, 3 the sum again through a detached reply, 9 how many of them it has answered.
import * as phi from "../../../services/lib/phi";

const MESSAGE: usize = 16;
let answered: i64 = 0;

export function start(): void {}

export function call(_badge: u64, method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64 {
  if (method == 9) return answered;
  answered++;
  const sum = w0 + 2 * w1 + 3 * w2 + 4 * w3 + 5 * w4 + 6 * w5;
  if (method == 1) return <i64>sum;
  if (method == 2) {
    store<u64>(MESSAGE, w0 + 1, 8);
    store<u64>(MESSAGE, w1 + 1, 16);
    store<u64>(MESSAGE, w2 + 1, 24);
    store<u64>(MESSAGE, w3 + 1, 32);
    store<u64>(MESSAGE, w4 + 1, 40);
    return 2;
  }
  if (method == 3) {
    const reply = phi.detach();
    if (reply > 0) phi.reply(<u64>reply, <i64>sum, w0, w1, w2, w3, w4);
    return 0;
  }
  return -32;
}

export function event(_bits: u64): void {}
