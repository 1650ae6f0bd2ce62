// Pages on their way to the disk, gathered into writes of many: the log-structured side of the store, where pages are taken in a row.
// Called by whatever writes nodes and contents; a flush of the disk comes after stage_end. Invariant: what is queued lies in a row in memory
// too, where it was handed over or, once that is not so, in `buffer`.
import { memory as disk_memory, PAGE_BYTES, PAGE_SHIFT, write } from "./disk";

const STAGED_MAX: u32 = 64;
let buffer: usize = 0;
let source: usize = 0;
let first: u32 = 0;
let count: u32 = 0;

export function stage_start(): bool {
  buffer = disk_memory(STAGED_MAX << PAGE_SHIFT);
  return buffer != 0;
}

export function stage_reset(): void {
  count = 0;
}

/**
 * Queues the 4 KiB at `from`, memory of the disk's that stays as it is until stage_end, for `page`: 0, or the error of writing what was
 * queued before.
 */
export function stage(page: u32, from: usize): i64 {
  if (count != 0 && (page != first + count || count == STAGED_MAX)) {
    const error = stage_end();
    if (error < 0) return error;
  }
  const bytes = (<usize>count) << PAGE_SHIFT;
  if (count == 0) {
    first = page;
    source = from;
  } else if (source == buffer) {
    memory.copy(buffer + bytes, from, PAGE_BYTES);
  } else if (from != source + bytes) {
    memory.copy(buffer, source, bytes);
    memory.copy(buffer + bytes, from, PAGE_BYTES);
    source = buffer;
  }
  count++;
  return 0;
}

/** Writes what is queued. */
export function stage_end(): i64 {
  if (count == 0) return 0;
  const pages = count;
  count = 0;
  return write(first, pages, source);
}
