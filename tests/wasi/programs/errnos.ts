// Calls every function of preview 1 with descriptors that are closed, of the wrong kind, and with pointers outside memory.
// Prints the errno of each; the test holds the specification's list.
import * as wasi from "./wasi";
import { path, path_length, print, RESULT, vector } from "./wasi";

const BUFFER: usize = memory.data(256, 16);
const OUTSIDE: usize = 0xffff_fff0;
const CLOSED: u32 = 99;
const DIRECTORY: u32 = 3;
const INPUT: u32 = 0;

function say(name: string, closed: i32, input: i32, directory: i32): void {
  print(name + ": closed " + closed.toString() + ", stdin " + input.toString() + ", directory " + directory.toString());
}

function descriptors(): void {
  const v = vector(BUFFER, 16);
  say("fd_advise", wasi.fd_advise(CLOSED, 0, 0, 0), wasi.fd_advise(INPUT, 0, 0, 0), wasi.fd_advise(DIRECTORY, 0, 0, 0));
  say("fd_allocate", wasi.fd_allocate(CLOSED, 0, 1), wasi.fd_allocate(INPUT, 0, 1), wasi.fd_allocate(DIRECTORY, 0, 1));
  say(
    "fd_pread",
    wasi.fd_pread(CLOSED, v, 1, 0, RESULT),
    wasi.fd_pread(INPUT, v, 1, 0, RESULT),
    wasi.fd_pread(DIRECTORY, v, 1, 0, RESULT),
  );
  say(
    "fd_pwrite",
    wasi.fd_pwrite(CLOSED, v, 1, 0, RESULT),
    wasi.fd_pwrite(INPUT, v, 1, 0, RESULT),
    wasi.fd_pwrite(DIRECTORY, v, 1, 0, RESULT),
  );
  say(
    "fd_seek",
    wasi.fd_seek(CLOSED, 0, 0, RESULT),
    wasi.fd_seek(INPUT, 0, 0, RESULT),
    wasi.fd_seek(DIRECTORY, 0, 0, RESULT),
  );
  say("fd_tell", wasi.fd_tell(CLOSED, RESULT), wasi.fd_tell(INPUT, RESULT), wasi.fd_tell(DIRECTORY, RESULT));
  say(
    "fd_readdir",
    wasi.fd_readdir(CLOSED, BUFFER, 64, 0, RESULT),
    wasi.fd_readdir(INPUT, BUFFER, 64, 0, RESULT),
    wasi.fd_readdir(DIRECTORY, BUFFER, 64, 0, RESULT),
  );
  say(
    "fd_write",
    wasi.fd_write(CLOSED, v, 1, RESULT),
    wasi.fd_write(INPUT, v, 0, RESULT),
    wasi.fd_write(DIRECTORY, v, 1, RESULT),
  );
  say(
    "fd_read",
    wasi.fd_read(CLOSED, v, 1, RESULT),
    wasi.fd_read(1, v, 0, RESULT),
    wasi.fd_read(DIRECTORY, v, 1, RESULT),
  );
  say("fd_sync", wasi.fd_sync(CLOSED), 0, wasi.fd_sync(DIRECTORY));
  say(
    "fd_fdstat_get",
    wasi.fd_fdstat_get(CLOSED, BUFFER),
    wasi.fd_fdstat_get(INPUT, BUFFER),
    wasi.fd_fdstat_get(DIRECTORY, BUFFER),
  );
  say(
    "fd_filestat_get",
    wasi.fd_filestat_get(CLOSED, BUFFER),
    wasi.fd_filestat_get(INPUT, BUFFER),
    wasi.fd_filestat_get(DIRECTORY, BUFFER),
  );
  say("fd_filestat_set_size", wasi.fd_filestat_set_size(CLOSED, 0), 0, wasi.fd_filestat_set_size(DIRECTORY, 0));
  say(
    "fd_prestat_get",
    wasi.fd_prestat_get(CLOSED, BUFFER),
    wasi.fd_prestat_get(INPUT, BUFFER),
    wasi.fd_prestat_get(DIRECTORY, BUFFER),
  );
  say(
    "fd_fdstat_set_rights",
    wasi.fd_fdstat_set_rights(CLOSED, 0, 0),
    wasi.fd_fdstat_set_rights(INPUT, u64.MAX_VALUE, 0),
    wasi.fd_fdstat_set_rights(DIRECTORY, u64.MAX_VALUE, 0),
  );
  say(
    "fd_renumber",
    wasi.fd_renumber(CLOSED, 1),
    wasi.fd_renumber(INPUT, CLOSED),
    wasi.fd_renumber(DIRECTORY, DIRECTORY),
  );
  say("fd_close", wasi.fd_close(CLOSED), 0, 0);
  say("sock_shutdown", wasi.sock_shutdown(CLOSED, 1), wasi.sock_shutdown(INPUT, 1), wasi.sock_shutdown(DIRECTORY, 1));
  say(
    "sock_recv",
    wasi.sock_recv(CLOSED, v, 1, 0, RESULT, RESULT + 8),
    wasi.sock_recv(INPUT, v, 1, 0, RESULT, RESULT + 8),
    wasi.sock_recv(DIRECTORY, v, 1, 0, RESULT, RESULT + 8),
  );
  say(
    "sock_send",
    wasi.sock_send(CLOSED, v, 1, 0, RESULT),
    wasi.sock_send(INPUT, v, 1, 0, RESULT),
    wasi.sock_send(DIRECTORY, v, 1, 0, RESULT),
  );
}

