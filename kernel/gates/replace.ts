// Gates of live replacement: hold, release, replace (object/replace.ts).

import { E_STATE } from "../abi/errors";
import { DOMAIN_REPLACE } from "../abi/rights";
import { lookup_error } from "../cap/table";
import { current } from "../cpu";
import { is_none, same } from "../none";
import { is_alive } from "../object/destroy";
import { domain_hold, domain_release, domain_replace } from "../object/replace";
import { domain_with } from "./common";

export function gate_domain_hold(handle: u64): i64 {
  const target = domain_with(handle, DOMAIN_REPLACE);
  if (is_none(target)) return lookup_error();
  return is_alive(target.domain) ? domain_hold(target.domain, current()) : E_STATE;
}

export function gate_domain_release(handle: u64): i64 {
  const target = domain_with(handle, DOMAIN_REPLACE);
  if (is_none(target)) return lookup_error();
  if (!same(target.domain.holder, current())) return E_STATE;
  domain_release(target.domain);
  return 0;
}

export function gate_domain_replace(handle: u64, successor_handle: u64): i64 {
  const old = domain_with(handle, DOMAIN_REPLACE);
  if (is_none(old)) return lookup_error();
  const successor = domain_with(successor_handle, DOMAIN_REPLACE);
  if (is_none(successor)) return lookup_error();
  if (old.domain.enclave | successor.domain.enclave) return E_STATE; // its memory would have to be handed over
  return domain_replace(old.domain, successor.domain, current());
}
