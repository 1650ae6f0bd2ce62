// What every accelerator's service offers, whatever stands behind it: queues of jobs over memory that client and service
// share, and what a job will cost. The processor itself is the first one (kernels.ts); a GPU's, TPU's or NPU's driver serves the
// same calls. Which one gets a job is not decided here: services/placement.

export const KIND_CPU: u32 = 1;
export const KIND_GPU: u32 = 2;
export const KIND_TPU: u32 = 3;
export const KIND_NPU: u32 = 4;

/** results[r] = sum over c of matrix[r][c] * vector[c]. */
export const OPERATION_DOT: u32 = 1;
/** results[r] = sum over c of (matrix[r][c] - vector[c]) squared. */
export const OPERATION_DISTANCE: u32 = 2;
export const OPERATION_LAST: u32 = 2;

/** Places of one client in a queue: one more job is E_FULL. Eight clients can fill theirs. */
export const QUEUE_DEPTH: u32 = 8;
export const QUEUES: u32 = 2;

export interface Accelerator {
  /** kind: KIND_; operations: bit n is set when OPERATION_ n can be done; lanes: f32 numbers handled by one instruction. */
  describe(): { kind: u32; queues: u32; depth: u32; operations: u32; lanes: u32 };
  /**
   * What a job of this size will take once it is begun: nanoseconds as measured on this machine, and nanojoules by the power
   * that the image states. E_ARGUMENT: no such operation, or a size that no buffer holds.
   */
  estimate(operation: u32, rows: u32, columns: u32): { cost_ns: u64; energy_nj: u64 };
  /**
   * Queues a job over the buffer that the caller shares: f32 numbers, `rows` times `columns` of the matrix at byte offset
   * `matrix`, `columns` of the vector right behind them, `rows` of results at offset `result`; offsets and columns are multiples of
   * 16 and 4. Queue 0 goes before queue 1. Answers the job's number. E_FULL: the queue is full, complete a job first.
   */
  submit(queue: u32, operation: u32, rows: u32, columns: u32, matrix: u32, result: u32): u64;
  /** Waits until the caller's job is done, and forgets it. took_ns: without its time in the queue. E_NOT_FOUND: no such job of yours. */
  complete(job: u64): { took_ns: u64 };
}
