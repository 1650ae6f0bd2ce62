// Protected calls: the whole round trip as a client sees it, from the stub's call to the instruction behind it, the server's handler
// included (METHOD_NULL returns at once; METHOD_SUM uses all six words).
import * as phi from "../../../services/lib/phi";
import { begin, end_mode, keep, ROUNDS, worker_figures_begin } from "./figure";
import { ENDPOINT_AT, METHOD_NULL, METHOD_SUM, METHOD_TRAP, METHOD_WORDS, OWN } from "./page";

const MESSAGE: usize = 16;

// @ts-ignore: decorator
@inline
export function serve(method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64 {
  if (method == METHOD_NULL) return 0;
  if (method == METHOD_SUM) return <i64>(w0 + w1 + w2 + w3 + w4 + w5);
  if (method == METHOD_WORDS) {
    for (let i: usize = 1; i <= 5; i++) store<u64>(MESSAGE + (i << 3), w0 + i);
    return <i64>w0;
  }
  if (method == METHOD_TRAP) return load<i64>(<usize>0x7fff_0000);
  return -32;
}

export function measure_calls(): void {
  worker_figures_begin();
  const endpoint = load<u64>(OWN, ENDPOINT_AT);
  phi.call(endpoint, METHOD_NULL, 0, 0, 0, 0, 0, 0);
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(<u64>phi.call(endpoint, METHOD_NULL, 0, 0, 0, 0, 0, 0));
  end_mode("call-0-words");
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(<u64>phi.call(endpoint, METHOD_SUM, i, 1, 2, 3, 4, 5));
  end_mode("call-6-words");
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(<u64>phi.call_words(endpoint, METHOD_WORDS, i, 1, 2, 3, 4, 5));
  end_mode("call-5-reply-words");
}
