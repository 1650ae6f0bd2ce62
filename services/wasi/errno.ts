// Error numbers of WASI preview 1 that the companion answers (the specification's `errno`; wasi_unstable has the same).
// Every function of the personality answers one of these; none traps.

export const ERRNO_SUCCESS: u32 = 0;
export const ERRNO_BADF: u32 = 8;
export const ERRNO_EXIST: u32 = 20;
export const ERRNO_FAULT: u32 = 21;
export const ERRNO_ILSEQ: u32 = 25;
export const ERRNO_INTR: u32 = 27;
export const ERRNO_INVAL: u32 = 28;
export const ERRNO_IO: u32 = 29;
export const ERRNO_AGAIN: u32 = 6;
export const ERRNO_ISDIR: u32 = 31;
export const ERRNO_LOOP: u32 = 32;
export const ERRNO_MFILE: u32 = 33;
export const ERRNO_NAMETOOLONG: u32 = 37;
export const ERRNO_NOENT: u32 = 44;
export const ERRNO_NOSYS: u32 = 52;
export const ERRNO_NOTDIR: u32 = 54;
export const ERRNO_NOTSOCK: u32 = 57;
export const ERRNO_NOTSUP: u32 = 58;
export const ERRNO_ROFS: u32 = 69;
export const ERRNO_SPIPE: u32 = 70;
export const ERRNO_NOTCAPABLE: u32 = 76;
