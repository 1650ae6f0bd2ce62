// Operations on any capability: derive a weaker one, grant it to another domain, delete, revoke, look at it.
import * as phi from "./phi";
import { reply_word } from "./message";

/** A weaker copy in this domain; a badge can be set only on a capability that has none. */
export function derive(handle: u64, rights: u64, badge: u64): i64 {
  return phi.cap_derive(handle, rights, badge);
}

/** A copy in `domain`'s capability space; the answer is valid there. */
export function grant(domain: u64, handle: u64, rights: u64, badge: u64): i64 {
  return phi.cap_grant(domain, handle, rights, badge);
}

/** Forgets this capability alone. Named `drop` because `delete` is a word of the language. */
export function drop(handle: u64): i64 {
  return phi.cap_delete(handle);
}

/** Everything derived from it is dead after the first of these gates; the others remove it, a bounded part each. Itself stays. */
export function revoke(handle: u64): i64 {
  let answer: i64 = 1;
  while (answer == 1) answer = phi.cap_revoke(handle);
  return answer;
}

/** Every other capability to its object is dead at once; E_RIGHTS: not the object's maker (RIGHT_REVOKE). */
export function revoke_all(handle: u64): i64 {
  let answer: i64 = 1;
  while (answer == 1) answer = phi.cap_revoke_all(handle);
  return answer;
}

/** Gives the capability away: it keeps its number, which is good in `domain`'s space from now on. */
export function move(domain: u64, handle: u64): i64 {
  return phi.cap_move(domain, handle);
}

export function type_of(handle: u64): i64 {
  return phi.cap_info(handle, 0);
}

export function rights_of(handle: u64): i64 {
  return phi.cap_info(handle, 1);
}

export function badge_of(handle: u64): i64 {
  return phi.cap_info(handle, 2);
}

export function object_of(handle: u64): i64 {
  return phi.cap_info(handle, 3);
}

/**
 * The next capability of a domain after `cursor` (0 at first): the next cursor, or 0 at the end.
 * When it is not 0, next_handle … next_parent tell about the capability until the next call.
 */
export function next(domain: u64, cursor: u64): i64 {
  return phi.cap_next(domain, cursor);
}

export function next_handle(): u64 {
  return reply_word(1);
}

export function next_type(): u32 {
  return <u32>reply_word(2);
}

export function next_rights(): u32 {
  return <u32>(reply_word(2) >> 32);
}

export function next_badge(): u64 {
  return reply_word(3);
}

export function next_object(): u64 {
  return reply_word(4);
}

/** Handle of the capability that it was derived from, whoever holds that; 0: of none. */
export function next_parent(): u64 {
  return reply_word(5);
}
