// Makes, changes, moves and removes what it was handed (directory 3, empty at first), and prints what each function answers: the cases of the
// WASI community's test suite for file systems, and more misuse. The same lines come from a store, from a directory of the host's, and
// from both over again: it leaves the directory empty.
import * as wasi from "./wasi";
import { path, path_length, print, RESULT, vector } from "./wasi";

const ROOT: u32 = 3;
const CREAT: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCL: u32 = 4;
const TRUNC: u32 = 8;
const APPEND: u32 = 1;
const SYNC: u32 = 16;
const READ: u64 = 1 << 1;
const SEEK: u64 = 1 << 2;
const TELL: u64 = 1 << 5;
const WRITE: u64 = 1 << 6;
const EVERYTHING: u64 = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7) | (1 << 8) | 1 | (1 << 21) | (1 << 22) | (1 << 23); // prettier-ignore
const STATUS: usize = memory.data(64, 16);
const BUFFER: usize = memory.data(4096, 16);

function say(what: string, answer: i32): void {
  print(what + ": " + answer.toString());
}

/** The descriptor, or minus the errno. */
function open(
  name: string,
  oflags: u32,
  rights: u64 = EVERYTHING,
  follow: u32 = 0,
  flags: u32 = 0,
  fd: u32 = ROOT,
): i32 {
  const at = path(name);
  const error = wasi.path_open(fd, follow, at, path_length, oflags, rights, 0, flags, RESULT);
  return error == 0 ? <i32>load<u32>(RESULT) : -error;
}

function try_open(name: string, oflags: u32, rights: u64 = EVERYTHING, follow: u32 = 0): void {
  const fd = open(name, oflags, rights, follow);
  say("open " + name + " flags " + oflags.toString() + " follow " + follow.toString(), fd < 0 ? -fd : 0);
  if (fd >= 0) wasi.fd_close(fd);
}

function make(name: string, content: string): void {
  const fd = open(name, CREAT | TRUNC);
  if (fd < 0) return say("cannot make " + name, -fd);
  write(fd, content);
  wasi.fd_close(fd);
}

function write(fd: i32, text: string): i32 {
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, BUFFER);
  const error = wasi.fd_write(fd, vector(BUFFER, text.length), 1, RESULT);
  return error == 0 ? <i32>load<u32>(RESULT) : -error;
}

function content(fd: i32, offset: u64): string {
  const error = wasi.fd_pread(fd, vector(BUFFER, 4096), 1, offset, RESULT);
  return error == 0 ? "'" + String.UTF8.decodeUnsafe(BUFFER, load<u32>(RESULT)) + "'" : "errno " + error.toString();
}

function mkdir(name: string): i32 {
  const at = path(name);
  return wasi.path_create_directory(ROOT, at, path_length);
}

function rmdir(name: string): i32 {
  const at = path(name);
  return wasi.path_remove_directory(ROOT, at, path_length);
}

function unlink(name: string): i32 {
  const at = path(name);
  return wasi.path_unlink_file(ROOT, at, path_length);
}

function symlink(target: string, name: string): i32 {
  const to = path(target);
  const length = path_length;
  const at = path(name);
  return wasi.path_symlink(to, length, ROOT, at, path_length);
}

function link(from: string, to: string, follow: u32 = 0): i32 {
  const old = path(from);
  const length = path_length;
  const at = path(to);
  return wasi.path_link(ROOT, follow, old, length, ROOT, at, path_length);
}

function rename(from: string, to: string): i32 {
  const old = path(from);
  const length = path_length;
  const at = path(to);
  return wasi.path_rename(ROOT, old, length, ROOT, at, path_length);
}

/** Type, size and links of a path; of a directory its type alone. */
function status(name: string, follow: u32 = 0): string {
  const at = path(name);
  const error = wasi.path_filestat_get(ROOT, follow, at, path_length, STATUS);
  if (error != 0) return "errno " + error.toString();
  const type = load<u8>(STATUS, 16);
  if (type == 3) return "directory";
  return (
    "type " +
    type.toString() +
    " size " +
    load<u64>(STATUS, 32).toString() +
    " links " +
    load<u64>(STATUS, 24).toString()
  );
}

