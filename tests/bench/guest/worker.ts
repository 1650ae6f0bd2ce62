// A worker of the bench: its page says which part it plays (page.ts). Whoever measures prints its figures and exits.
import * as phi from "../../../services/lib/phi";
import * as at from "./page";
import { measure_calls, serve } from "./calls";
import { measure_gates } from "./gates";
import { measure_maps } from "./maps";
import {
  give_way,
  handle_event,
  measure_interrupts,
  measure_notify,
  measure_yield,
  prepare_events,
  wait_for_ever,
} from "./switches";
import { measure_traps } from "./traps";

export function start(): void {
  const role = load<u64>(at.OWN, at.ROLE_AT);
  if (role == at.ROLE_SERVER) return;
  if (role == at.ROLE_HANDLES) return prepare_events();
  if (role == at.ROLE_CALLS) measure_calls();
  if (role == at.ROLE_GATES) measure_gates();
  if (role == at.ROLE_MAPS) measure_maps();
  if (role == at.ROLE_YIELDS) measure_yield();
  if (role == at.ROLE_GIVES_WAY) give_way();
  if (role == at.ROLE_WAITS) wait_for_ever();
  if (role == at.ROLE_NOTIFIES) measure_notify();
  if (role == at.ROLE_INTERRUPTS) measure_interrupts();
  if (role == at.ROLE_TRAPS) measure_traps();
  phi.exit(0);
}

export function call(_badge: u64, method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64 {
  return serve(method, w0, w1, w2, w3, w4, w5);
}

export function event(_bits: u64): void {
  handle_event();
}
