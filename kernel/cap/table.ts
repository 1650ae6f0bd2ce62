// Capabilities: one table for the whole system, 64 bytes an entry; every entry belongs to one domain.
// A handle is the entry's index | generation << 32, and never comes again. The check of a handle is a bound, two
// comparisons (handle, owner and type), a mask (right) and a comparison of versions: the same cost for one
// capability or a million. Only while something is being revoked (revoke.ts) are ancestors looked at too.
//
//   0   u64 handle that is good for this entry (0 = free, or a ghost of tree.ts)
//   8   u32 owner's index << 8 | KEY_CALL, if it is an endpoint's with CALL | type
//   12  u32 rights
//   16  object; 20 u32 version of the object when the capability was made
//   24  u64 badge
//   32  derivation tree: parent, first child, next and previous sibling
//   48  the owner's list: next (free: the next free entry), previous
//   56  u32 last generation used
//   60  u16 depth: at least the number of ancestors; u16 state: CAPABILITY_…

import { KERNEL_CAPS, KERNEL_CAP_MAX, KERNEL_CAP_SIZE } from "../abi/layout";
import { E_HANDLE, E_REVOKED, E_RIGHTS } from "../abi/errors";
import { ENDPOINT_CALL, TYPE_ENDPOINT } from "../abi/rights";
import { plain_bound_update } from "../ipc/plain";
import { table_grow } from "../mm/tables";
import { is_none, none } from "../none";
import { Domain } from "../object/domain";
import { Object } from "../object/object";
import { is_doomed } from "./pending";
import { tree_join, tree_leave } from "./tree";

/** What is below it is dead and is being removed. */
export const CAPABILITY_DYING: u16 = 1;
/** Deleted, but its children hang there. */
export const CAPABILITY_GHOST: u16 = 2;
/** It has been mapped by: its end may have windows to empty. */
export const CAPABILITY_MAPPED: u16 = 4;

/** Of Capability.key: the type; and that the gate may call by it, which is so for an endpoint with CALL. */
export const KEY_TYPE: u32 = 0x7f;
export const KEY_CALL: u32 = 0x80;

@unmanaged
export class Capability {
  handle: u64;
  key: u32;
  rights: u32;
  object: Object;
  version: u32;
  badge: u64;
  parent: Capability;
  child: Capability;
  next: Capability;
  previous: Capability;
  owner_next: Capability;
  owner_previous: Capability;
  generation: u32;
  depth: u16;
  state: u16;

  @inline get type(): u32 {
    return this.key & KEY_TYPE;
  }
  @inline get is_current(): bool {
    return this.version == this.object.version;
  }
}

/** Entries ever used; index 0 stays empty so that no handle is 0. */
let used: u32 = 1;
let live: u32 = 0;
let first_free: Capability = none<Capability>();

@inline
export function capability_at(index: u32): Capability {
  return changetype<Capability>(<usize>(KERNEL_CAPS + index * KERNEL_CAP_SIZE));
}

@inline
export function capability_index(capability: Capability): u32 {
  return (<u32>changetype<usize>(capability) - KERNEL_CAPS) / KERNEL_CAP_SIZE;
}

@inline export function capability_count(): u32 { return live; }

/** Why the last lookup() failed. One CPU runs kernel code at a time. */
let failure: i64 = 0;
@inline export function lookup_error(): i64 { return failure; }

/** The entry of a handle that `domain` holds, of any type; none: see lookup_error(). */
export function lookup_any(domain: Domain, handle: u64): Capability {
  const index = <u32>handle;
  failure = E_HANDLE;
  if (index >= used) return none<Capability>();
  const capability = capability_at(index);
  if (capability.handle != handle || capability.key >> 8 != domain.index) return none<Capability>();
  if (!capability.is_current || is_doomed(capability)) {
    failure = E_REVOKED;
    return none<Capability>();
  }
  return capability;
}

/** Entries from here on have never been used. */
@inline export function index_bound(): u32 { return used; }

