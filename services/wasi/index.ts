// WASI preview 1 as a personality: the companion of one foreign program (docs/wasi.md). init starts it before the program;
// every import of the program arrives in `call` with its arguments packed as docs/abi.md, section 1, says.
// Invariant: whatever the arguments, a call returns an errno; this instance does not trap.
import { begin_line, end_line, set_log_sink } from "../lib/log";
import { METHOD_PING } from "../lib/buffer";
import { exit } from "../lib/phi";
import { clock_res_get, clock_time_get } from "./clocks";
import { descriptor_find } from "./descriptors";
import { ERRNO_NOSYS, ERRNO_NOTSOCK, ERRNO_SUCCESS } from "./errno";
import { files_sync_everything } from "./files";
import * as io from "./io";
import { LIST_ARGUMENTS, LIST_VARIABLES, list_get, list_sizes_get } from "./launch";
import * as methods from "./methods";
import { describe_open, open, OPEN_OK } from "./open";
import { path_open } from "./opening";
import * as paths from "./paths";
import { poll_oneoff } from "./poll";
import { proc_raise } from "./process";
import { random_get } from "./random";
import { fd_readdir } from "./readdir";
import * as status from "./status";
import { stream_complain, stream_log } from "./streams";
import { fd_filestat_set_times } from "./times";
import { RIGHT_FD_DATASYNC, RIGHT_FD_SYNC } from "./types";

export function start(): void {
  set_log_sink(stream_log);
  const failure = open();
  if (failure == OPEN_OK) return;
  set_log_sink(stream_complain);
  begin_line("wasi").string(describe_open(failure));
  end_line();
  exit(failure);
}

// @ts-ignore: decorator
@inline
function high(word: u64): u32 {
  return <u32>(word >> 32);
}

