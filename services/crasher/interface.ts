// Kills a driver in the midst of its clients' requests: for `phi bench faults`.

export interface Crasher {
  /** The service of this id ends when so much time has passed. */
  crash_in(id: u64, delay_ns: u64): i64;
  /** How often it has ended. */
  crashes(): u64;
}