/** Has an entry of this index ever been used? */
@inline
export function index_used(index: u32): bool {
  return index != 0 && index < used;
}

/** Does `domain` hold this handle, though its object may be gone? */
export function lookup_stale(domain: Domain, handle: u64): bool {
  const index = <u32>handle;
  if (!index_used(index)) return false;
  const capability = capability_at(index);
  return capability.handle == handle && capability.key >> 8 == domain.index;
}

/** The entry of a handle that `domain` holds, of this type and with all of `rights`. */
export function lookup(domain: Domain, handle: u64, type: u32, rights: u32): Capability {
  const index = <u32>handle;
  failure = E_HANDLE;
  if (index >= used) return none<Capability>();
  const capability = capability_at(index);
  if (capability.handle != handle || (capability.key & ~KEY_CALL) != (domain.owner_key | type)) return none<Capability>();
  if (!capability.is_current || is_doomed(capability)) {
    failure = E_REVOKED;
    return none<Capability>();
  }
  if ((capability.rights & rights) != rights) {
    failure = E_RIGHTS;
    return none<Capability>();
  }
  return capability;
}

/** The object behind such a handle. */
@inline
export function lookup_object<T>(domain: Domain, handle: u64, type: u32, rights: u32): T {
  const capability = lookup(domain, handle, type, rights);
  return is_none(capability) ? none<T>() : changetype<T>(capability.object);
}

/** A new entry for `domain`, child of `parent` if there is one; none: the table is full. Takes no reference on the object. */
export function capability_create(
  domain: Domain, object: Object, type: u32, rights: u32, badge: u64, parent: Capability,
): Capability {
  let capability = first_free;
  if (is_none(capability)) {
    if (used >= KERNEL_CAP_MAX || !table_grow(KERNEL_CAPS, (used + 1) * KERNEL_CAP_SIZE)) return capability;
    capability = capability_at(used);
    used++;
    plain_bound_update();
  } else {
    first_free = capability.owner_next;
  }
  const index = capability_index(capability);
  capability.generation++;
  capability.handle = <u64>index | ((<u64>capability.generation) << 32);
  const callable: u32 = type == TYPE_ENDPOINT && rights & ENDPOINT_CALL ? KEY_CALL : 0;
  capability.key = domain.owner_key | callable | type;
  capability.rights = rights;
  capability.object = object;
  capability.version = object.version;
  capability.badge = badge;
  capability.state = 0;
  tree_join(capability, parent);
  owner_link(domain, capability);
  live++;
  return capability;
}

/** Puts the entry first in the domain's list. */
export function owner_link(domain: Domain, capability: Capability): void {
  capability.owner_previous = none<Capability>();
  capability.owner_next = domain.capabilities;
  if (!is_none(domain.capabilities)) domain.capabilities.owner_previous = capability;
  domain.capabilities = capability;
  domain.capability_count++;
}

export function owner_unlink(domain: Domain, capability: Capability): void {
  if (is_none(capability.owner_previous)) domain.capabilities = capability.owner_next;
  else capability.owner_previous.owner_next = capability.owner_next;
  if (!is_none(capability.owner_next)) capability.owner_next.owner_previous = capability.owner_previous;
  domain.capability_count--;
}

/** Takes the entry from its owner and its handle out of the world. The object is the caller's business. */
export function capability_remove(domain: Domain, capability: Capability): void {
  owner_unlink(domain, capability);
  live--;
  capability.handle = 0;
  capability.key = 0;
  tree_leave(capability);
}

/** The entry can be used again. A generation that has come round once never comes again: then the entry retires. */
export function entry_free(capability: Capability): void {
  capability.state = 0;
  if (capability.generation == u32.MAX_VALUE) return;
  capability.owner_next = first_free;
  first_free = capability;
}

if (offsetof<Capability>() != KERNEL_CAP_SIZE) ERROR("Capability is not 64 bytes");
