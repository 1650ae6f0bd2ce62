// The numbers of the ABI that the model speaks, as plain numbers. tests/unit/fuzz/model.test.ts compares them with
// kernel/abi/. Everything in this folder is the part of TypeScript that tsc, Node and asc all accept: there `number` is f64,
// so nothing here needs more than 53 bits; bits.ts hides the operators that f64 has not.

export const E_HANDLE: number = -1;
export const E_RIGHTS: number = -2;
export const E_ARGUMENT: number = -3;
export const E_PEER_FAULT: number = -4;
export const E_PEER_GONE: number = -5;
export const E_DEADLOCK: number = -6;
export const E_BUDGET: number = -7;
export const E_NO_MEMORY: number = -8;
export const E_TIMEOUT: number = -9;
export const E_ADDRESS: number = -10;
export const E_STATE: number = -11;
export const E_REVOKED: number = -12;
export const E_FORMAT: number = -13;
export const E_UNTRUSTED: number = -14;
export const E_ABSENT: number = -15;
export const E_CANCELLED: number = -16;
export const E_MAILBOX_FULL: number = -17;
export const E_DENIED: number = -18;
export const E_MAILBOX_EMPTY: number = -19;
export const E_STALE: number = -27;
export const E_METHOD: number = -32;

export const TYPE_CODE: number = 1;
export const TYPE_DOMAIN: number = 2;
export const TYPE_ENDPOINT: number = 3;
export const TYPE_REPLY: number = 4;
export const TYPE_NOTIFICATION: number = 5;
export const TYPE_REGION: number = 6;
export const TYPE_IRQ: number = 7;
export const TYPE_DEVICE: number = 8;
export const TYPE_SYSTEM: number = 9;
export const TYPE_RESOURCE: number = 10;
export const TYPE_MAILBOX: number = 11;
export const TYPE_CONTEXT: number = 12;
export const TYPE_SCHEDULER: number = 13;
export const TYPE_HOOK: number = 14;
export const TYPE_DMA: number = 15;

export const RIGHT_SHARE: number = 0x8000;
export const RIGHT_REVOKE: number = 0x4000;
export const CODE_LOAD: number = 1;
export const CODE_RUN: number = 2;
export const CODE_ALL: number = 3 + 0x8000;
export const CODE_SFI: number = 4;
export const DOMAIN_START: number = 1;
export const DOMAIN_STOP: number = 2;
export const DOMAIN_GRANT: number = 4;
export const DOMAIN_MEMORY: number = 8;
export const DOMAIN_INSPECT: number = 16;
export const DOMAIN_ALLOCATE: number = 32;
export const DOMAIN_DESTROY: number = 64;
export const DOMAIN_REPLACE: number = 128;
export const DOMAIN_CANCEL: number = 256;
export const DOMAIN_ALL: number = 511 + 0xc000;
export const ENDPOINT_CALL: number = 1;
export const ENDPOINT_SERVE: number = 2;
export const ENDPOINT_ALL: number = 3 + 0xc000;
export const NOTIFICATION_SIGNAL: number = 1;
export const NOTIFICATION_WAIT: number = 2;
export const NOTIFICATION_ALL: number = 3 + 0xc000;
export const REGION_READ: number = 1;
export const REGION_WRITE: number = 2;
export const REGION_MAP: number = 4;
export const REGION_PIN: number = 8;
export const REGION_ALL: number = 15 + 0xc000;
export const IRQ_ACK: number = 1;
export const IRQ_BIND: number = 2;
export const MAILBOX_SEND: number = 1;
export const MAILBOX_RECEIVE: number = 2;
export const MAILBOX_ALL: number = 3 + 0xc000;
export const CONTEXT_BIND: number = 1;
export const CONTEXT_ALL: number = 1 + 0x8000;
export const SCHEDULER_COMMIT: number = 1;
export const SCHEDULER_ATTACH: number = 2;
export const SCHEDULER_ALL: number = 3 + 0x8000;
export const HOOK_READ: number = 1;
export const HOOK_DETACH: number = 2;
export const HOOK_ALL: number = 3 + 0x8000;
export const SYSTEM_POWER: number = 1;
export const SYSTEM_INFO: number = 2;
export const SYSTEM_HOOK: number = 16;
export const SYSTEM_DMA: number = 32;
export const SYSTEM_MESSAGES: number = 64;
export const SYSTEM_DEVICES: number = 128;
export const SYSTEM_IOMMU: number = 256;
export const DMA_MAP: number = 1;
export const DEVICE_LOAD: number = 1;
export const DEVICE_STORE: number = 2;

export const HOOK_POINT_CALL: number = 0;
export const HOOK_POINT_MAILBOX: number = 1;
export const HOOK_POINT_SCHEDULE: number = 2;
/** Methods that a resource can be let call; the first of its rights, which its service names. */
export const RESOURCE_METHODS: number = 32;
export const RESOURCE_RIGHT: number = 0x10000;

export const STATE_FREE: number = 0;
export const STATE_CREATED: number = 1;
export const STATE_IDLE: number = 2;
export const STATE_BUSY: number = 3;
export const STATE_EXITED: number = 4;
export const STATE_TRAPPED: number = 5;
export const STATE_STOPPED: number = 6;
export const STATE_HELD: number = 7;

export const ISOLATION_SFI: number = 0;
export const ISOLATION_HW: number = 1;
/** `hw`, and nothing of its memory is shared: 1 with DOMAIN_ENCLAVE. */
export const ISOLATION_ENCLAVE: number = 2;
export const PRIORITY_MAX: number = 63;

/** A deadline that never comes: u64.MAX_VALUE on its way to the kernel. */
export const FOREVER: number = -1;
/** Bits that no notification takes: bit 63, which marks the badges of resources. The model writes such a badge as -1 - tag. */
export const BIT_63: number = 9007199254740992 * 1024;

export const PAGE: number = 4096;
export const WINDOW: number = 0x80000000;
export const WINDOW_END: number = 0x100000000;
export const SHARE: number = 0xc0000000;
