// Gates about calls in progress, and the capabilities that travel with them.

import { E_CANCELLED, E_STATE } from "../abi/errors";
import { DOMAIN_CANCEL } from "../abi/rights";
import { lookup_error } from "../cap/table";
import { current } from "../cpu";
import { accept, offer } from "../ipc/offer";
import { wait_break } from "../ipc/waiting";
import { is_none } from "../none";
import { domain_with } from "./common";

/** What the domain waits for now, a call or a notification, answers E_CANCELLED. */
export function gate_cancel(handle: u64): i64 {
  const target = domain_with(handle, DOMAIN_CANCEL);
  if (is_none(target)) return lookup_error();
  return wait_break(target.domain, E_CANCELLED) ? 0 : E_STATE;
}

/** My capability `handle`, weakened to `rights`, is for the server of an endpoint, or for whom I answer (kernel/abi/ipc.ts). */
export function gate_offer(to: u64, handle: u64, rights: u64): i64 {
  return offer(current(), to, handle, rights);
}

export function gate_accept(from: u64): i64 {
  return accept(current(), from);
}
