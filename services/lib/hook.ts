// Hooks: who has the right HOOK of the System capability may watch, or refuse, calls, messages and scheduling decisions.
import * as phi from "./phi";
export {
  HOOK_DENY,
  HOOK_OBSERVE,
  HOOK_POINT_CALL,
  HOOK_POINT_MAILBOX,
  HOOK_POINT_SCHEDULE,
} from "../../kernel/abi/ipc";

/**
 * From now on `action` happens at `point` whenever the object behind `subject` (0: any) is concerned: what is denied answers E_DENIED to
 * whoever tried, a thread whose home domain is denied waits until the hook goes. Signals `bits` if there is a notification (not when
 * scheduling). A Hook (READ DETACH SHARE); when its last capability goes, so does the hook.
 */
export function attach(system: u64, point: u32, action: u32, subject: u64, notification: u64 = 0, bits: u64 = 0): i64 {
  return phi.hook_attach(system, point | (action << 8), subject, notification, bits);
}

/** How often the hook was met. */
export function met(hook: u64): i64 {
  return phi.hook_met(hook);
}

export function detach(hook: u64): i64 {
  return phi.hook_detach(hook);
}
