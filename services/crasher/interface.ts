// Kills a driver again and again, while its clients have requests in flight: for `phi bench faults`.

export interface Crasher {
  /** From now on the service of this id ends each time the processors have been busy for so long; 0: no more. Answers how often it has ended. */
  crash_every(id: u64, busy_ns: u64): u64;
  /** How often it has ended, and the busy time at the last of them. */
  crashes(): { count: u64; at_ns: u64 };
}
