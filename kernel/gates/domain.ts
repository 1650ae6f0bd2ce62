// Gates of code and domains: load, create, furnish, start, stop, destroy, look at.

import { E_ABSENT, E_ADDRESS, E_ARGUMENT, E_NO_MEMORY, E_STATE } from "../abi/errors";
import * as rights from "../abi/rights";
import { STATE_CREATED, STATE_STOPPED } from "../abi/status";
import { capability_derive, capability_first } from "../cap/derive";
import { lookup, lookup_error, lookup_object } from "../cap/table";
import { cpu_count, current } from "../cpu";
import { gigabyte_share } from "../mm/pagetable";
import { is_none } from "../none";
import { code_error, code_hash, code_load, code_seal, code_verify } from "../object/code";
import { create_error, domain_create, domain_start } from "../object/create";
import { domain_destroy, domain_end, domain_unmake, is_alive, is_within, SHARE_INDEX } from "../object/destroy";
import { Code, Endpoint, Region } from "../object/object";
import { object_hold, object_release } from "../object/release";
import { region_copy, region_map } from "../object/mapping";
import { bits_legal } from "../ipc/notification";
import { domain_status } from "../object/status";
import { thread_restrict } from "../thread/scheduler";
import { thread_at } from "../thread/thread";
import { domain_with, hand_out, notification_with, part_first, region_whole } from "./common";

const DOMAIN_ALL: u32 =
  rights.DOMAIN_START |
  rights.DOMAIN_STOP |
  rights.DOMAIN_GRANT |
  rights.DOMAIN_MEMORY |
  rights.DOMAIN_INSPECT |
  rights.DOMAIN_ALLOCATE |
  rights.DOMAIN_DESTROY |
  rights.RIGHT_REVOKE |
  rights.DOMAIN_REPLACE |
  rights.DOMAIN_CANCEL |
  rights.RIGHT_SHARE;

export function gate_code_load(region_handle: u64, offset: u64, length: u64): i64 {
  const region = region_whole(region_handle, rights.REGION_READ);
  if (is_none(region)) return lookup_error();
  const code = code_load(current(), region, offset, length);
  if (is_none(code)) return code_error;
  // The right to run it in supervisor mode is worth something once the code itself is trusted.
  const all = rights.CODE_LOAD | rights.CODE_RUN | rights.CODE_SFI | rights.RIGHT_SHARE;
  return hand_out(code, all);
}


@inline
function code_with(handle: u64): Code {
  return lookup_object<Code>(current(), handle, rights.TYPE_CODE, rights.CODE_LOAD);
}

export function gate_code_seal(handle: u64): i64 {
  const code = code_with(handle);
  return is_none(code) ? lookup_error() : code_seal(code);
}

export function gate_code_verify(handle: u64): i64 {
  const code = code_with(handle);
  return is_none(code) ? lookup_error() : code_verify(code);
}

export function gate_code_hash(handle: u64, word: u64): i64 {
  const code = code_with(handle);
  return is_none(code) ? lookup_error() : code_hash(code, word);
}

/** 32 bits of the hash of the enclave that serves an endpoint; E_ABSENT: no enclave does. */
export function gate_endpoint_attest(handle: u64, word: u64): i64 {
  const endpoint = lookup_object<Endpoint>(current(), handle, rights.TYPE_ENDPOINT, rights.ENDPOINT_CALL);
  if (is_none(endpoint)) return lookup_error();
  const server = endpoint.server;
  return is_none(server) || !server.enclave ? E_ABSENT : code_hash(server.code, word);
}

