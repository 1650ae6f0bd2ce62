// Pages on their way to the disk, gathered into writes of many: the log-structured side of the store, where pages are taken in a row.
// Called by whatever writes nodes and contents; a flush of the disk comes after stage_end.
import { memory as disk_memory, PAGE_BYTES, PAGE_SHIFT, write } from "./disk";

const STAGED_MAX: u32 = 64;
let buffer: usize = 0;
let first: u32 = 0;
let count: u32 = 0;

export function stage_start(): bool {
  buffer = disk_memory(STAGED_MAX << PAGE_SHIFT);
  return buffer != 0;
}

export function stage_reset(): void {
  count = 0;
}

/** Queues the 4 KiB at `from` for `page`: 0, or the error of writing what was queued before. */
export function stage(page: u32, from: usize): i64 {
  if (count != 0 && (page != first + count || count == STAGED_MAX)) {
    const error = stage_end();
    if (error < 0) return error;
  }
  if (count == 0) first = page;
  memory.copy(buffer + ((<usize>count) << PAGE_SHIFT), from, PAGE_BYTES);
  count++;
  return 0;
}

/** Writes what is queued. */
export function stage_end(): i64 {
  if (count == 0) return 0;
  const pages = count;
  count = 0;
  return write(first, pages, buffer);
}
