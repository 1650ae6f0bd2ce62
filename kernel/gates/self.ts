// Gates on oneself: the only ones that ask for no capability.

import { STATE_EXITED } from "../abi/status";
import { now_ns } from "../../hal/timer";
import { cpu, current } from "../cpu";
import { instructions } from "../machine";
import { is_none } from "../none";
import { memory_grow } from "../object/create";
import { domain_end } from "../object/destroy";
import { switch_to_equal } from "../thread/direct";
import { ROTATE_YIELD, thread_rotate } from "../thread/scheduler";
import { domain_trap } from "../trap";

export function gate_exit(status: i32): void {
  const domain = current();
  domain.exit_status = status;
  domain_end(domain, STATE_EXITED);
}

/** Above 0: the domain to go on with instead of the caller, whose answer is 0. */
export function gate_yield(): i64 {
  const next = switch_to_equal(cpu());
  if (is_none(next)) thread_rotate(ROTATE_YIELD);
  return <i64>changetype<usize>(next);
}

/** What STATUS_ID tells others: unique since boot. sfi callers get it without coming here (boot/<arch>/gates.S). */
export function gate_own_id(): i64 {
  return <i64>current().object.id;
}

export function gate_now(): i64 {
  return <i64>now_ns();
}

export function gate_counter(): i64 {
  return <i64>instructions();
}

export function gate_memory_grow(delta: u32): i64 {
  return memory_grow(current(), delta);
}

/** The module's runtime found a Wasm trap: `code` is wasm2c's number. */
export function gate_trap(code: u32, pc: u64, frame: u64): void {
  domain_trap(current(), code, pc, frame, 0);
}
