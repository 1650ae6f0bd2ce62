// Flags, rights and enumerations of WASI preview 1, numbered by the specification.

export const FILETYPE_UNKNOWN: u32 = 0;
export const FILETYPE_CHARACTER_DEVICE: u32 = 2;
export const FILETYPE_DIRECTORY: u32 = 3;
export const FILETYPE_REGULAR_FILE: u32 = 4;
export const FILETYPE_SYMBOLIC_LINK: u32 = 7;

export const RIGHT_FD_DATASYNC: u64 = 1 << 0;
export const RIGHT_FD_READ: u64 = 1 << 1;
export const RIGHT_FD_SEEK: u64 = 1 << 2;
export const RIGHT_FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
export const RIGHT_FD_SYNC: u64 = 1 << 4;
export const RIGHT_FD_TELL: u64 = 1 << 5;
export const RIGHT_FD_WRITE: u64 = 1 << 6;
export const RIGHT_FD_ADVISE: u64 = 1 << 7;
export const RIGHT_FD_ALLOCATE: u64 = 1 << 8;
export const RIGHT_PATH_CREATE_DIRECTORY: u64 = 1 << 9;
export const RIGHT_PATH_CREATE_FILE: u64 = 1 << 10;
export const RIGHT_PATH_LINK_SOURCE: u64 = 1 << 11;
export const RIGHT_PATH_LINK_TARGET: u64 = 1 << 12;
export const RIGHT_PATH_OPEN: u64 = 1 << 13;
export const RIGHT_FD_READDIR: u64 = 1 << 14;
export const RIGHT_PATH_READLINK: u64 = 1 << 15;
export const RIGHT_PATH_RENAME_SOURCE: u64 = 1 << 16;
export const RIGHT_PATH_RENAME_TARGET: u64 = 1 << 17;
export const RIGHT_PATH_FILESTAT_GET: u64 = 1 << 18;
export const RIGHT_PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
export const RIGHT_PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
export const RIGHT_FD_FILESTAT_GET: u64 = 1 << 21;
export const RIGHT_FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
export const RIGHT_FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
export const RIGHT_PATH_SYMLINK: u64 = 1 << 24;
export const RIGHT_PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
export const RIGHT_PATH_UNLINK_FILE: u64 = 1 << 26;
export const RIGHT_POLL_FD_READWRITE: u64 = 1 << 27;

/** Every right that preview 1 defines; other bits of a request are ignored. */
export const RIGHTS_ALL: u64 = (1 << 30) - 1;

/** What makes sense on a regular file. */
export const RIGHTS_FILE: u64 =
  RIGHT_FD_DATASYNC |
  RIGHT_FD_READ |
  RIGHT_FD_SEEK |
  RIGHT_FD_FDSTAT_SET_FLAGS |
  RIGHT_FD_SYNC |
  RIGHT_FD_TELL |
  RIGHT_FD_WRITE |
  RIGHT_FD_ADVISE |
  RIGHT_FD_ALLOCATE |
  RIGHT_FD_FILESTAT_GET |
  RIGHT_FD_FILESTAT_SET_SIZE |
  RIGHT_FD_FILESTAT_SET_TIMES |
  RIGHT_POLL_FD_READWRITE;

/** What makes sense on a directory. */
export const RIGHTS_DIRECTORY: u64 =
  RIGHT_FD_FDSTAT_SET_FLAGS |
  RIGHT_FD_SYNC |
  RIGHT_PATH_CREATE_DIRECTORY |
  RIGHT_PATH_CREATE_FILE |
  RIGHT_PATH_LINK_SOURCE |
  RIGHT_PATH_LINK_TARGET |
  RIGHT_PATH_OPEN |
  RIGHT_FD_READDIR |
  RIGHT_PATH_READLINK |
  RIGHT_PATH_RENAME_SOURCE |
  RIGHT_PATH_RENAME_TARGET |
  RIGHT_PATH_FILESTAT_GET |
  RIGHT_PATH_FILESTAT_SET_SIZE |
  RIGHT_PATH_FILESTAT_SET_TIMES |
  RIGHT_FD_FILESTAT_GET |
  RIGHT_FD_FILESTAT_SET_TIMES |
  RIGHT_PATH_SYMLINK |
  RIGHT_PATH_REMOVE_DIRECTORY |
  RIGHT_PATH_UNLINK_FILE |
  RIGHT_POLL_FD_READWRITE;

/** Input and output streams; each gets READ or WRITE besides. */
export const RIGHTS_STREAM: u64 =
  RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_SYNC | RIGHT_FD_DATASYNC | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE;

export const FDFLAG_APPEND: u32 = 1;
export const FDFLAG_DSYNC: u32 = 2;
export const FDFLAG_NONBLOCK: u32 = 4;
export const FDFLAG_SYNC: u32 = 16;
export const FDFLAGS_ALL: u32 = 31;

export const OFLAG_CREAT: u32 = 1;
export const OFLAG_DIRECTORY: u32 = 2;
export const OFLAG_EXCL: u32 = 4;
export const OFLAG_TRUNC: u32 = 8;
export const OFLAGS_ALL: u32 = 15;

export const LOOKUP_SYMLINK_FOLLOW: u32 = 1;

export const WHENCE_SET: u32 = 0;
export const WHENCE_CUR: u32 = 1;
export const WHENCE_END: u32 = 2;

export const ADVICE_LAST: u32 = 5;

export const FSTFLAG_ATIM: u32 = 1;
export const FSTFLAG_ATIM_NOW: u32 = 2;
export const FSTFLAG_MTIM: u32 = 4;
export const FSTFLAG_MTIM_NOW: u32 = 8;
export const FSTFLAGS_ALL: u32 = 15;

export const CLOCK_REALTIME: u32 = 0;
export const CLOCK_MONOTONIC: u32 = 1;
export const CLOCK_PROCESS_CPUTIME: u32 = 2;
export const CLOCK_THREAD_CPUTIME: u32 = 3;

export const EVENT_CLOCK: u32 = 0;
export const EVENT_FD_READ: u32 = 1;
export const EVENT_FD_WRITE: u32 = 2;
export const SUBSCRIPTION_ABSTIME: u32 = 1;

export const SIGNAL_NONE: u32 = 0;
export const SIGNAL_CHLD: u32 = 16;
export const SIGNAL_CONT: u32 = 17;
export const SIGNAL_URG: u32 = 22;
export const SIGNAL_WINCH: u32 = 27;
export const SIGNAL_LAST: u32 = 30;
