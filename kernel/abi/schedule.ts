// The ring by which a scheduler service learns about its threads (docs/scheduling.md): the kernel writes, the service
// reads. 32-byte entries; entry 0 is the header, event n stands in entry 1 + (n - 1) mod capacity. Old events are
// overwritten: a reader that finds another sequence number than it expects has missed some and asks scheduler_next.

export const RING_ENTRY_SIZE: u32 = 32;
/** Header: u64 events written so far; u64 how many the ring holds; u64 processors. */
export const RING_WRITTEN_AT: u32 = 0;
export const RING_CAPACITY_AT: u32 = 8;
export const RING_CPUS_AT: u32 = 16;
/** Pages that a ring has at most. */
export const RING_PAGES_MAX: u32 = 16;

/** Event: u64 its sequence number, from 1; u32 THREAD_EVENT_ | processor << 16; u32 thread; u64 two words. */
export const RING_SEQUENCE_AT: u32 = 0;
export const RING_EVENT_AT: u32 = 8;
export const RING_THREAD_AT: u32 = 12;
/** Nanoseconds since boot; of ATTACHED: the first of the two parameters. */
export const RING_TIME_AT: u32 = 16;
/** Nanoseconds that the thread has run since it began; of ATTACHED: the second parameter. */
export const RING_USED_AT: u32 = 24;

/** The thread belongs to the scheduler from now on; it runs nowhere. */
export const THREAD_EVENT_ATTACHED: u32 = 1;
/** The thread belongs to somebody else, or to nobody, from now on. */
export const THREAD_EVENT_DETACHED: u32 = 2;
/** It can run and waits for a decision; so it does after each of the next three. */
export const THREAD_EVENT_READY: u32 = 3;
/** Its slice is used up. */
export const THREAD_EVENT_EXPIRED: u32 = 4;
/** It gave the processor away. */
export const THREAD_EVENT_YIELDED: u32 = 5;
/** The scheduler took it back. */
export const THREAD_EVENT_WITHDRAWN: u32 = 6;
/** It waits for something, or its activation is over: nothing to decide. */
export const THREAD_EVENT_BLOCKED: u32 = 7;

/** Threads of one scheduler, and schedulers of the whole system, at most. */
export const SCHEDULED_THREADS_MAX: u32 = 256;
export const SCHEDULER_MAX: u32 = 8;
/** A thread that waits this long while its scheduler decides nothing at all: the kernel takes all its threads back. */
export const SCHEDULER_PATIENCE_NS: u64 = 50_000_000;
/** Shortest and longest slice of a decision. */
export const SLICE_MIN_NS: u64 = 50_000;
export const SLICE_MAX_NS: u64 = 100_000_000;
/** A decision for whichever processor the kernel likes. */
export const ANY_CPU: u32 = 0xffff_ffff;

/** Bounds of a scheduling context. */
export const CONTEXT_BUDGET_MIN_NS: u64 = 50_000;
export const CONTEXT_PERIOD_MAX_NS: u64 = 4_000_000_000;

/** r2 of scheduler_next: what the thread does now. */
export const SCHEDULED_BLOCKED: u32 = 0;
export const SCHEDULED_WAITING: u32 = 1;
export const SCHEDULED_COMMITTED: u32 = 2;
