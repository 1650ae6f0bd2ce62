// Making, passing on and ending capabilities. Rights only shrink: a child's rights are a subset of its
// parent's, by the test below and nowhere else.

import { E_ARGUMENT, E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import { TYPE_REGION } from "../abi/rights";
import { charge_small, uncharge_small } from "../mm/budget";
import { is_none, none, same } from "../none";
import { Domain } from "../object/domain";
import { domain_at } from "../object/domains";
import { Object, Region } from "../object/object";
import { mappings_of_capability_end } from "../object/region";
import { object_release } from "../object/release";
import { Capability, capability_create, capability_remove } from "./table";

/** Gives `domain` its first capability to a fresh object. Answers the handle or an error. */
export function capability_first(domain: Domain, object: Object, rights: u32, badge: u64): i64 {
  return make(domain, object, rights, badge, none<Capability>());
}

function make(domain: Domain, object: Object, rights: u32, badge: u64, parent: Capability): i64 {
  if (!charge_small(domain)) return E_BUDGET;
  const capability = capability_create(domain, object, rights, badge, parent);
  if (is_none(capability)) {
    uncharge_small(domain);
    return E_NO_MEMORY;
  }
  object.references++;
  return <i64>capability.handle;
}

/** A child of `parent` for `domain`: rights a subset, a badge set once stays. */
export function capability_derive(domain: Domain, parent: Capability, rights: u64, badge: u64): i64 {
  if ((rights & ~(<u64>parent.rights)) != 0) return E_ARGUMENT;
  if (parent.badge != 0 && badge != 0 && badge != parent.badge) return E_ARGUMENT;
  return make(domain, parent.object, <u32>rights, parent.badge != 0 ? parent.badge : badge, parent);
}

/** Ends one capability of `domain`; what was derived from it goes on as its parent's. */
export function capability_delete(domain: Domain, capability: Capability): void {
  const object = capability.object;
  const stale = capability.version != object.version;
  if (!stale && object.type == TYPE_REGION) mappings_of_capability_end(changetype<Region>(object), capability);
  capability_remove(domain, capability);
  uncharge_small(domain);
  if (!stale) object_release(object);
}

/** Ends everything derived from the capability, leaves first; the capability itself stays. */
export function capability_revoke(capability: Capability): void {
  let at = capability.child;
  while (!is_none(at)) {
    if (!is_none(at.child)) {
      at = at.child;
      continue;
    }
    const parent = at.parent;
    capability_delete(domain_at(at.key >> 8), at);
    at = same(parent, capability) ? capability.child : parent;
  }
}
