// The error numbers of ΦOS: one small fixed list, shared by kernel, services and tools.
// A call returns an i64: zero or more is the answer, less than zero is one of these.
// -1..-31 come from the kernel, -32..-63 from services. The word after the dash says who is to blame.

/** Caller: the handle is out of range, not yours, stale, or of another type. */
export const E_HANDLE: i64 = -1;
/** Caller: the capability lacks the right that this operation asks for. */
export const E_RIGHTS: i64 = -2;
/** Caller: an argument is out of the range that the operation documents. */
export const E_ARGUMENT: i64 = -3;
/** Callee: the serving instance trapped or was killed before it replied. */
export const E_PEER_FAULT: i64 = -4;
/** Callee: nobody serves this endpoint now. */
export const E_PEER_GONE: i64 = -5;
/** Caller: the call would wait for itself (a cycle of protected calls). */
export const E_DEADLOCK: i64 = -6;
/** Caller: the domain's memory budget is spent. */
export const E_BUDGET: i64 = -7;
/** Kernel limit: no physical frame or no table entry is left in the whole system. */
export const E_NO_MEMORY: i64 = -8;
/** Nobody: the deadline passed first. */
export const E_TIMEOUT: i64 = -9;
/** Caller: the address or window is taken, or is not mapped. */
export const E_ADDRESS: i64 = -10;
/** Caller: the object is in a state that forbids this (started twice, not started). */
export const E_STATE: i64 = -11;
/** Caller: the capability was revoked. */
export const E_REVOKED: i64 = -12;
/** Caller: the module or archive is damaged, truncated, or of another version or architecture. */
export const E_FORMAT: i64 = -13;
/** Caller: the image manifest does not list this code for `sfi`. */
export const E_UNTRUSTED: i64 = -14;
/** Kernel limit: this machine has no such device or feature. */
export const E_ABSENT: i64 = -15;
/** Nobody: the call was cancelled. */
export const E_CANCELLED: i64 = -16;
/** Callee: it has not received what lies in its mailbox; nothing was sent. */
export const E_MAILBOX_FULL: i64 = -17;
/** Nobody: a hook of the system's refused it; nothing has happened. */
export const E_DENIED: i64 = -18;
/** Nobody: the mailbox holds no message now. */
export const E_MAILBOX_EMPTY: i64 = -19;
/** Caller: derivations, or domains, would be nested deeper than the kernel follows them. */
export const E_DEPTH: i64 = -21;
/** Caller: the device, or the bus to it, refuses an access of this width at this place. */
export const E_BUS: i64 = -22;
/** Caller: the thread has had another event since the one that this decision goes by. */
export const E_STALE: i64 = -27;

/** Caller: the service knows no method of this number. */
export const E_METHOD: i64 = -32;
/** Caller: there is nothing of that name. */
export const E_NOT_FOUND: i64 = -33;
/** Callee: the service has no room for another of these now. */
export const E_FULL: i64 = -34;
/** Nobody: the stream has ended. */
export const E_END: i64 = -35;
/** Callee: the device failed. */
export const E_DEVICE: i64 = -36;
/** Caller: something of that name exists already. */
export const E_EXISTS: i64 = -37;
