// What a program can do in each directory that it was handed: read the file `note`, make, write, rename and remove names, look above. Every directory is
// left as it was.
import * as wasi from "./wasi";
import { path, path_length, print, RESULT, vector } from "./wasi";

const CREAT: u32 = 1;
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;
const BUFFER: usize = memory.data(4096, 16);

/** The descriptor, or minus the errno. */
function open(directory: u32, name: string, oflags: u32, rights: u64): i32 {
  const at = path(name);
  const error = wasi.path_open(directory, 0, at, path_length, oflags, rights, 0, 0, RESULT);
  return error == 0 ? <i32>load<u32>(RESULT) : -error;
}

function content(directory: u32): string {
  const fd = open(directory, "note", 0, READ);
  if (fd < 0) return "errno " + (-fd).toString();
  const error = wasi.fd_read(fd, vector(BUFFER, 4096), 1, RESULT);
  wasi.fd_close(fd);
  return error == 0 ? String.UTF8.decodeUnsafe(BUFFER, load<u32>(RESULT)).trim() : "errno " + error.toString();
}

function made(directory: u32, name: string, oflags: u32): i32 {
  const fd = open(directory, name, oflags, WRITE);
  if (fd < 0) return -fd;
  const error = wasi.fd_write(fd, vector(BUFFER, 3), 1, RESULT);
  wasi.fd_close(fd);
  return error;
}

function name_of(directory: u32): string {
  wasi.fd_prestat_get(directory, RESULT);
  const length = load<u32>(RESULT, 4);
  wasi.fd_prestat_dir_name(directory, <u32>BUFFER, length);
  return String.UTF8.decodeUnsafe(BUFFER, length);
}

export function _start(): void {
  for (let directory: u32 = 3; wasi.fd_prestat_get(directory, RESULT) == 0; directory++) {
    const line =
      name_of(directory) +
      ": note '" +
      content(directory) +
      "' above " +
      (-open(directory, "..", 0, READ)).toString() +
      " write " +
      made(directory, "copy", CREAT).toString() +
      " again " +
      made(directory, "note2", 0).toString();
    const mkdir = wasi.path_create_directory(directory, path("made"), 4);
    const old = path("copy");
    const rename = wasi.path_rename(directory, old, 4, directory, path("moved"), 5);
    const unlink = wasi.path_unlink_file(directory, path("moved"), 5);
    const rmdir = wasi.path_remove_directory(directory, path("made"), 4);
    print(
      line +
        " mkdir " +
        mkdir.toString() +
        " rename " +
        rename.toString() +
        " unlink " +
        unlink.toString() +
        " rmdir " +
        rmdir.toString(),
    );
  }
}
