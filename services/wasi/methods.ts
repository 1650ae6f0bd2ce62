// Method numbers of the WASI personality: what the build writes into a program's thunks and the companion's
// dispatch switches on. Constants carry no type so that this file is both AssemblyScript and host TypeScript.
// Never renumbered. Functions of wasi_unstable that differ from preview 1 have numbers of their own.

export const METHOD_ARGS_GET = 1;
export const METHOD_ARGS_SIZES_GET = 2;
export const METHOD_ENVIRON_GET = 3;
export const METHOD_ENVIRON_SIZES_GET = 4;
export const METHOD_CLOCK_RES_GET = 5;
export const METHOD_CLOCK_TIME_GET = 6;
export const METHOD_FD_ADVISE = 7;
export const METHOD_FD_ALLOCATE = 8;
export const METHOD_FD_CLOSE = 9;
export const METHOD_FD_DATASYNC = 10;
export const METHOD_FD_FDSTAT_GET = 11;
export const METHOD_FD_FDSTAT_SET_FLAGS = 12;
export const METHOD_FD_FDSTAT_SET_RIGHTS = 13;
export const METHOD_FD_FILESTAT_GET = 14;
export const METHOD_FD_FILESTAT_SET_SIZE = 15;
export const METHOD_FD_FILESTAT_SET_TIMES = 16;
export const METHOD_FD_PREAD = 17;
export const METHOD_FD_PRESTAT_GET = 18;
export const METHOD_FD_PRESTAT_DIR_NAME = 19;
export const METHOD_FD_PWRITE = 20;
export const METHOD_FD_READ = 21;
export const METHOD_FD_READDIR = 22;
export const METHOD_FD_RENUMBER = 23;
export const METHOD_FD_SEEK = 24;
export const METHOD_FD_SYNC = 25;
export const METHOD_FD_TELL = 26;
export const METHOD_FD_WRITE = 27;
export const METHOD_PATH_CREATE_DIRECTORY = 28;
export const METHOD_PATH_FILESTAT_GET = 29;
export const METHOD_PATH_FILESTAT_SET_TIMES = 30;
export const METHOD_PATH_LINK = 31;
export const METHOD_PATH_OPEN = 32;
export const METHOD_PATH_READLINK = 33;
export const METHOD_PATH_REMOVE_DIRECTORY = 34;
export const METHOD_PATH_RENAME = 35;
export const METHOD_PATH_SYMLINK = 36;
export const METHOD_PATH_UNLINK_FILE = 37;
export const METHOD_POLL_ONEOFF = 38;
export const METHOD_PROC_RAISE = 39;
export const METHOD_RANDOM_GET = 40;
export const METHOD_SOCK_ACCEPT = 41;
export const METHOD_SOCK_RECV = 42;
export const METHOD_SOCK_SEND = 43;
export const METHOD_SOCK_SHUTDOWN = 44;

/** wasi_unstable: whence 0 is "current", 1 "end", 2 "set". */
export const METHOD_UNSTABLE_FD_SEEK = 45;
/** wasi_unstable: filestat has a 32-bit link count and is 56 bytes long. */
export const METHOD_UNSTABLE_FD_FILESTAT_GET = 46;
export const METHOD_UNSTABLE_PATH_FILESTAT_GET = 47;
/** wasi_unstable: a clock subscription starts with a 64-bit identifier: 56 bytes, not 48. */
export const METHOD_UNSTABLE_POLL_ONEOFF = 48;

/** init's: the program has ended by itself. What it changed is durable when this answers. */
export const METHOD_PROGRAM_ENDED = 49;
