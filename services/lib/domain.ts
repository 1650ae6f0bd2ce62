// Domains: instances of modules. init makes, starts, watches and ends them; other services see only
// capabilities that they were handed (STOP to end a program, INSPECT to look at one).
import * as phi from "./phi";
import { DOMAIN_ENCLAVE, ISOLATION_HW, ISOLATION_SFI } from "../../kernel/abi/layout";
import { E_STATE } from "../../kernel/abi/errors";
export { DOMAIN_ENCLAVE, ISOLATION_HW, ISOLATION_SFI };
export {
  DOMAIN_ALLOCATE,
  DOMAIN_CANCEL,
  DOMAIN_DESTROY,
  DOMAIN_GRANT,
  DOMAIN_INSPECT,
  DOMAIN_MEMORY,
  DOMAIN_REPLACE,
  DOMAIN_START,
  DOMAIN_STOP,
} from "../../kernel/abi/rights";
export {
  STATE_BUSY,
  STATE_CREATED,
  STATE_EXITED,
  STATE_FREE,
  STATE_HELD,
  STATE_IDLE,
  STATE_STOPPED,
  STATE_TRAPPED,
  STATUS_BUDGET,
  STATUS_CALLEE,
  STATUS_CALLER,
  STATUS_CAPS,
  STATUS_CODE_BASE,
  STATUS_EXIT,
  STATUS_FRAME,
  STATUS_FRAME_COUNT,
  STATUS_FRAME_MAX,
  STATUS_ID,
  STATUS_MEMORY,
  STATUS_MEMORY_PAGES,
  STATUS_MODE,
  STATUS_PRIORITY,
  STATUS_STATE,
  STATUS_TIME_NS,
  STATUS_TRAP,
  STATUS_TRAP_ADDRESS,
  STATUS_TRAP_PC,
  STATUS_WAIT,
  WAIT_CALLEE,
  WAIT_NONE,
  WAIT_NOTIFICATION,
  WAIT_REPLY,
  WAIT_SERVER,
} from "../../kernel/abi/status";

/** The one window index at which domain_memory shows a program's memory to its personality. */
export const PROGRAM_MEMORY_INDEX: u64 = 0xc000_0000;

/** Seals the module at `offset` of a region into a Code object; one that does not lie in the boot archive is copied, some pages at a time. */
export function load_code(region: u64, offset: u64, length: u64): i64 {
  const code = phi.code_load(region, offset, length);
  if (code < 0) return code;
  let missing = phi.code_seal(<u64>code);
  while (missing > 0) missing = phi.code_seal(<u64>code);
  if (missing == 0) return code;
  phi.cap_delete(<u64>code);
  return missing;
}

/** Measures a sealed module. 0: the archive lists its hash, so that it may run `sfi`; E_UNTRUSTED: it is measured, and may not. */
export function verify_code(code: u64): i64 {
  let answer = phi.code_verify(code);
  while (answer == 1) answer = phi.code_verify(code);
  return answer;
}

/** Word `word` (0 … 7) of the hash of a measured module. */
export function code_hash(code: u64, word: u32): i64 {
  return phi.code_hash(code, word);
}

/** A new domain of that code; its budget (bytes) comes out of this domain's. */
export function create(self: u64, code: u64, isolation: u32, priority: u32, budget_bytes: u64): i64 {
  return phi.domain_create(self, code, (<u64>isolation) | ((<u64>priority) << 8), budget_bytes);
}

/** Maps part of a region into a domain that has not started. */
export function map(domain: u64, region: u64, index: u64, offset_pages: u64, pages: u64, rights: u64): i64 {
  return phi.domain_map(domain, region, index, offset_pages | (pages << 32), rights);
}

/** The module's foreign imports become calls on `endpoint` under `badge`. */
export function set_personality(domain: u64, endpoint: u64, badge: u64): i64 {
  return phi.domain_personality(domain, endpoint, badge);
}

/** Shows the domain's linear memory at PROGRAM_MEMORY_INDEX of this domain's window. */
export function share_memory(domain: u64): i64 {
  return phi.domain_memory(domain, PROGRAM_MEMORY_INDEX);
}

export function start(domain: u64): i64 {
  return phi.domain_start(domain);
}

/** Kills it. While another CPU runs it the gate answers 1: that CPU is on its way out, and then the domain is dead. */
export function stop(domain: u64): i64 {
  let answer = phi.domain_stop(domain);
  if (answer != 1) return answer;
  while (answer == 1) answer = phi.domain_stop(domain);
  return answer == E_STATE ? 0 : answer;
}

/** The CPUs that the domain's own thread may use, one bit each; calls that it makes run on the same ones. */
export function set_affinity(domain: u64, mask: u64): i64 {
  return phi.domain_affinity(domain, mask);
}

/** Ends what the domain waits for now, a call or a notification, with E_CANCELLED; E_STATE: it does not wait. CANCEL. */
export function cancel(domain: u64): i64 {
  return phi.cancel(domain);
}

/** Returns a stopped domain's frames, and its children with theirs: a bounded part with each gate. */
export function destroy(domain: u64): i64 {
  let answer: i64 = 1;
  while (answer == 1) answer = phi.domain_destroy(domain);
  return answer;
}

/** A STATUS_ field. */
export function status(domain: u64, field: u64): i64 {
  return phi.domain_status(domain, field);
}

/** `bits` of the notification are signalled when the domain exits, traps or is stopped. */
export function supervise(domain: u64, notification: u64, bits: u64): i64 {
  return phi.domain_supervise(domain, notification, bits);
}

/** Keeps the domain's callers waiting, all but the current domain; it is STATE_HELD as soon as it has finished what it does. */
export function hold(domain: u64): i64 {
  return phi.domain_hold(domain);
}

/** Serves everybody again who waits. */
export function release(domain: u64): i64 {
  return phi.domain_release(domain);
}

/** Puts `successor` in the place of `domain`, both held: endpoints, waiting callers and capabilities (same handles) move to it. */
export function replace(domain: u64, successor: u64): i64 {
  let left = phi.domain_replace(domain, successor);
  while (left > 0) left = phi.domain_replace(domain, successor);
  return left;
}
