// The clock's methods, as services/clock/interface.ts declares them: boot time plus the gate `now`.
import { E_ABSENT, E_ARGUMENT, E_RIGHTS } from "../../kernel/abi/errors";
import { role_of } from "../lib/buffer";
import { now_ns } from "../lib/notification";

/** Nanoseconds from 1970 to power-on. */
let boot_ns: i64 = 0;
let is_known: bool = false;

/** From now on it is this time. */
export function set_now(ns: i64): void {
  boot_ns = ns - <i64>now_ns();
  is_known = true;
}

export function realtime(badge: u64): i64 {
  return is_known ? boot_ns + <i64>now_ns() : E_ABSENT;
}

export function set_realtime(badge: u64, ns: i64): i64 {
  if (role_of(badge) == 0) return E_RIGHTS;
  if (ns < 0) return E_ARGUMENT;
  set_now(ns);
  return 0;
}
