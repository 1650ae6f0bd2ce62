// Where things lie in the windows of init and of the units it starts (linear indices from 2 GiB up).
//
//   0x8000_0000  start-up page                      0x8800_0000  the boot parameters
//   0x8008_0000  own buffers, as a client           0x8C00_0000  launch block (companions)
//   0x8010_0000  clients' buffers (lib/buffer.ts)   0x9000_0000  packed directories (companions)
//   0x8200_0000  init: start-up pages of units      0xA000_0000  framebuffer
//   0x8300_0000  init: a launch block being written 0xC000_0000  a program's memory (companions)
//   0x8A00_0000  state that goes over to a successor (lib/replace.ts)
//   0x8B00_0000  what outlives a service's instances

/** Buffers of a client's connections, in the order of its calls, CLIENT_BUFFER_STRIDE apart: at most eight. */
export const CLIENT_BUFFERS: u64 = 0x8008_0000;
export const CLIENT_BUFFER_STRIDE: u64 = 0x1_0000;
export const CLIENT_BUFFER_MAX: u32 = 8;
export const UNIT_PAGES: u64 = 0x8200_0000;
export const LAUNCH_SCRATCH: u64 = 0x8300_0000;
/** A scheduler's ring. */
export const RING: u64 = 0x8700_0000;
export const HANDED_REGION: u64 = 0x8800_0000;
export const KEPT: u64 = 0x8b00_0000;
export const LAUNCH_BLOCK: u64 = 0x8c00_0000;
export const DIRECTORIES: u64 = 0x9000_0000;
export const FRAMEBUFFER: u64 = 0xa000_0000;
