// Numbers of messages: capabilities that travel with calls, mailboxes, what an endpoint tells, and hook points.

/** To or from whom a capability travels: the caller of the call that I handle. Else a handle: of a Reply that I owe, or of an endpoint. */
export const OFFER_CALLER: u64 = 0;

/** Messages that a mailbox holds at most; each has its sender's badge and four words. */
export const MAILBOX_CAPACITY_MAX: u32 = 4096;
/** Edges of a mailbox that a notification can be bound to: there is a message again; there is room again. */
export const MAILBOX_READY: u64 = 0;
export const MAILBOX_ROOM: u64 = 1;

/** Fields of endpoint_status: calls that came to it, callers that wait for its server now, STATE_ of the server (0: nobody serves). */
export const ENDPOINT_CALLS: u64 = 0;
export const ENDPOINT_WAITING: u64 = 1;
export const ENDPOINT_STATE: u64 = 2;

/** A call is about to be made: subjects are the caller's domain and the endpoint. */
export const HOOK_POINT_CALL: u32 = 0;
/** A message is about to be put into a mailbox: the sender's domain and the mailbox. */
export const HOOK_POINT_MAILBOX: u32 = 1;
/** A thread is about to run: the thread's home domain and the domain that it is in. */
export const HOOK_POINT_SCHEDULE: u32 = 2;
export const HOOK_POINTS: u32 = 3;

/** What a hook does: count, and signal its notification; or refuse too. */
export const HOOK_OBSERVE: u32 = 0;
export const HOOK_DENY: u32 = 1;