function paths(): void {
  const at = path("nowhere");
  const length = path_length;
  print("path_open: closed " + wasi.path_open(CLOSED, 0, at, length, 0, 0, 0, 0, RESULT).toString());
  print("path_open: stdin " + wasi.path_open(INPUT, 0, at, length, 0, 0, 0, 0, RESULT).toString());
  print("path_filestat_get: closed " + wasi.path_filestat_get(CLOSED, 0, at, length, BUFFER).toString());
  print("path_readlink: closed " + wasi.path_readlink(CLOSED, at, length, BUFFER, 10, RESULT).toString());
  print("path_create_directory: closed " + wasi.path_create_directory(CLOSED, at, length).toString());
  print("path_remove_directory: closed " + wasi.path_remove_directory(CLOSED, at, length).toString());
  print("path_unlink_file: closed " + wasi.path_unlink_file(CLOSED, at, length).toString());
  print("path_symlink: closed " + wasi.path_symlink(at, length, CLOSED, at, length).toString());
  print("path_rename: closed " + wasi.path_rename(CLOSED, at, length, CLOSED, at, length).toString());
  print("path_link: closed " + wasi.path_link(CLOSED, 0, at, length, CLOSED, at, length).toString());
  print("path_filestat_set_times: closed " + wasi.path_filestat_set_times(CLOSED, 0, at, length, 0, 0, 0).toString());
  print("path_remove_directory: nowhere " + wasi.path_remove_directory(DIRECTORY, at, length).toString());
  print("path_unlink_file: nowhere " + wasi.path_unlink_file(DIRECTORY, at, length).toString());
}

function processes(): void {
  print("clock_time_get: unknown clock " + wasi.clock_time_get(77, 0, RESULT).toString());
  print("clock_res_get: unknown clock " + wasi.clock_res_get(77, RESULT).toString());
  print("poll_oneoff: none " + wasi.poll_oneoff(BUFFER, BUFFER, 0, RESULT).toString());
  print("random_get: nothing " + wasi.random_get(BUFFER, 0).toString());
  print("sched_yield: " + wasi.sched_yield().toString());
}

/** Pointers outside: every function that takes one. */
function faults(): void {
  print("outside: fd_write data " + wasi.fd_write(1, vector(OUTSIDE, 16), 1, RESULT).toString());
  print("outside: fd_write vectors " + wasi.fd_write(1, OUTSIDE, 2, RESULT).toString());
  print("outside: fd_read data " + wasi.fd_read(INPUT, vector(OUTSIDE, 16), 1, RESULT).toString());
  print("outside: fd_fdstat_get " + wasi.fd_fdstat_get(1, OUTSIDE).toString());
  print("outside: fd_filestat_get " + wasi.fd_filestat_get(1, OUTSIDE).toString());
  print("outside: fd_prestat_get " + wasi.fd_prestat_get(DIRECTORY, 0xffff_fffc).toString());
  print("outside: fd_readdir " + wasi.fd_readdir(DIRECTORY, OUTSIDE, 64, 0, RESULT).toString());
  print("outside: path_open path " + wasi.path_open(DIRECTORY, 0, OUTSIDE, 64, 0, 0, 0, 0, RESULT).toString());
  print("outside: clock_time_get " + wasi.clock_time_get(1, 0, 0xffff_fffc).toString());
  print("outside: random_get " + wasi.random_get(OUTSIDE, 64).toString());
  print("outside: args_sizes_get " + wasi.args_sizes_get(0xffff_fffd, RESULT).toString());
  print("outside: poll_oneoff " + wasi.poll_oneoff(OUTSIDE, BUFFER, 1, RESULT).toString());
}

export function _start(): void {
  descriptors();
  paths();
  processes();
  faults();
}
