// The numbers of the kernel's gates: what a module may import from "phi".
// A gate's number is its place in the gate table (sfi: relocation target; hw: system call number).
// linker/ reads this file to emit import thunks and the gate table; kernel/gates/ holds the functions.
// The signature of each stands in docs/abi.md. Numbers are never reused.

export const GATE_EXIT: u32 = 0;
export const GATE_YIELD: u32 = 1;
export const GATE_NOW: u32 = 2;
export const GATE_DMA_START: u32 = 92;
export const GATE_DMA_CREATE: u32 = 93;
export const GATE_DMA_MAP: u32 = 94;
export const GATE_DMA_UNMAP: u32 = 95;

export const GATE_COUNTER: u32 = 3;
export const GATE_MEMORY_GROW: u32 = 4;
export const GATE_TRAP: u32 = 5;
export const GATE_RETURN: u32 = 6;
export const GATE_OWN_ID: u32 = 7;

export const GATE_CALL: u32 = 8;
export const GATE_CALL_WORDS: u32 = 9;
export const GATE_CALL_PERSONALITY: u32 = 10;
export const GATE_DETACH: u32 = 11;
export const GATE_REPLY: u32 = 12;
export const GATE_CALL_UNTIL: u32 = 13;
export const GATE_CANCEL: u32 = 14;
export const GATE_OFFER: u32 = 15;

export const GATE_NOTIFY: u32 = 16;
export const GATE_WAIT: u32 = 17;
export const GATE_NOTIFICATION_BIND: u32 = 18;
export const GATE_TIMER_SET: u32 = 19;

export const GATE_MAILBOX_CREATE: u32 = 20;
export const GATE_MAILBOX_SEND: u32 = 21;
export const GATE_MAILBOX_RECEIVE: u32 = 22;
export const GATE_MAILBOX_BIND: u32 = 23;

export const GATE_CAP_DERIVE: u32 = 24;
export const GATE_CAP_GRANT: u32 = 25;
export const GATE_CAP_DELETE: u32 = 26;
export const GATE_CAP_REVOKE: u32 = 27;
export const GATE_CAP_INFO: u32 = 28;
export const GATE_CAP_NEXT: u32 = 29;
export const GATE_CAP_MOVE: u32 = 30;
export const GATE_CAP_REVOKE_ALL: u32 = 31;

export const GATE_ENDPOINT_CREATE: u32 = 32;
export const GATE_ENDPOINT_BIND: u32 = 33;
export const GATE_NOTIFICATION_CREATE: u32 = 34;
export const GATE_REGION_CREATE: u32 = 35;
export const GATE_REGION_MAP: u32 = 36;
export const GATE_REGION_UNMAP: u32 = 37;
export const GATE_REGION_FILL: u32 = 38;
export const GATE_REGION_PHYSICAL: u32 = 39;

export const GATE_CODE_LOAD: u32 = 40;
export const GATE_DOMAIN_CREATE: u32 = 41;
export const GATE_DOMAIN_MAP: u32 = 42;
export const GATE_DOMAIN_PERSONALITY: u32 = 43;
export const GATE_DOMAIN_MEMORY: u32 = 44;
export const GATE_DOMAIN_START: u32 = 45;
export const GATE_DOMAIN_STOP: u32 = 46;
export const GATE_DOMAIN_DESTROY: u32 = 47;
export const GATE_DOMAIN_STATUS: u32 = 48;
export const GATE_DOMAIN_SUPERVISE: u32 = 49;
export const GATE_DOMAIN_HOLD: u32 = 50;
export const GATE_DOMAIN_RELEASE: u32 = 51;
export const GATE_DOMAIN_REPLACE: u32 = 52;

export const GATE_IRQ_BIND: u32 = 56;
export const GATE_IRQ_ACK: u32 = 57;
export const GATE_DEVICE_LOAD: u32 = 58;
export const GATE_DEVICE_STORE: u32 = 59;
export const GATE_SYSTEM_INFO: u32 = 60;
export const GATE_SYSTEM_POWER: u32 = 61;

export const GATE_CAP_MINT: u32 = 64;
export const GATE_ENDPOINT_METHODS: u32 = 65;
export const GATE_IRQ_MESSAGE: u32 = 68;
export const GATE_IRQ_LINE: u32 = 69;
export const GATE_DEVICE_RANGE: u32 = 70;

export const GATE_CONTEXT_CREATE: u32 = 76;
export const GATE_CONTEXT_BIND: u32 = 77;
export const GATE_SCHEDULER_CREATE: u32 = 78;
export const GATE_SCHEDULER_ATTACH: u32 = 79;
export const GATE_SCHEDULER_COMMIT: u32 = 80;
export const GATE_SCHEDULER_WITHDRAW: u32 = 81;
export const GATE_SCHEDULER_NEXT: u32 = 82;
export const GATE_SCHEDULING_RELEASE: u32 = 83;

export const GATE_DOMAIN_AFFINITY: u32 = 88;

export const GATE_ACCEPT: u32 = 72;
export const GATE_ENDPOINT_STATUS: u32 = 73;
export const GATE_HOOK_MET: u32 = 74;

export const GATE_CODE_SEAL: u32 = 84;
export const GATE_CODE_VERIFY: u32 = 85;
export const GATE_CODE_HASH: u32 = 86;
export const GATE_ENDPOINT_ATTEST: u32 = 87;

export const GATE_DMA_FAULT: u32 = 89;

export const GATE_HOOK_ATTACH: u32 = 90;
export const GATE_HOOK_DETACH: u32 = 91;

export const GATE_COUNT: u32 = 96;
