// Types of kernel objects and the rights that a capability to each can carry.
// Rights only shrink on derivation and grant; every gate names the one right that it asks for.

export const TYPE_NONE: u32 = 0;
export const TYPE_CODE: u32 = 1;
export const TYPE_DOMAIN: u32 = 2;
export const TYPE_ENDPOINT: u32 = 3;
export const TYPE_REPLY: u32 = 4;
export const TYPE_NOTIFICATION: u32 = 5;
export const TYPE_REGION: u32 = 6;
export const TYPE_IRQ: u32 = 7;
/** A range of device registers, memory-mapped or in port space: the driver need not know which. */
export const TYPE_DEVICE: u32 = 8;
export const TYPE_SYSTEM: u32 = 9;
/** A service's own object, minted on its endpoint: rights 16 … 31 are the service's, the badge is its tag. */
export const TYPE_RESOURCE: u32 = 10;
/** Times that a thread may run. */
export const TYPE_CONTEXT: u32 = 12;
/** A service that decides when threads run. */
export const TYPE_SCHEDULER: u32 = 13;
export const TYPE_MAILBOX: u32 = 11;
export const TYPE_HOOK: u32 = 14;
/** What one device reaches of memory, behind an IOMMU. */
export const TYPE_DMA: u32 = 15;
export const TYPE_COUNT: u32 = 16;

/** Any type: the holder may hand copies to domains it has GRANT over. */
export const RIGHT_SHARE: u32 = 0x8000;
/** Any type: the holder may end every other capability to the object at once. Its maker has it. */
export const RIGHT_REVOKE: u32 = 0x4000;

/** The first of a RESOURCE's 16 rights, which its service names. */
export const RESOURCE_RIGHT_SHIFT: u32 = 16;
/** Methods of an endpoint that a RESOURCE can be let call. */
export const RESOURCE_METHODS: u32 = 32;
/** Set in the badge of every minted capability and of no other. */
export const RESOURCE_BADGE: u64 = 0x8000_0000_0000_0000;

export const CODE_LOAD: u32 = 1;
export const CODE_RUN: u32 = 2;
/** The image lists this code for supervisor mode: a domain of it may be created `sfi`. */
export const CODE_SFI: u32 = 4;

export const DOMAIN_START: u32 = 1;
export const DOMAIN_STOP: u32 = 2;
export const DOMAIN_GRANT: u32 = 4;
export const DOMAIN_MEMORY: u32 = 8;
export const DOMAIN_INSPECT: u32 = 16;
/** Pay for new objects, frames and children out of this domain's budget. */
export const DOMAIN_ALLOCATE: u32 = 32;
export const DOMAIN_DESTROY: u32 = 64;
/** Hold its callers back, and put another domain in its place. */
export const DOMAIN_REPLACE: u32 = 128;
/** End what the domain waits for with E_CANCELLED. */
export const DOMAIN_CANCEL: u32 = 256;

export const ENDPOINT_CALL: u32 = 1;
export const ENDPOINT_SERVE: u32 = 2;

export const NOTIFICATION_SIGNAL: u32 = 1;
export const NOTIFICATION_WAIT: u32 = 2;

export const MAILBOX_SEND: u32 = 1;
export const MAILBOX_RECEIVE: u32 = 2;

/** Read how often the hook was met. */
export const HOOK_READ: u32 = 1;
export const HOOK_DETACH: u32 = 2;

export const REGION_READ: u32 = 1;
export const REGION_WRITE: u32 = 2;
export const REGION_MAP: u32 = 4;
/** Ask where the pages lie: they never move, and stay while this capability is held. */
export const REGION_PIN: u32 = 8;

/** Set in the badge of a capability to a part of a region: its first page | pages << 32. */
export const REGION_PART: u64 = 0x8000_0000_0000_0000;

/** Let the device reach regions that one may PIN, and no longer reach them. */
export const DMA_MAP: u32 = 1;

export const IRQ_ACK: u32 = 1;
export const IRQ_BIND: u32 = 2;

export const DEVICE_LOAD: u32 = 1;
export const DEVICE_STORE: u32 = 2;

export const CONTEXT_BIND: u32 = 1;

export const SCHEDULER_COMMIT: u32 = 1;
export const SCHEDULER_ATTACH: u32 = 2;

export const SYSTEM_POWER: u32 = 1;
export const SYSTEM_INFO: u32 = 2;
export const SYSTEM_LOG: u32 = 4;
export const SYSTEM_TRACE: u32 = 8;
/** Observe or deny what anybody does at a hook point. */
export const SYSTEM_HOOK: u32 = 16;
/** Learn physical addresses of regions that one may PIN: for drivers whose devices read and write memory by themselves. */
export const SYSTEM_DMA: u32 = 32;
/** Obtain interrupts that devices raise by a store of their own. */
export const SYSTEM_MESSAGES: u32 = 64;
/** Obtain devices by their place in physical space, and interrupt lines by number: for the service that hands both to drivers. */
export const SYSTEM_DEVICES: u32 = 128;
/** Say where the IOMMU is, which device reaches memory through it, and learn what it refused. */
export const SYSTEM_IOMMU: u32 = 256;
export const SYSTEM_ALL: u32 = 511;
