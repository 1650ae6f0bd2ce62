// Runs tasks in parallel, never more than a given number at once. Used to boot several guests on few cores.
// Order of results is the order of the tasks; the first failure is thrown after the running ones have ended.

import { availableParallelism } from "node:os";

export class Pool {
  readonly #limit: number;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(limit = availableParallelism()) {
    this.#limit = Math.max(1, limit);
  }

  /** Runs one task as soon as there is room. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The place passes directly to the next in the queue, so that nobody can slip in between.
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Runs all tasks and returns their results. */
  async all<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
    const settled = await Promise.allSettled(tasks.map((task) => this.run(task)));
    return settled.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }
}
