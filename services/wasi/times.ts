// fd_filestat_set_times, and what its flags and path_filestat_set_times's may say.
import { descriptor, descriptor_with, KIND_STREAM } from "./descriptors";
import { ERRNO_INVAL, ERRNO_NOTSUP, ERRNO_SUCCESS } from "./errno";
import {
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  FSTFLAGS_ALL,
  RIGHT_FD_FILESTAT_SET_TIMES,
} from "./types";
import { volume_times } from "./volume";

export function fd_filestat_set_times(fd: u32, accessed_ns: u64, modified_ns: u64, flags: u32): u32 {
  const error = descriptor_with(fd, RIGHT_FD_FILESTAT_SET_TIMES);
  if (error != ERRNO_SUCCESS) return error;
  if (!time_flags_are_sound(flags)) return ERRNO_INVAL;
  if (descriptor.kind == KIND_STREAM) return ERRNO_NOTSUP;
  return volume_times(descriptor.volume, descriptor.node, flags, accessed_ns, modified_ns);
}

/** "Set it" and "set it to now" exclude each other, for both times. */
export function time_flags_are_sound(flags: u32): bool {
  if ((flags & ~FSTFLAGS_ALL) != 0) return false;
  const access = FSTFLAG_ATIM | FSTFLAG_ATIM_NOW;
  const modification = FSTFLAG_MTIM | FSTFLAG_MTIM_NOW;
  return (flags & access) != access && (flags & modification) != modification;
}
