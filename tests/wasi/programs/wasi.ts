// The functions of WASI preview 1 as an AssemblyScript program imports them, and a printer. Shared by the programs beside
// this file, which run on ΦOS, on the companion in Node and on node:wasi. Pointers are addresses, results are errnos.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get")
export declare function args_get(argv: usize, buffer: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function args_sizes_get(count: usize, bytes: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "environ_get")
export declare function environ_get(list: usize, buffer: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "environ_sizes_get")
export declare function environ_sizes_get(count: usize, bytes: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "clock_res_get")
export declare function clock_res_get(clock: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
export declare function clock_time_get(clock: u32, precision: u64, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_advise")
export declare function fd_advise(fd: u32, offset: u64, length: u64, advice: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_allocate")
export declare function fd_allocate(fd: u32, offset: u64, length: u64): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_close")
export declare function fd_close(fd: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_datasync")
export declare function fd_datasync(fd: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_fdstat_get")
export declare function fd_fdstat_get(fd: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_fdstat_set_flags")
export declare function fd_fdstat_set_flags(fd: u32, flags: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_fdstat_set_rights")
export declare function fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_filestat_get")
export declare function fd_filestat_get(fd: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_filestat_set_size")
export declare function fd_filestat_set_size(fd: u32, size: u64): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_filestat_set_times")
export declare function fd_filestat_set_times(fd: u32, access: u64, modification: u64, flags: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_pread")
export declare function fd_pread(fd: u32, vectors: usize, count: u32, offset: u64, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_get")
export declare function fd_prestat_get(fd: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_dir_name")
export declare function fd_prestat_dir_name(fd: u32, path: usize, length: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_pwrite")
export declare function fd_pwrite(fd: u32, vectors: usize, count: u32, offset: u64, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
export declare function fd_read(fd: u32, vectors: usize, count: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_readdir")
export declare function fd_readdir(fd: u32, buffer: usize, length: u32, cookie: u64, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_renumber")
export declare function fd_renumber(from: u32, to: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_seek")
export declare function fd_seek(fd: u32, offset: i64, whence: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_sync")
export declare function fd_sync(fd: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_tell")
export declare function fd_tell(fd: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
export declare function fd_write(fd: u32, vectors: usize, count: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_create_directory")
export declare function path_create_directory(fd: u32, path: usize, length: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_filestat_get")
export declare function path_filestat_get(fd: u32, lookup: u32, path: usize, length: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_filestat_set_times")
export declare function path_filestat_set_times(
  fd: u32,
  lookup: u32,
  path: usize,
  length: u32,
  access: u64,
  modification: u64,
  flags: u32,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_link")
export declare function path_link(
  old_fd: u32,
  lookup: u32,
  old_path: usize,
  old_length: u32,
  new_fd: u32,
  new_path: usize,
  new_length: u32,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_open")
export declare function path_open(
  fd: u32,
  lookup: u32,
  path: usize,
  length: u32,
  oflags: u32,
  base: u64,
  inheriting: u64,
  flags: u32,
  result: usize,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_readlink")
export declare function path_readlink(
  fd: u32,
  path: usize,
  length: u32,
  buffer: usize,
  buffer_length: u32,
  result: usize,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_remove_directory")
export declare function path_remove_directory(fd: u32, path: usize, length: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_rename")
export declare function path_rename(
  old_fd: u32,
  old_path: usize,
  old_length: u32,
  new_fd: u32,
  new_path: usize,
  new_length: u32,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_symlink")
export declare function path_symlink(target: usize, target_length: u32, fd: u32, path: usize, length: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_unlink_file")
export declare function path_unlink_file(fd: u32, path: usize, length: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "poll_oneoff")
export declare function poll_oneoff(subscriptions: usize, events: usize, count: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
export declare function proc_exit(status: i32): void;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_raise")
export declare function proc_raise(signal: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "random_get")
export declare function random_get(buffer: usize, length: u32): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sched_yield")
export declare function sched_yield(): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_accept")
export declare function sock_accept(fd: u32, flags: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_recv")
export declare function sock_recv(
  fd: u32,
  vectors: usize,
  count: u32,
  flags: u32,
  result: usize,
  result_flags: usize,
): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_send")
export declare function sock_send(fd: u32, vectors: usize, count: u32, flags: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "sock_shutdown")
export declare function sock_shutdown(fd: u32, how: u32): i32;

/** Room for one result of any function. */
export const RESULT: usize = memory.data(64, 16);
const VECTOR: usize = memory.data(8, 8);
const WRITTEN: usize = memory.data(4, 4);
const LINE: usize = memory.data(4096, 8);

/** One vector of `length` bytes at `data`; answers its address. */
export function vector(data: usize, length: u32): usize {
  store<u32>(VECTOR, <u32>data);
  store<u32>(VECTOR, length, 4);
  return VECTOR;
}

/** Writes a text to a descriptor. */
export function put(fd: u32, text: string): void {
  const length = <u32>String.UTF8.byteLength(text);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, LINE);
  fd_write(fd, vector(LINE, length), 1, WRITTEN);
}

/** Prints one line. */
export function print(text: string): void {
  put(1, text + "\n");
}

/** Prints a text, a space and a number as one line, and allocates nothing: for programs that use all of their memory. */
export function print_number(text: string, value: u32): void {
  let length = <u32>String.UTF8.byteLength(text);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, LINE);
  store<u8>(LINE + length++, 0x20);
  let scale: u32 = 1;
  while (value / scale >= 10) scale *= 10;
  for (; scale > 0; scale /= 10) store<u8>(LINE + length++, 0x30 + <u8>((value / scale) % 10));
  store<u8>(LINE + length++, 0x0a);
  fd_write(1, vector(LINE, length), 1, WRITTEN);
}

/** Bytes of a UTF-8 text at a static place, for the functions that take paths; its length is then `path_length`. */
export function path(text: string): usize {
  path_length = <u32>String.UTF8.byteLength(text);
  const at = PATHS + <usize>(next_path++ & 3) * 4200;
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at);
  return at;
}

export let path_length: u32 = 0;
let next_path: u32 = 0;
const PATHS: usize = memory.data(16800, 8);
