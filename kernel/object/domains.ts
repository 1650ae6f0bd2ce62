// The table of domains. Index 0 is never used, so that an owner of 0 means nobody.

import { TYPE_ENDPOINT } from "../abi/rights";
import { KERNEL_DOMAINS, KERNEL_DOMAIN_MAX, KERNEL_DOMAIN_SIZE } from "../abi/layout";
import { STATE_FREE } from "../abi/status";
import { KEY_CALL } from "../cap/table";
import { none } from "../none";
import { table_grow } from "../mm/tables";
import { thread_clear, thread_table_grow } from "../thread/thread";
import { Domain } from "./domain";

let used: u32 = 1;
let live: u32 = 0;
let first_free: u32 = 0;

@inline
export function domain_at(index: u32): Domain {
  return changetype<Domain>(<usize>(KERNEL_DOMAINS + index * KERNEL_DOMAIN_SIZE));
}

@inline export function domain_count(): u32 { return live; }
/** One past the highest index in use. */
@inline export function domain_limit(): u32 { return used; }

/** An empty entry, all zero but for its index; none: the table is full. */
export function domain_entry(): Domain {
  let index = first_free;
  if (index == 0) {
    if (used >= KERNEL_DOMAIN_MAX) return none<Domain>();
    if (!table_grow(KERNEL_DOMAINS, (used + 1) * KERNEL_DOMAIN_SIZE) || !thread_table_grow(used)) return none<Domain>();
    index = used++;
  } else {
    first_free = domain_at(index).budget_frames;
  }
  const domain = domain_at(index);
  const calls = domain.call_number;
  memory.fill(changetype<usize>(domain), 0, KERNEL_DOMAIN_SIZE);
  domain.call_number = calls; // Replies to its predecessor's calls may be left: none of them is for this one
  domain.index = index;
  domain.endpoint_key = domain.owner_key | KEY_CALL | TYPE_ENDPOINT;
  thread_clear(domain);
  live++;
  return domain;
}

export function domain_entry_free(domain: Domain): void {
  domain.state = STATE_FREE;
  domain.budget_frames = first_free;
  first_free = domain.index;
  live--;
}

/** Frames that domains hold: charged, less what is only promised and what their children were lent. */
export function domains_frames(): u32 {
  let frames: u32 = 0;
  for (let i: u32 = 1; i < used; i++) {
    const domain = domain_at(i);
    if (domain.state != STATE_FREE) frames += domain.charged_frames - domain.promised_frames - domain.lent_frames;
  }
  return frames;
}
