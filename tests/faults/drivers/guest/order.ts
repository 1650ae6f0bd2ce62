// An order of faults, at the end of the buffer that a driver under test shares with its client, and what the driver tells about it there.
// Used by point.ts (in the driver) and campaign.ts (its client).

/** Of the connection of the client who gives orders; tests/faults/drivers/run.ts writes it into the image. */
export const ROLE_ORDERS: u32 = 5;
/** Bytes of it. */
export const ORDER_BYTES: u32 = 128;
/** When the next faults are armed: 0 there is no order, at once, or by the instance that starts next. */
export const ORDER_WHEN: u32 = 0;
export const ORDER_RUNNING: u64 = 1;
export const ORDER_AT_START: u64 = 2;
export const ORDER_SEED: u32 = 8;
/** How many are to be armed, of how many sites. */
export const ORDER_COUNT: u32 = 16;
export const ORDER_SITES: u32 = 24;
/** Told by the driver: points armed, u64; points met at least once, u32 by FAULT_. */
export const ORDER_ARMED: u32 = 32;
export const ORDER_MET: u32 = 40;

export const SITES_MAX: u32 = 32768;

/** A value has a bit flipped, is one more or one less, missing, anything, another operand's, a condition inverted, or a little further. */
export const FAULT_FLIP: u32 = 1;
export const FAULT_MORE: u32 = 2;
export const FAULT_LESS: u32 = 3;
export const FAULT_NOTHING: u32 = 4;
export const FAULT_WILD: u32 = 5;
export const FAULT_OTHER: u32 = 6;
export const FAULT_INVERTED: u32 = 7;
export const FAULT_NEAR: u32 = 8;
export const VALUE_FAULTS: u64 = 8;
/** A store is left out, or goes elsewhere. */
export const FAULT_SKIPPED: u32 = 9;
export const FAULT_ELSEWHERE: u32 = 10;
export const FAULTS: u32 = 11;

/** SplitMix64. */
export function next_random(state: u64): u64 {
  let z = state + 0x9e37_79b9_7f4a_7c15;
  z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
  z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
  return z ^ (z >> 31);
}