/** The arguments: a, b are the halves of w0, c, d of w1, e, f of w2, and so on. */
export function call(_badge: u64, method: u64, w0: u64, w1: u64, w2: u64, w3: u64, w4: u64, w5: u64): i64 {
  if (method == METHOD_PING) return 0;
  if (method > <u64>methods.METHOD_PROGRAM_ENDED) return ERRNO_NOSYS;
  const a = <u32>w0;
  const b = high(w0);
  const c = <u32>w1;
  const d = high(w1);
  const e = <u32>w2;
  const f = high(w2);
  switch (<u32>method) {
    case methods.METHOD_FD_WRITE:
      return io.fd_write(a, b, c, d);
    case methods.METHOD_FD_READ:
      return io.fd_read(a, b, c, d);
    case methods.METHOD_FD_PREAD:
      return io.fd_pread(a, b, c, w2, d);
    case methods.METHOD_FD_PWRITE:
      return io.fd_pwrite(a, b, c, w2, d);
    case methods.METHOD_FD_SEEK:
      return io.fd_seek(a, <i64>w1, b, e);
    case methods.METHOD_UNSTABLE_FD_SEEK:
      return io.fd_seek(a, <i64>w1, io.unstable_whence(b), e);
    case methods.METHOD_FD_TELL:
      return io.fd_tell(a, b);
    case methods.METHOD_CLOCK_TIME_GET:
      return clock_time_get(a, b);
    case methods.METHOD_CLOCK_RES_GET:
      return clock_res_get(a, b);
    case methods.METHOD_POLL_ONEOFF:
      return poll_oneoff(a, b, c, d, false);
    case methods.METHOD_UNSTABLE_POLL_ONEOFF:
      return poll_oneoff(a, b, c, d, true);
    case methods.METHOD_RANDOM_GET:
      return random_get(a, b);
    case methods.METHOD_ARGS_GET:
      return list_get(LIST_ARGUMENTS, a, b, methods.METHOD_ARGS_GET);
    case methods.METHOD_ARGS_SIZES_GET:
      return list_sizes_get(LIST_ARGUMENTS, a, b);
    case methods.METHOD_ENVIRON_GET:
      return list_get(LIST_VARIABLES, a, b, methods.METHOD_ENVIRON_GET);
    case methods.METHOD_ENVIRON_SIZES_GET:
      return list_sizes_get(LIST_VARIABLES, a, b);
    case methods.METHOD_FD_CLOSE:
      return status.fd_close(a);
    case methods.METHOD_FD_RENUMBER:
      return status.fd_renumber(a, b);
    case methods.METHOD_FD_SYNC:
      return status.fd_sync(a, RIGHT_FD_SYNC);
    case methods.METHOD_FD_DATASYNC:
      return status.fd_sync(a, RIGHT_FD_DATASYNC);
    case methods.METHOD_FD_FDSTAT_GET:
      return status.fd_fdstat_get(a, b);
    case methods.METHOD_FD_FDSTAT_SET_FLAGS:
      return status.fd_fdstat_set_flags(a, b);
    case methods.METHOD_FD_FDSTAT_SET_RIGHTS:
      return status.fd_fdstat_set_rights(a, w1, w2);
    case methods.METHOD_FD_FILESTAT_GET:
      return status.fd_filestat_get(a, b, false);
    case methods.METHOD_UNSTABLE_FD_FILESTAT_GET:
      return status.fd_filestat_get(a, b, true);
    case methods.METHOD_FD_FILESTAT_SET_SIZE:
      return status.fd_filestat_set_size(a, w1);
    case methods.METHOD_FD_FILESTAT_SET_TIMES:
      return fd_filestat_set_times(a, w1, w2, b);
    case methods.METHOD_FD_PRESTAT_GET:
      return status.fd_prestat_get(a, b);
    case methods.METHOD_FD_PRESTAT_DIR_NAME:
      return status.fd_prestat_dir_name(a, b, c);
    case methods.METHOD_FD_ADVISE:
      return status.fd_advise(a, <i64>w1, <i64>w2, b);
    case methods.METHOD_FD_ALLOCATE:
      return status.fd_allocate(a, w1, w2);
    case methods.METHOD_FD_READDIR:
      return fd_readdir(a, b, c, w2, d);
    case methods.METHOD_PATH_OPEN:
      return path_open(a, b, c, d, e, w3, w4, f, <u32>w5);
    case methods.METHOD_PATH_FILESTAT_GET:
      return status.path_filestat_get(a, b, c, d, e, false);
    case methods.METHOD_UNSTABLE_PATH_FILESTAT_GET:
      return status.path_filestat_get(a, b, c, d, e, true);
    case methods.METHOD_PATH_FILESTAT_SET_TIMES:
      return paths.path_filestat_set_times(a, b, c, d, w2, w3, <u32>w4);
    case methods.METHOD_PATH_READLINK:
      return paths.path_readlink(a, b, c, d, e, f);
    case methods.METHOD_PATH_CREATE_DIRECTORY:
      return paths.path_create_directory(a, b, c);
    case methods.METHOD_PATH_REMOVE_DIRECTORY:
      return paths.path_remove_directory(a, b, c);
    case methods.METHOD_PATH_UNLINK_FILE:
      return paths.path_unlink_file(a, b, c);
    case methods.METHOD_PATH_SYMLINK:
      return paths.path_symlink(a, b, c, d, e);
    case methods.METHOD_PATH_LINK:
      return paths.path_link(a, b, c, d, e, f, <u32>w3);
    case methods.METHOD_PATH_RENAME:
      return paths.path_rename(a, b, c, d, e, f);
    case methods.METHOD_PROGRAM_ENDED:
      return files_sync_everything();
    case methods.METHOD_PROC_RAISE:
      return proc_raise(a);
    case methods.METHOD_SOCK_ACCEPT:
    case methods.METHOD_SOCK_RECV:
    case methods.METHOD_SOCK_SEND:
    case methods.METHOD_SOCK_SHUTDOWN:
      return not_a_socket(a);
    default:
      return ERRNO_NOSYS;
  }
}

/** No descriptor is a socket: `badf` for one that is not open, `notsock` for any other. */
function not_a_socket(fd: u32): u32 {
  const error = descriptor_find(fd);
  return error == ERRNO_SUCCESS ? ERRNO_NOTSOCK : error;
}
