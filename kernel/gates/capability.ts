// Gates of capabilities themselves: derive, grant, delete, revoke, and looking at them.

import { E_ADDRESS, E_ARGUMENT, E_BUDGET, E_RIGHTS, E_STATE } from "../abi/errors";
import * as rights from "../abi/rights";
import { capability_delete, capability_derive, capability_mint, may_hold } from "../cap/derive";
import { capability_move } from "../cap/move";
import { capability_revoke, capability_revoke_all } from "../cap/revoke";
import {
  Capability,
  capability_at,
  capability_index,
  index_used,
  lookup,
  lookup_any,
  lookup_error,
  lookup_stale,
} from "../cap/table";
import { parent_of } from "../cap/tree";
import { current } from "../cpu";
import { is_none } from "../none";
import { is_alive } from "../object/destroy";
import { domain_with, words_write } from "./common";

export function gate_cap_derive(handle: u64, wanted: u64, badge: u64): i64 {
  const capability = lookup_any(current(), handle);
  if (is_none(capability)) return lookup_error();
  if (capability.type == rights.TYPE_REPLY) return E_ARGUMENT; // one-shot: no second copy
  return capability_derive(current(), capability, wanted, badge);
}

export function gate_cap_grant(domain_handle: u64, handle: u64, wanted: u64, badge: u64): i64 {
  const target = domain_with(domain_handle, rights.DOMAIN_GRANT);
  if (is_none(target)) return lookup_error();
  const capability = lookup_any(current(), handle);
  if (is_none(capability)) return lookup_error();
  if (!(capability.rights & rights.RIGHT_SHARE) || !is_alive(target.domain)) return E_ARGUMENT;
  return capability_derive(target.domain, capability, wanted, badge);
}

/** Delete and revoke take stale handles too: that is how their entries are got rid of. */
function own(handle: u64): Capability {
  const capability = lookup_any(current(), handle);
  if (!is_none(capability)) return capability;
  const index = <u32>handle;
  return index != 0 && lookup_stale(current(), handle) ? capability_at(index) : capability;
}

export function gate_cap_delete(handle: u64): i64 {
  const capability = own(handle);
  if (is_none(capability)) return lookup_error();
  capability_delete(current(), capability);
  return 0;
}

export function gate_cap_revoke(handle: u64): i64 {
  const capability = own(handle);
  return is_none(capability) ? lookup_error() : capability_revoke(capability);
}

export function gate_cap_revoke_all(handle: u64): i64 {
  const capability = lookup_any(current(), handle);
  if (is_none(capability)) return lookup_error();
  return capability.rights & rights.RIGHT_REVOKE ? capability_revoke_all(capability) : E_RIGHTS;
}

/** The capability, with its number and its place in the tree, becomes the other domain's. */
export function gate_cap_move(domain_handle: u64, handle: u64): i64 {
  const target = domain_with(domain_handle, rights.DOMAIN_GRANT);
  if (is_none(target)) return lookup_error();
  const capability = lookup_any(current(), handle);
  if (is_none(capability)) return lookup_error();
  if (!(capability.rights & rights.RIGHT_SHARE) || !is_alive(target.domain)) return E_ARGUMENT;
  if (!may_hold(target.domain, capability)) return E_STATE;
  return capability_move(current(), target.domain, capability) ? 0 : E_BUDGET;
}

export function gate_cap_mint(endpoint_handle: u64, tag: u64, wanted: u64): i64 {
  const endpoint = lookup(current(), endpoint_handle, rights.TYPE_ENDPOINT, rights.ENDPOINT_SERVE);
  return is_none(endpoint) ? lookup_error() : capability_mint(current(), endpoint, tag, wanted);
}

export function gate_cap_info(handle: u64, field: u64): i64 {
  const capability = lookup_any(current(), handle);
  if (is_none(capability)) return lookup_error();
  if (field == 0) return <i64>capability.type;
  if (field == 1) return <i64>capability.rights;
  if (field == 2) return <i64>capability.badge;
  return field == 3 ? <i64>capability.object.id : E_ARGUMENT;
}

/** The capability after the one with index `cursor` in the domain's list. */
export function gate_cap_next(domain_handle: u64, cursor: u64): i64 {
  const caller = current();
  const target = domain_with(domain_handle, rights.DOMAIN_INSPECT);
  if (is_none(target)) return lookup_error();
  if (caller.memory_pages == 0) return E_ADDRESS;
  const domain = target.domain;
  let capability = domain.capabilities;
  if (cursor != 0) {
    if (cursor > u32.MAX_VALUE || !index_used(<u32>cursor)) return E_ARGUMENT;
    const last = capability_at(<u32>cursor);
    if (last.key >> 8 != domain.index) return 0; // it went away meanwhile: the walk ends
    capability = last.owner_next;
  }
  if (is_none(capability)) return 0;
  const parent = parent_of(capability);
  words_write(
    caller,
    capability.handle,
    (<u64>capability.type) | ((<u64>capability.rights) << 32),
    capability.badge,
    capability.is_current ? capability.object.id : 0,
    is_none(parent) ? 0 : parent.handle,
  );
  return <i64>capability_index(capability);
}
