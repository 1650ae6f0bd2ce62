// A call whose handler reads outside its memory: from the call to the error in the caller's hand. Each server traps once.
import * as phi from "../../../services/lib/phi";
import { print_mode, span, worker_figures_begin } from "./figure";
import { METHOD_NULL, METHOD_TRAP, OWN, TRAPS, TRAPS_AT } from "./page";

const E_PEER_FAULT: i64 = -4;

export function measure_traps(): void {
  worker_figures_begin();
  let total: u64 = 0;
  for (let i: u32 = 0; i < TRAPS; i++) {
    const endpoint = load<u64>(OWN + TRAPS_AT + (i << 3));
    phi.call(endpoint, METHOD_NULL, 0, 0, 0, 0, 0, 0);
    const first = phi.counter();
    const answer = phi.call(endpoint, METHOD_TRAP, 0, 0, 0, 0, 0, 0);
    total += span(first, phi.counter());
    if (answer != E_PEER_FAULT) unreachable();
  }
  print_mode("trap-to-caller", total / TRAPS);
}