function size_of(fd: i32): string {
  const error = wasi.fd_filestat_get(fd, STATUS);
  return error == 0 ? load<u64>(STATUS, 32).toString() : "errno " + error.toString();
}

function seek(fd: i32, distance: i64, whence: u32): string {
  const error = wasi.fd_seek(fd, distance, whence, RESULT);
  return error == 0 ? load<u64>(RESULT).toString() : "errno " + error.toString();
}

function set_times(name: string, time: u64, flags: u32, follow: u32 = 0): i32 {
  const at = path(name);
  return wasi.path_filestat_set_times(ROOT, follow, at, path_length, time, time, flags);
}

function modified(name: string, follow: u32 = 0): u64 {
  const at = path(name);
  wasi.path_filestat_get(ROOT, follow, at, path_length, STATUS);
  return load<u64>(STATUS, 48);
}

function opening(): void {
  try_open("missing", 0);
  try_open("file", CREAT);
  try_open("file", CREAT | EXCL);
  try_open("file", DIRECTORY);
  try_open("file/", 0);
  try_open("new/", CREAT);
  try_open("file/x", CREAT);
  try_open("missing/x", CREAT);
  try_open("../x", CREAT);
  try_open("/x", CREAT);
  try_open("", CREAT);
  try_open(".", DIRECTORY, READ);
  try_open(".", DIRECTORY, READ | WRITE);
  try_open("file", 0, WRITE);
  const fd = open("file", 0, READ);
  say("write without the right", write(fd, "x"));
  say("open below a file", open("foo", CREAT, 0, 0, 0, fd));
  wasi.fd_close(fd);
  say("unlink", unlink("file"));
}

function bytes(): void {
  const fd = open("data", CREAT);
  say("write", write(fd, "0123456789"));
  print(
    "at " + seek(fd, 0, 1) + ", back " + seek(fd, -5, 1) + ", start " + seek(fd, 0, 0) + ", past " + seek(fd, 1000, 1),
  );
  print("before the start: " + seek(fd, -2000, 1) + ", end " + seek(fd, 0, 2));
  print("content " + content(fd, 0) + " from 8 " + content(fd, 8) + " past " + content(fd, 100));
  store<u16>(BUFFER, 0x7978);
  say("pwrite", wasi.fd_pwrite(fd, vector(BUFFER, 2), 1, 4, RESULT));
  print("content " + content(fd, 0) + " size " + size_of(fd));
  say("set size 4", wasi.fd_filestat_set_size(fd, 4));
  say("set size 6", wasi.fd_filestat_set_size(fd, 6));
  print("size " + size_of(fd) + " position " + seek(fd, 0, 1));
  say("allocate", wasi.fd_allocate(fd, 2, 2));
  print("size " + size_of(fd));
  say("allocate more", wasi.fd_allocate(fd, 5, 10));
  print("size " + size_of(fd));
  say("allocate nothing", wasi.fd_allocate(fd, 0, 0));
  say("sync", wasi.fd_sync(fd));
  say("datasync", wasi.fd_datasync(fd));
  say("advise", wasi.fd_advise(fd, 0, 10, 3));
  wasi.fd_close(fd);
  const log = open("data", TRUNC, EVERYTHING, 0, APPEND | SYNC);
  write(log, "one");
  seek(log, 0, 0);
  write(log, "two");
  print("appended " + content(log, 0) + " position " + seek(log, 0, 1));
  say("flags", wasi.fd_fdstat_set_flags(log, 0));
  seek(log, 0, 0);
  write(log, "ONE");
  print("overwritten " + content(log, 0));
  const other = open("data", 0, READ | SEEK);
  say("unlink while open", unlink("data"));
  print("still there " + content(other, 0) + ", by path " + status("data"));
  write(log, "!");
  print("and written " + content(other, 0) + " size " + size_of(log));
  say("renumber", wasi.fd_renumber(log, other));
  say("close the old", wasi.fd_close(log));
  say("close the new", wasi.fd_close(other));
}

