// What an attacker knows and holds, from its start-up page, and how it keeps count of what should have been refused.
import * as phi from "../../../services/lib/phi";

const PAGE: usize = 0x8000_0000;
/** Its own domain (ALLOCATE, INSPECT, GRANT); the witness' endpoint (CALL, badge 77); the boot archive and a secret (READ, MAP). */
export const OWN: usize = 8;
export const WITNESS: usize = 16;
export const ARCHIVE: usize = 24;
export const SECRET: usize = 32;
/** Where its own module lies in the archive, and the mode it runs in. */
export const MODULE_OFFSET: usize = 40;
export const MODULE_BYTES: usize = 48;
export const MODE: usize = 56;
/** Handles of init's: its domain, the system, the endpoint, the secret, the witness' domain, a notification. */
export const FOREIGN_SELF: usize = 64;
export const FOREIGN_SYSTEM: usize = 72;
export const FOREIGN_ENDPOINT: usize = 80;
export const FOREIGN_SECRET: usize = 88;
export const FOREIGN_DOMAIN: usize = 96;
export const FOREIGN_NOTIFICATION: usize = 104;

/** Where attacks map things. */
export const FREE: u64 = 0xa000_0000;

export function number(): u32 {
  return load<u32>(PAGE);
}

export function known(field: usize): u64 {
  return load<u64>(PAGE + field);
}

let obeyed: i32 = 0;

export function obeyed_count(): i32 {
  return obeyed;
}

/** The gate should have said no. */
export function refused(answer: i64): void {
  if (answer >= 0) obeyed++;
}

/** The gate should have said exactly this. */
export function expected(answer: i64, wanted: i64): void {
  if (answer != wanted) obeyed++;
}

export function must(answer: i64): u64 {
  if (answer < 0) obeyed++;
  return <u64>answer;
}

/** A child made of the attacker's own module, with `role` in its page; not started. 0: none. */
export function child(role: u32, mode: u64, budget: u64): u64 {
  const code = phi.code_load(known(ARCHIVE), known(MODULE_OFFSET), known(MODULE_BYTES));
  if (code < 0) return 0;
  const domain = phi.domain_create(known(OWN), <u64>code, mode, budget);
  phi.cap_delete(<u64>code);
  if (domain < 0) return 0;
  const page = phi.region_create(known(OWN), 1, 0);
  if (page < 0) return 0;
  phi.region_unmap(known(OWN), 0xaf00_0000, 1);
  phi.region_map(<u64>page, 0xaf00_0000, 0, 1, 3);
  store<u32>(0xaf00_0000, role);
  phi.domain_map(<u64>domain, <u64>page, PAGE, (<u64>1) << 32, 3);
  return <u64>domain;
}

/** What a child finds under a name of its page. */
export function child_tell(field: usize, value: u64): void {
  store<u64>(0xaf00_0000 + field, value);
}
