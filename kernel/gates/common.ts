// What several gates do: look up whose account pays, hand a fresh object to the caller, write the caller's message words.

import { MESSAGE } from "../abi/layout";
import * as rights from "../abi/rights";
import { capability_first } from "../cap/derive";
import { Capability, lookup, lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { store64 } from "../machine";
import { page_lookup } from "../mm/pagetable";
import { is_none, none } from "../none";
import { Domain } from "../object/domain";
import { DomainObject, Notification, Object, object_error, object_pay, Region } from "../object/object";
import { object_release } from "../object/release";


@inline
export function domain_with(handle: u64, right: u32): DomainObject {
  return lookup_object<DomainObject>(current(), handle, rights.TYPE_DOMAIN, right);
}


@inline
export function notification_with(handle: u64, right: u32): Notification {
  return lookup_object<Notification>(current(), handle, rights.TYPE_NOTIFICATION, right);
}

/** A region that the capability reaches whole; none also for a capability to a part of one. */
export function region_whole(handle: u64, right: u32): Region {
  const capability = lookup(current(), handle, rights.TYPE_REGION, right);
  return is_none(capability) || capability.badge & rights.REGION_PART
    ? none<Region>()
    : changetype<Region>(capability.object);
}

/**
 * The page of its region at which pages from `offset` on of what the capability reaches begin: the region, or the part of it that
 * its badge says; u64.MAX_VALUE: they do not lie in that part.
 */
export function part_first(capability: Capability, offset: u64, pages: u64): u64 {
  const badge = capability.badge,
    part = (badge & ~rights.REGION_PART) >> 32;
  if (!(badge & rights.REGION_PART)) return offset;
  return offset > part || pages > part - offset ? u64.MAX_VALUE : (badge & 0xffff_ffff) + offset;
}

/** The caller's first capability to a fresh object, which keeps it from now on; if there is no room for one, nothing does. */
export function hand_out(object: Object, all: u32): i64 {
  const handle = capability_first(current(), object, all, 0);
  object_release(object);
  return handle;
}

/** A plain object of `type` on the account of the domain behind `self`, with its first capability for the caller. */
export function object_make(self: u64, type: u32, all: u32): i64 {
  const account = domain_with(self, rights.DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  const object = object_pay(type, account.domain);
  return is_none(object) ? object_error : hand_out(object, all);
}

/** Writes r1 … r5 of the caller's message words. Its first page is always there. */
export function words_write(domain: Domain, r1: u64, r2: u64, r3: u64, r4: u64, r5: u64): void {
  const at = page_lookup(domain.root_physical, domain.memory_base) + MESSAGE;
  store64(at + 8, r1);
  store64(at + 16, r2);
  store64(at + 24, r3);
  store64(at + 32, r4);
  store64(at + 40, r5);
}