function directories(): void {
  say("mkdir", mkdir("d"));
  say("mkdir again", mkdir("d"));
  say("mkdir with a slash", mkdir("d/e/"));
  say("mkdir below nothing", mkdir("x/y"));
  say("rmdir not empty", rmdir("d"));
  make("d/file", "f");
  say("rmdir a file", rmdir("d/file"));
  say("rmdir a file with a slash", rmdir("d/file/"));
  say("unlink a directory", unlink("d"));
  say("unlink a directory with a slash", unlink("d/"));
  say("unlink a file with a slash", unlink("d/file/"));
  say("rmdir .", rmdir("d/."));
  try_open("d/.//e/../../d/e/../file", 0);
  try_open("d/e/../../../d/file", 0);
  say("unlink", unlink("d/file"));
  say("rmdir", rmdir("d/e/"));
  say("rmdir", rmdir("d"));
}

function links(): void {
  make("file", "content");
  say("link", link("file", "second"));
  print("second is " + status("second"));
  say("link over a name", link("file", "second"));
  say("link to itself", link("file", "file"));
  say("link with a slash", link("file", "third/"));
  say("mkdir", mkdir("dir"));
  say("link a directory", link("dir", "third"));
  say("unlink one", unlink("file"));
  print("second is " + status("second"));
  say("symlink", symlink("second", "soft"));
  print("soft is " + status("soft") + ", followed " + status("soft", 1));
  try_open("soft", 0);
  try_open("soft", DIRECTORY);
  try_open("soft", 0, EVERYTHING, 1);
  try_open("soft", CREAT | EXCL, EVERYTHING, 1);
  say("link a link", link("soft", "soft2"));
  print("soft2 is " + status("soft2"));
  say("symlink over a directory", symlink("x", "dir/"));
  say("symlink over a name", symlink("x", "soft"));
  say("symlink with a slash", symlink("x", "new/"));
  say("symlink to the root", symlink("/", "absolute"));
  say("symlink out", symlink("../..", "out"));
  try_open("out", DIRECTORY, READ, 1);
  try_open("out/etc", 0, READ);
  say("symlink to itself", symlink("loop", "loop"));
  try_open("loop", 0);
  try_open("loop", 0, EVERYTHING, 1);
  say("symlink to nothing", symlink("nothing", "dangling"));
  try_open("dangling", 0);
  try_open("dangling", 0, EVERYTHING, 1);
  try_open("dangling", CREAT, EVERYTHING, 1);
  print("nothing is " + status("nothing"));
  const at = path("soft");
  say("readlink", wasi.path_readlink(ROOT, at, path_length, BUFFER, 3, RESULT));
  print("cut to " + String.UTF8.decodeUnsafe(BUFFER, load<u32>(RESULT)));
  say("readlink of a file", wasi.path_readlink(ROOT, path("second"), 6, BUFFER, 3, RESULT));
  const names = ["second", "soft", "soft2", "out", "loop", "dangling", "nothing"];
  for (let i = 0; i < names.length; i++) say("unlink " + names[i], unlink(names[i]));
  say("rmdir", rmdir("dir"));
}

function renaming(): void {
  mkdir("source");
  say("a directory", rename("source", "target"));
  mkdir("source");
  say("over an empty one", rename("source", "target"));
  mkdir("source");
  make("target/file", "x");
  say("over a full one", rename("source", "target"));
  say("over a file", rename("source", "target/file"));
  say("into itself", rename("target", "target/inside"));
  say("with slashes", rename("source/", "other/"));
  say("a file with a slash", rename("target/file/", "x"));
  say("a file to a slash", rename("target/file", "x/"));
  say("a file over a directory", rename("target/file", "other"));
  say("what is not there", rename("nothing", "x"));
  say("the directory itself", rename(".", "x"));
  say("a file up", rename("target/file", "file"));
  make("file2", "new");
  const open_still = open("file", 0);
  say("a file over a file", rename("file2", "file"));
  print("what was replaced " + content(open_still, 0) + ", what is there " + status("file"));
  wasi.fd_close(open_still);
  say("unlink", unlink("file"));
  say("rmdir", rmdir("target"));
  say("rmdir", rmdir("other"));
}

