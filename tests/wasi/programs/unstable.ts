// A program of the older interface, wasi_unstable: what differs from preview 1 is the order of whence and the layout of filestat.

// @ts-ignore: decorator
@external("wasi_unstable", "fd_write")
declare function fd_write(fd: u32, vectors: usize, count: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_unstable", "fd_seek")
declare function fd_seek(fd: u32, offset: i64, whence: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_unstable", "fd_filestat_get")
declare function fd_filestat_get(fd: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_unstable", "path_filestat_get")
declare function path_filestat_get(fd: u32, lookup: u32, path: usize, length: u32, result: usize): i32;
// @ts-ignore: decorator
@external("wasi_unstable", "path_open")
declare function path_open(
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
@external("wasi_unstable", "proc_exit")
declare function proc_exit(status: i32): void;

const RESULT: usize = memory.data(64, 16);
const VECTOR: usize = memory.data(8, 8);
const LINE: usize = memory.data(256, 8);
const NAME: usize = memory.data<u8>([0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x2e, 0x74, 0x78, 0x74]);
const CURRENT: u32 = 0;
const END: u32 = 1;
const SET: u32 = 2;

function print(text: string): void {
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, LINE);
  store<u8>(LINE + text.length, 0x0a);
  store<u32>(VECTOR, <u32>LINE);
  store<u32>(VECTOR, text.length + 1, 4);
  fd_write(1, VECTOR, 1, RESULT);
}

function seek(name: string, offset: i64, whence: u32): void {
  const error = fd_seek(4, offset, whence, RESULT);
  const position = load<u64>(RESULT);
  print(name + ": errno " + error.toString() + " at " + position.toString());
}

export function _start(): void {
  print(
    "path_open: " + path_open(3, 0, NAME, 9, 0, (1 << 1) | (1 << 2) | (1 << 5) | (1 << 21), 0, 0, RESULT).toString(),
  );
  seek("set", 3, SET);
  seek("current", 2, CURRENT);
  seek("end", -1, END);
  print("fd_filestat_get: " + fd_filestat_get(4, RESULT).toString());
  print(
    "type " +
      load<u8>(RESULT + 16).toString() +
      ", links " +
      load<u32>(RESULT + 20).toString() +
      ", size " +
      load<u64>(RESULT + 24).toString(),
  );
  print("path_filestat_get: " + path_filestat_get(3, 0, NAME, 9, RESULT).toString());
  print(
    "type " +
      load<u8>(RESULT + 16).toString() +
      ", links " +
      load<u32>(RESULT + 20).toString() +
      ", size " +
      load<u64>(RESULT + 24).toString(),
  );
  proc_exit(42);
}