export function gate_domain_create(self: u64, code_handle: u64, packed: u64, budget_bytes: u64): i64 {
  const account = domain_with(self, rights.DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  const code = lookup(current(), code_handle, rights.TYPE_CODE, rights.CODE_RUN);
  if (is_none(code)) return lookup_error();
  const domain = domain_create(account.domain, code, packed, budget_bytes);
  if (is_none(domain)) return create_error;
  const handle = capability_first(current(), domain.object, DOMAIN_ALL, 0);
  if (handle < 0) domain_unmake(domain);
  return handle;
}

export function gate_domain_map(handle: u64, region_handle: u64, index: u64, span: u64, wanted: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_GRANT);
  if (is_none(target)) return lookup_error();
  if (target.domain.state != STATE_CREATED) return E_STATE;
  if ((wanted & ~(<u64>(rights.REGION_READ | rights.REGION_WRITE))) != 0) return E_ARGUMENT;
  const capability = lookup(current(), region_handle, rights.TYPE_REGION, rights.REGION_MAP | (<u32>wanted));
  if (is_none(capability)) return lookup_error();
  const pages = span >> 32,
    first = part_first(capability, span & 0xffff_ffff, pages);
  return target.domain.enclave
    ? region_copy(target.domain, changetype<Region>(capability.object), index, first, pages, wanted)
    : region_map(target.domain, capability, index, first, pages, wanted);
}

/** The endpoint gets a capability in the domain's own space, so that revoking it works as ever. */
export function gate_domain_personality(handle: u64, endpoint_handle: u64, badge: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_GRANT);
  if (is_none(target)) return lookup_error();
  const endpoint = lookup(current(), endpoint_handle, rights.TYPE_ENDPOINT, rights.ENDPOINT_CALL);
  if (is_none(endpoint)) return lookup_error();
  if (target.domain.state != STATE_CREATED || target.domain.enclave) return E_STATE;
  const granted = capability_derive(target.domain, endpoint, rights.ENDPOINT_CALL, badge);
  if (granted < 0) return granted;
  target.domain.personality = <u64>granted;
  return 0;
}

export function gate_domain_memory(handle: u64, index: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_MEMORY);
  if (is_none(target)) return lookup_error();
  const viewer = current(),
    owner = target.domain;
  if (index != SHARE_INDEX) return E_ADDRESS;
  if (!is_none(viewer.shares) || !is_none(owner.shared_by) || changetype<usize>(viewer) == changetype<usize>(owner))
    return E_STATE;
  if (!is_alive(owner) || owner.memory_pages == 0 || owner.enclave || viewer.enclave) return E_STATE;
  if (viewer.is_user && !owner.is_user) return E_STATE; // its pages are the supervisor's: user mode would fault on them
  const there = viewer.memory_base + SHARE_INDEX;
  if (!gigabyte_share(viewer.root_physical, there, owner.root_physical, owner.memory_base, viewer.is_user))
    return E_NO_MEMORY;
  viewer.shares = owner;
  owner.shared_by = viewer;
  return 0;
}

export function gate_domain_start(handle: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_START);
  return is_none(target) ? lookup_error() : domain_start(target.domain);
}

export function gate_domain_stop(handle: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_STOP);
  if (is_none(target)) return lookup_error();
  if (!is_alive(target.domain)) return E_STATE;
  return domain_end(target.domain, STATE_STOPPED) ? 0 : 1;
}

/** Which CPUs the domain's own thread may use, one bit each. */
export function gate_domain_affinity(handle: u64, mask: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_START);
  if (is_none(target)) return lookup_error();
  if ((mask & (((<u64>1) << cpu_count()) - 1)) == 0) return E_ARGUMENT;
  thread_restrict(thread_at(target.domain.index), <u32>mask);
  return 0;
}

export function gate_domain_destroy(handle: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_DESTROY);
  if (is_none(target)) return lookup_error();
  if (is_within(current(), target.domain)) return E_STATE; // it would end itself with its parent
  return domain_destroy(target.domain);
}

export function gate_domain_status(handle: u64, field: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_INSPECT);
  return is_none(target) ? lookup_error() : domain_status(target.domain, field);
}

export function gate_domain_supervise(handle: u64, notification_handle: u64, bits: u64): i64 {
  const target = domain_with(handle, rights.DOMAIN_INSPECT);
  if (is_none(target)) return lookup_error();
  const notification = notification_with(notification_handle, rights.NOTIFICATION_SIGNAL);
  if (is_none(notification)) return lookup_error();
  if (!bits_legal(bits)) return E_ARGUMENT;
  const domain = target.domain;
  if (!is_alive(domain)) return E_STATE;
  object_hold(notification);
  if (!is_none(domain.supervisor)) object_release(domain.supervisor);
  domain.supervisor = notification;
  domain.supervisor_bits = bits;
  return 0;
}