function times(): void {
  make("file", "x");
  say("symlink", symlink("file", "link"));
  say("set", set_times("file", 1_000_000_007_000_000_000, 4));
  print("modified " + modified("file").toString());
  say("both", set_times("file", 5, 12));
  say("set the link's", set_times("link", 1_500_000_000_000_000_000, 4));
  print("link " + modified("link").toString() + " file " + modified("file").toString());
  say("set through the link", set_times("link", 1_600_000_000_000_000_000, 4, 1));
  print("link " + modified("link").toString() + " file " + modified("file").toString());
  say("now", set_times("file", 0, 8));
  print(modified("file") > 1_700_000_000_000_000_000 ? "it is later" : "it is not later");
  const fd = open("file", 0);
  say("by descriptor", wasi.fd_filestat_set_times(fd, 3_000_000_000, 4_000_000_000, 5));
  wasi.fd_filestat_get(fd, STATUS);
  print("accessed " + load<u64>(STATUS, 40).toString() + " modified " + load<u64>(STATUS, 48).toString());
  wasi.fd_close(fd);
  unlink("link");
  unlink("file");
}

/** Names of a directory, a buffer of `bytes` at a time: how many, and how many different cookies. */
function listing(): void {
  mkdir("many");
  const count = 100;
  for (let i = 0; i < count; i++) make("many/name-" + i.toString(), "");
  const fd = open("many", DIRECTORY, 1 << 14);
  let cookie: u64 = 0;
  let names = 0;
  let sum = 0;
  for (let round = 0; round < 1000; round++) {
    if (wasi.fd_readdir(fd, BUFFER, 300, cookie, RESULT) != 0) break;
    const used = load<u32>(RESULT);
    for (let at: u32 = 0; at + 24 <= used; ) {
      const length = load<u32>(BUFFER + at, 16);
      if (at + 24 + length > used) break;
      cookie = load<u64>(BUFFER + at);
      const name = String.UTF8.decodeUnsafe(BUFFER + at + 24, length);
      if (name.startsWith("name-")) sum += I32.parseInt(name.substring(5));
      names++;
      at += 24 + length;
    }
    if (used < 300) break;
  }
  wasi.fd_close(fd);
  print("names " + names.toString() + " sum " + sum.toString());
  for (let i = 0; i < count; i++) unlink("many/name-" + i.toString());
  say("rmdir", rmdir("many"));
}

/** Number and type of a name as the directory lists it; 0 when it does not. */
function listed(fd: i32, name: string): u64 {
  wasi.fd_readdir(fd, BUFFER, 4096, 0, RESULT);
  const used = load<u32>(RESULT);
  for (let at: u32 = 0; at + 24 <= used; ) {
    const length = load<u32>(BUFFER + at, 16);
    if (at + 24 + length > used) break;
    if (String.UTF8.decodeUnsafe(BUFFER + at + 24, length) == name) {
      listed_type = load<u8>(BUFFER + at, 20);
      return load<u64>(BUFFER + at, 8);
    }
    at += 24 + length;
  }
  return 0;
}

let listed_type: u32 = 0;

/** What a directory lists is what status tells, every time. */
function identities(): void {
  make("file", "x");
  make("other", "x");
  mkdir("d");
  symlink("file", "link");
  const root = open(".", DIRECTORY, 1 << 14);
  const names = ["file", "other", "d", "link"];
  let last: u64 = 0;
  for (let i = 0; i < names.length; i++) {
    const number = listed(root, names[i]);
    const at = path(names[i]);
    wasi.path_filestat_get(ROOT, 0, at, path_length, STATUS);
    const first = load<u64>(STATUS, 8);
    wasi.path_filestat_get(ROOT, 0, at, path_length, STATUS);
    const is_same = number == first && first == load<u64>(STATUS, 8) && listed_type == load<u8>(STATUS, 16);
    print(
      names[i] +
        " type " +
        listed_type.toString() +
        (is_same ? " as status tells" : " otherwise than status tells") +
        (number == last ? ", the number of another" : ""),
    );
    last = number;
  }
  wasi.path_filestat_get(ROOT, 0, path("."), 1, STATUS);
  print("the directory itself " + (listed(root, ".") == load<u64>(STATUS, 8) ? "too" : "not"));
  wasi.fd_close(root);
  for (let i = 0; i < names.length; i++) if (i != 2) unlink(names[i]);
  say("rmdir", rmdir("d"));
}

export function _start(): void {
  identities();
  opening();
  bytes();
  directories();
  links();
  renaming();
  times();
  listing();
}
