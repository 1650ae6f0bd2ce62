// Making, passing on and ending capabilities. Rights only shrink: a child's rights are a subset of its
// parent's, by the test below and nowhere else; the first capability to an object, and a minted one, have no such parent.

import { E_ARGUMENT, E_BUDGET, E_DEPTH, E_NO_MEMORY, E_STATE } from "../abi/errors";
import {
  RESOURCE_BADGE,
  RESOURCE_RIGHT_SHIFT,
  RIGHT_SHARE,
  TYPE_DEVICE,
  TYPE_ENDPOINT,
  TYPE_REGION,
  TYPE_RESOURCE,
} from "../abi/rights";
import { charge_small, uncharge_small } from "../mm/budget";
import { is_none, none, same } from "../none";
import { Domain } from "../object/domain";
import { domain_at } from "../object/domains";
import { Object, Region } from "../object/object";
import { mappings_of_capability_end } from "../object/mapping";
import { object_release } from "../object/release";
import { Capability, CAPABILITY_DYING, CAPABILITY_MAPPED, capability_create, capability_remove } from "./table";
import { has_room_below } from "./tree";

/** Gives `domain` its first capability to a fresh object. Answers the handle or an error. */
export function capability_first(domain: Domain, object: Object, rights: u32, badge: u64): i64 {
  return make(domain, object, object.type, rights, badge, none<Capability>());
}

function make(domain: Domain, object: Object, type: u32, rights: u32, badge: u64, parent: Capability): i64 {
  if (!charge_small(domain)) return E_BUDGET;
  const capability = capability_create(domain, object, type, rights, badge, parent);
  if (is_none(capability)) {
    uncharge_small(domain);
    return E_NO_MEMORY;
  }
  object.references++;
  object.holders++;
  return <i64>capability.handle;
}

/** A capability below `parent` and to its object. */
function make_below(domain: Domain, parent: Capability, type: u32, rights: u32, badge: u64): i64 {
  if (parent.state & CAPABILITY_DYING) return E_STATE; // what is below it is being removed
  if (!has_room_below(parent)) return E_DEPTH;
  return make(domain, parent.object, type, rights, badge, parent);
}

/** A child of `parent` for `domain`: rights a subset, a badge set once stays. */
export function capability_derive(domain: Domain, parent: Capability, rights: u64, badge: u64): i64 {
  if ((rights & ~(<u64>parent.rights)) != 0) return E_ARGUMENT;
  if (parent.badge != 0 && badge != 0 && badge != parent.badge) return E_ARGUMENT;
  if (parent.type == TYPE_ENDPOINT && (badge & RESOURCE_BADGE) != 0) return E_ARGUMENT; // only minting sets that bit
  if (!may_hold(domain, parent)) return E_STATE;
  return make_below(domain, parent, parent.type, <u32>rights, parent.badge != 0 ? parent.badge : badge);
}

/** Memory and devices neither enter an enclave nor leave it: what it holds of them it made itself. */
export function may_hold(domain: Domain, capability: Capability): bool {
  const owner = domain_at(capability.key >> 8);
  if (!(domain.enclave | owner.enclave) || same(domain, owner)) return true;
  return capability.type != TYPE_REGION && capability.type != TYPE_DEVICE;
}

/** A resource of the service that `endpoint` lets serve: `tag` is its badge, `rights` are the service's own 16. */
export function capability_mint(domain: Domain, endpoint: Capability, tag: u64, rights: u64): i64 {
  if ((tag & RESOURCE_BADGE) != 0 || rights >> 16 != 0) return E_ARGUMENT;
  const all = ((<u32>rights) << RESOURCE_RIGHT_SHIFT) | RIGHT_SHARE;
  return make_below(domain, endpoint, TYPE_RESOURCE, all, tag | RESOURCE_BADGE);
}

/** Ends one capability of `domain`; what was derived from it goes on as its parent's. */
export function capability_delete(domain: Domain, capability: Capability): void {
  const object = capability.object;
  const is_current = capability.is_current;
  // A stale one may have windows left too: nobody else's carry its index.
  if (capability.state & CAPABILITY_MAPPED && object.type == TYPE_REGION) {
    mappings_of_capability_end(changetype<Region>(object), capability);
  }
  capability_remove(domain, capability);
  uncharge_small(domain);
  if (!is_current) return;
  object.holders--;
  object_release(object);
}
