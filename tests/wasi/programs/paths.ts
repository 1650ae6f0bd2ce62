// Opens, stats, reads and lists every path of the tree that tests/wasi/tree.ts makes, and many that are not in it.
// Prints the errno of each call and what it found; nothing that depends on the host (times, inodes).
import {
  fd_close,
  fd_fdstat_get,
  fd_filestat_get,
  fd_prestat_dir_name,
  fd_prestat_get,
  fd_pread,
  fd_read,
  fd_readdir,
  fd_seek,
  fd_tell,
  path,
  path_filestat_get,
  path_length,
  path_open,
  path_readlink,
  print,
  RESULT,
  vector,
} from "./wasi";

const BUFFER: usize = memory.data(8192, 16);
const READ_RIGHTS: u64 = (1 << 1) | (1 << 2) | (1 << 5) | (1 << 21);
const DIRECTORY_RIGHTS: u64 = (1 << 13) | (1 << 14) | (1 << 15) | (1 << 18) | (1 << 21);
const OFLAG_DIRECTORY: u32 = 2;
const ROOT: u32 = 3;

function open(fd: u32, name: string, lookup: u32, oflags: u32, rights: u64): i32 {
  const at = path(name);
  return path_open(fd, lookup, at, path_length, oflags, rights, READ_RIGHTS, 0, RESULT);
}

function describe_open(name: string): void {
  let line = name + ": nofollow " + open(ROOT, name, 0, 0, READ_RIGHTS).toString();
  const error = open(ROOT, name, 1, 0, READ_RIGHTS);
  line += ", follow " + error.toString();
  if (error == 0) {
    const fd = load<u32>(RESULT);
    fd_filestat_get(fd, BUFFER);
    const type = load<u8>(BUFFER + 16);
    line += ", type " + type.toString();
    if (type == 4) {
      line += ", size " + load<u64>(BUFFER + 32).toString();
      line += ", read " + fd_read(fd, vector(BUFFER, 100), 1, RESULT).toString();
      line += " [" + String.UTF8.decodeUnsafe(BUFFER, load<u32>(RESULT)) + "]";
    }
    fd_close(fd);
  }
  line += ", as directory " + open(ROOT, name, 1, OFLAG_DIRECTORY, DIRECTORY_RIGHTS).toString();
  print(line);
}

function describe_stat(name: string): void {
  let line = name + ":";
  for (let lookup: u32 = 0; lookup < 2; lookup++) {
    const at = path(name);
    const error = path_filestat_get(ROOT, lookup, at, path_length, BUFFER);
    line += " stat " + error.toString();
    if (error == 0) line += " type " + load<u8>(BUFFER + 16).toString();
  }
  const at = path(name);
  const error = path_readlink(ROOT, at, path_length, BUFFER, 200, RESULT);
  line += ", readlink " + error.toString();
  if (error == 0) line += " [" + String.UTF8.decodeUnsafe(BUFFER, load<u32>(RESULT)) + "]";
  print(line);
}

/** Names in the order of their bytes: hosts list them in any order. */
function list(name: string, size: u32): void {
  let error = open(ROOT, name, 1, OFLAG_DIRECTORY, DIRECTORY_RIGHTS);
  if (error != 0) {
    print("list " + name + ": errno " + error.toString());
    return;
  }
  const fd = load<u32>(RESULT);
  const names: string[] = [];
  let cookie: u64 = 0;
  while (true) {
    error = fd_readdir(fd, BUFFER, size, cookie, RESULT);
    if (error != 0) break;
    const used = load<u32>(RESULT);
    let at: u32 = 0;
    while (at + 24 <= used) {
      const length = load<u32>(BUFFER + at + 16);
      if (at + 24 + length > used) break;
      cookie = load<u64>(BUFFER + at);
      names.push(String.UTF8.decodeUnsafe(BUFFER + at + 24, length) + "/" + load<u8>(BUFFER + at + 20).toString());
      at += 24 + length;
    }
    if (used < size) break;
  }
  fd_close(fd);
  names.sort();
  print("list " + name + " by " + size.toString() + ": errno " + error.toString() + " " + names.join(" "));
}

function seek(): void {
  open(ROOT, "hello.txt", 0, 0, READ_RIGHTS);
  const fd = load<u32>(RESULT);
  let line = "seek:";
  const steps: i64[] = [4, 3, -1, 100, -1, -200, 2];
  const whence: u32[] = [0, 1, 2, 0, 0, 1, 7];
  for (let i = 0; i < steps.length; i++) {
    store<u64>(RESULT, 0);
    line += " " + fd_seek(fd, steps[i], whence[i], RESULT).toString() + "@" + load<u64>(RESULT).toString();
  }
  line += " tell " + fd_tell(fd, RESULT).toString() + "@" + load<u64>(RESULT).toString();
  print(line);
  line = "pread: " + fd_pread(fd, vector(BUFFER, 5), 1, 7, RESULT).toString();
  line += " [" + String.UTF8.decodeUnsafe(BUFFER, load<u32>(RESULT)) + "]";
  fd_pread(fd, vector(BUFFER, 5), 1, 1000, RESULT);
  line += ", past the end " + load<u32>(RESULT).toString();
  fd_fdstat_get(fd, BUFFER);
  line += ", type " + load<u8>(BUFFER).toString() + ", rights " + load<u64>(BUFFER + 8).toString();
  print(line);
  fd_close(fd);
}

export function _start(): void {
  print("prestat: " + fd_prestat_get(ROOT, RESULT).toString());
  const length = load<u32>(RESULT + 4);
  print("dir_name: " + fd_prestat_dir_name(ROOT, BUFFER, length).toString());
  print("name: " + String.UTF8.decodeUnsafe(BUFFER, length));
  const names = [
    "hello.txt",
    "empty",
    "sub",
    "sub/",
    "sub//inner",
    ".",
    "./sub/.",
    "sub/..",
    "sub/../hello.txt",
    "sub/deep/leaf",
    "größe",
    "",
    "nowhere",
    "nowhere/x",
    "nowhere/",
    "hello.txt/",
    "hello.txt/x",
    "..",
    "sub/../..",
    "sub/../../x",
    "to-file",
    "to-sub",
    "to-sub/inner",
    "to-sub/",
    "dangling",
    "self-loop",
    "loop-a",
    "sub/up",
    "sub/out",
  ];
  for (let i = 0; i < names.length; i++) describe_open(names[i]);
  for (let i = 0; i < names.length; i++) describe_stat(names[i]);
  list(".", 8192);
  list(".", 60);
  list("sub", 8192);
  list("sub/deep", 40);
  list("hello.txt", 100);
  seek();
}
