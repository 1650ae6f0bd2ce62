// Which accelerator gets a job: a policy, and therefore a service that an image can leave out or put another in the place of.

/** What counts. */
export const GOAL_TIME: u32 = 0;
export const GOAL_ENERGY: u32 = 1;

export interface Placement {
  /**
   * The accelerator that does such a job at the least time or energy (GOAL_): the number n of the image's "accelerator.n". The
   * cost is its own estimate, corrected by what `report` told. E_ARGUMENT: nobody does such a job.
   */
  choose(operation: u32, rows: u32, columns: u32, goal: u32): { accelerator: u32; cost_ns: u64; energy_nj: u64 };
  /** What a job that was estimated at `cost_ns` took: later choices know better. E_ARGUMENT: no such accelerator or operation. */
  report(accelerator: u32, operation: u32, cost_ns: u64, took_ns: u64): i64;
}
