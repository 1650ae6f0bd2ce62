// proc_raise: the one function that may end the program from inside a call. There are no handlers to run, so each signal has
// its default effect. proc_exit and sched_yield never get here: the build maps them to the kernel's own gates.
import { E_CANCELLED } from "../lib/errors";
import { ERRNO_INVAL, ERRNO_SUCCESS } from "./errno";
import { SIGNAL_CHLD, SIGNAL_CONT, SIGNAL_LAST, SIGNAL_NONE, SIGNAL_URG, SIGNAL_WINCH } from "./types";

/** Success for a signal whose default effect is none; a kernel error, which ends the program as a trap, for a fatal one. */
export function proc_raise(signal: u32): i64 {
  if (signal > SIGNAL_LAST) return ERRNO_INVAL;
  const is_harmless =
    signal == SIGNAL_NONE ||
    signal == SIGNAL_CHLD ||
    signal == SIGNAL_CONT ||
    signal == SIGNAL_URG ||
    signal == SIGNAL_WINCH;
  return is_harmless ? ERRNO_SUCCESS : E_CANCELLED;
}
