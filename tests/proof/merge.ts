// Paths that meet behind an `if` as one path: what differs is a choice by what each had assumed. Called by execute.ts.
// Invariant: whatever held on each of the paths holds of the one.

import type { Path } from "./path.ts";
import { and, ite, or, type Term } from "./term.ts";

/** With more stores than that on one of them they go on apart. */
const STORES_MAX = 8;

/** null: it cannot be said in few words. */
export function merge(base: Path, paths: readonly Path[]): Path | null {
  const isSettled = paths.every((one) => one.pending.size === 0);
  if (!isSettled && paths.some((one) => one.settled !== base.settled)) return null;
  const stores = paths.map((one) => one.memory.storesSince(base.memory));
  if (stores.some((list) => list === null || list.length > STORES_MAX)) return null;
  const guards = paths.map((one) => and(...one.conditions.slice(base.conditions.length)));
  const choose = (values: readonly Term[]): Term =>
    values
      .slice(0, -1)
      .reduceRight((rest, value, i) => ite(guards[i] as Term, value, rest), values[values.length - 1] as Term);
  const merged = base.fork();
  merged.assume(or(...guards));
  const first = paths[0] as Path;
  merged.frames = first.frames.map((frame, f) => ({
    ...frame,
    labels: [...frame.labels],
    locals: frame.locals.map((_, i) => choose(paths.map((one) => one.frames[f]?.locals[i] as Term))),
    stack: frame.stack.map((_, i) => choose(paths.map((one) => one.frames[f]?.stack[i] as Term))),
  }));
  let memory = base.memory;
  stores.forEach((list, i) => {
    for (const { key, address, value } of list ?? []) {
      const before = memory.load(key, address, base.isDistinct, value.width);
      memory = memory.store(key, address, ite(guards[i] as Term, value, before));
    }
  });
  first.memory.globals.forEach((_, i) => {
    const value = choose(paths.map((one) => one.memory.globals[i] as Term));
    if (value !== memory.globals[i]) memory = memory.withGlobal(i, value);
  });
  merged.memory = memory;
  if (isSettled) merged.settled = memory;
  for (const one of paths) for (const key of one.pending) merged.pending.add(key);
  for (const one of paths) for (const object of one.made) merged.made.add(object);
  for (const one of paths) for (const frame of one.taken) merged.taken.add(frame);
  for (const one of paths) for (const frame of one.named) merged.named.add(frame);
  for (const [at, value] of base.lists) if (paths.some((one) => one.lists.get(at) !== value)) merged.lists.delete(at);
  return merged;
}
