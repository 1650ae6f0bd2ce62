// Error numbers of WASI preview 1 that the companion answers (the specification's `errno`; wasi_unstable has the same), and
// which of them stands for an error of ΦOS. Every function of the personality answers one of these; none traps.
import {
  E_ABSENT,
  E_ARGUMENT,
  E_BUDGET,
  E_CANCELLED,
  E_CROSSES,
  E_DENIED,
  E_EXISTS,
  E_FULL,
  E_HANDLE,
  E_IS_DIRECTORY,
  E_LINKS,
  E_LOOP,
  E_METHOD,
  E_NAME_TOO_LONG,
  E_NOT_DIRECTORY,
  E_NOT_EMPTY,
  E_NOT_FOUND,
  E_NO_MEMORY,
  E_NO_SPACE,
  E_QUOTA,
  E_READ_ONLY,
  E_RIGHTS,
  E_TOO_LARGE,
} from "../lib/errors";

export const ERRNO_SUCCESS: u32 = 0;
export const ERRNO_ACCES: u32 = 2;
export const ERRNO_AGAIN: u32 = 6;
export const ERRNO_BADF: u32 = 8;
export const ERRNO_BUSY: u32 = 10;
export const ERRNO_DQUOT: u32 = 19;
export const ERRNO_EXIST: u32 = 20;
export const ERRNO_FAULT: u32 = 21;
export const ERRNO_FBIG: u32 = 22;
export const ERRNO_ILSEQ: u32 = 25;
export const ERRNO_INTR: u32 = 27;
export const ERRNO_INVAL: u32 = 28;
export const ERRNO_IO: u32 = 29;
export const ERRNO_ISDIR: u32 = 31;
export const ERRNO_LOOP: u32 = 32;
export const ERRNO_MFILE: u32 = 33;
export const ERRNO_MLINK: u32 = 34;
export const ERRNO_NAMETOOLONG: u32 = 37;
export const ERRNO_NFILE: u32 = 41;
export const ERRNO_NODEV: u32 = 43;
export const ERRNO_NOENT: u32 = 44;
export const ERRNO_NOMEM: u32 = 48;
export const ERRNO_NOSPC: u32 = 51;
export const ERRNO_NOSYS: u32 = 52;
export const ERRNO_NOTDIR: u32 = 54;
export const ERRNO_NOTEMPTY: u32 = 55;
export const ERRNO_NOTSOCK: u32 = 57;
export const ERRNO_NOTSUP: u32 = 58;
export const ERRNO_PERM: u32 = 63;
export const ERRNO_ROFS: u32 = 69;
export const ERRNO_SPIPE: u32 = 70;
export const ERRNO_STALE: u32 = 72;
export const ERRNO_XDEV: u32 = 75;
export const ERRNO_NOTCAPABLE: u32 = 76;

/** The errno for what a server of files answered (an E_ number); `io` for all that no program can do anything about. */
export function errno_of(error: i64): u32 {
  if (error == E_NOT_FOUND) return ERRNO_NOENT;
  if (error == E_EXISTS) return ERRNO_EXIST;
  if (error == E_NOT_DIRECTORY) return ERRNO_NOTDIR;
  if (error == E_IS_DIRECTORY) return ERRNO_ISDIR;
  if (error == E_NOT_EMPTY) return ERRNO_NOTEMPTY;
  if (error == E_NAME_TOO_LONG) return ERRNO_NAMETOOLONG;
  if (error == E_READ_ONLY) return ERRNO_ROFS;
  if (error == E_NO_SPACE) return ERRNO_NOSPC;
  if (error == E_QUOTA) return ERRNO_DQUOT;
  if (error == E_TOO_LARGE) return ERRNO_FBIG;
  if (error == E_LINKS) return ERRNO_MLINK;
  if (error == E_CROSSES) return ERRNO_XDEV;
  if (error == E_ARGUMENT || error == E_LOOP) return ERRNO_INVAL;
  if (error == E_RIGHTS || error == E_DENIED) return ERRNO_ACCES;
  if (error == E_FULL) return ERRNO_NFILE;
  if (error == E_BUDGET || error == E_NO_MEMORY) return ERRNO_NOMEM;
  if (error == E_CANCELLED) return ERRNO_INTR;
  if (error == E_METHOD) return ERRNO_NOTSUP;
  if (error == E_ABSENT) return ERRNO_NODEV;
  // The server was started anew and knows nothing of the node.
  return error == E_HANDLE ? ERRNO_STALE : ERRNO_IO;
}
