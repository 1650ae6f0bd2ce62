// What a call gate reads and writes that decides the common case of a protected call by itself, in assembly, instead of
// asking call_enter and activation_done (kernel/ipc/): boot/<arch>/plain.S. kernel/ipc/plain.ts proves each offset at compile time.

/** u32 not zero: a gate or an interrupt may switch threads by itself (kernel/thread/direct.ts). */
export const CPU_DIRECT: u32 = 100;
/** u32: bytes of the capability table that have entries; 0 while every call must be asked for (tracing). */
export const CPU_PLAIN_BOUND: u32 = 60;

export const CAPABILITY_HANDLE_AT: u32 = 0;
export const CAPABILITY_KEY_AT: u32 = 8;
export const CAPABILITY_OBJECT_AT: u32 = 16;
export const CAPABILITY_VERSION_AT: u32 = 20;
export const CAPABILITY_BADGE_AT: u32 = 24;
export const OBJECT_VERSION_AT: u32 = 4;
export const ENDPOINT_SERVER_AT: u32 = 24;
export const ENDPOINT_CALLS_AT: u32 = 48;
export const THREAD_TOP_AT: u32 = 24;

/** Of a domain's object, and the number in it that own_id answers. */
export const DOMAIN_OBJECT_AT: u32 = 212;
export const OBJECT_ID_AT: u32 = 8;

export const DOMAIN_STATE_AT: u32 = 200;
export const DOMAIN_ACTIVATION_AT: u32 = 208;
export const DOMAIN_THREAD_AT: u32 = 224;
export const DOMAIN_WAIT_AT: u32 = 232;
export const DOMAIN_CALLEE_AT: u32 = 236;
/** u64: callers that queue, and the notification that is bound: not zero if somebody wants the domain next. */
export const DOMAIN_WANTED_AT: u32 = 240;
export const DOMAIN_ENDPOINT_KEY_AT: u32 = 420;

/** Values of those fields: kernel/object/domain.ts. */
export const PLAIN_ACTIVATION_NONE: u32 = 0;
export const PLAIN_ACTIVATION_CALL: u32 = 3;
export const PLAIN_WAIT_NONE: u32 = 0;
export const PLAIN_WAIT_CALLEE: u32 = 4;
