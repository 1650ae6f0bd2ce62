// The clock's calls: wall-clock time. Monotonic time needs no service: it is the gate `now`.

export interface Clock {
  /** Nanoseconds since 1970-01-01 00:00 UTC. E_ABSENT: this machine has no clock chip and nobody told the time. */
  realtime(): i64;
  /** Sets the wall clock (not the chip). For init and clients of role 1, others get E_RIGHTS. E_ARGUMENT: before 1970. */
  set_realtime(ns: i64): i64;
}
