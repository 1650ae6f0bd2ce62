// What both forms of BLAKE3 share: its constants (BLAKE3-team/BLAKE3-specs, section 2) and the schedule of message words.

export const CHUNK_BYTES: u32 = 1024;
export const BLOCK_BYTES: u32 = 64;
export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;

export const INITIAL_0: u32 = 0x6a09e667;
export const INITIAL_1: u32 = 0xbb67ae85;
export const INITIAL_2: u32 = 0x3c6ef372;
export const INITIAL_3: u32 = 0xa54ff53a;
export const INITIAL = memory.data<u32>([
  INITIAL_0,
  INITIAL_1,
  INITIAL_2,
  INITIAL_3,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
]);

/** Byte offsets of the message words of each round, in the order in which the eight mixes take them. */
export const SCHEDULE = memory.data<u8>([
  0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 8, 24, 12, 40, 28, 0, 16, 52, 4, 44, 48, 20, 36, 56, 60,
  32, 12, 16, 40, 48, 52, 8, 28, 56, 24, 20, 36, 0, 44, 60, 32, 4, 40, 28, 48, 36, 56, 12, 52, 60, 16, 0, 44, 8, 20, 32,
  4, 24, 48, 52, 36, 44, 60, 40, 56, 32, 28, 8, 20, 12, 0, 4, 24, 16, 36, 56, 44, 20, 32, 48, 60, 4, 52, 12, 0, 40, 8,
  24, 16, 28, 44, 60, 20, 0, 4, 36, 32, 24, 56, 40, 8, 48, 12, 16, 28, 52,
]);
