// Where things lie on the disk and in its superblock: docs/vdfs-format.md draws it. Called by superblock.ts, space.ts and format.ts.
//
//   page 0, 1                   superblocks of even and of odd sequence numbers
//   2 … 2 + log pages           the log
//   then                        the space map, each part of it twice, and its table twice
//   … pages - 2                 everything else: tree nodes and contents
//   pages - 2, pages - 1        copies of the two superblocks

export const MAGIC: u64 = 0x3153_4644_5669_6850; // "PhiVDFS1"
export const VERSION: u32 = 2;
export const LOG_PAGE: u32 = 2;
export const DISK_PAGES_MIN: u64 = 128;
/** 64 GiB: what the map of the space in memory is made for. */
export const DISK_PAGES_MAX: u64 = 1 << 24;
export const LOG_PAGES_MIN: u32 = 16;
export const LOG_PAGES_MAX: u32 = 1024;

export const SUPER_BYTES: u32 = 512;
export const SUPER_MAGIC: usize = 0;
export const SUPER_VERSION: usize = 8;
export const SUPER_LOG_PAGES: usize = 12;
export const SUPER_PAGES: usize = 16;
export const SUPER_SEQUENCE: usize = 24;
export const SUPER_UUID: usize = 32;
export const SUPER_NEXT_INODE: usize = 48;
export const SUPER_NEXT_SNAPSHOT: usize = 56;
/** Three roots of 32 bytes: files, contents, records. */
export const SUPER_ROOTS: usize = 64;
/** Check of the space map's table. */
export const SUPER_SPACE: usize = 160;
/** Sequence number u32 and number u32 of the newest snapshot; 0: there is none. */
export const SUPER_SNAPSHOT: usize = 192;
export const SUPER_CHECK: usize = 480;

/** A root, and what a parent knows of a child: page u32 (0: none), birth u32, level u32, 0 u32, check of 16 bytes. */
export const ROOT_BYTES: u32 = 32;
export const ROOT_PAGE: usize = 0;
export const ROOT_BIRTH: usize = 4;
export const ROOT_LEVEL: usize = 8;
export const ROOT_CHECK: usize = 16;

export const CHECK_BYTES: u32 = 16;

/** Sequence numbers are births in 32 bits; the store turns read-only before they wrap. */
export const SEQUENCE_MAX: u64 = 0xffff_fff0;
