// Works on in the first directory it was handed while whoever keeps that dies and comes back: forty rounds of make, write, read back and remove, a
// twentieth of a second between them. Tells how often which errno came, and whether the last round was whole.
import * as wasi from "./wasi";
import { path, path_length, print, RESULT, vector } from "./wasi";

const CREAT: u32 = 1;
const READ_WRITE: u64 = (1 << 1) | (1 << 6) | (1 << 2);
const ROUNDS: u32 = 40;
const PAUSE_NS: u64 = 50_000_000;
const DIRECTORY: u32 = 3;
const BUFFER: usize = memory.data(64, 16);
const SUBSCRIPTION: usize = memory.data(48, 16);
const EVENT: usize = memory.data(32, 16);
const COUNTS: usize = memory.data(80 * 4, 4);

function pause(): void {
  memory.fill(SUBSCRIPTION, 0, 48);
  store<u32>(SUBSCRIPTION, 1, 16);
  store<u64>(SUBSCRIPTION, PAUSE_NS, 24);
  wasi.poll_oneoff(SUBSCRIPTION, EVENT, 1, RESULT);
}

/** 0, or the errno of what failed first. */
function round(number: u32): i32 {
  const name = "round-" + number.toString();
  const at = path(name);
  const length = path_length;
  let error = wasi.path_open(DIRECTORY, 0, at, length, CREAT, READ_WRITE, 0, 0, RESULT);
  if (error != 0) return error;
  const fd = load<u32>(RESULT);
  store<u64>(BUFFER, number);
  error = wasi.fd_pwrite(fd, vector(BUFFER, 8), 1, 0, RESULT);
  if (error == 0) {
    store<u64>(BUFFER, u64.MAX_VALUE);
    error = wasi.fd_pread(fd, vector(BUFFER, 8), 1, 0, RESULT);
  }
  wasi.fd_close(fd);
  if (error != 0) return error;
  if (load<u64>(BUFFER) != number) return 79;
  error = wasi.path_rename(DIRECTORY, path(name), length, DIRECTORY, path("last"), 4);
  if (error != 0) return error;
  return wasi.path_unlink_file(DIRECTORY, path("last"), 4);
}

export function _start(): void {
  let last: i32 = 0;
  for (let number: u32 = 0; number < ROUNDS; number++) {
    last = round(number);
    const count = COUNTS + <usize>min(last, 79) * 4;
    store<u32>(count, load<u32>(count) + 1);
    if (number == 0) print("begun");
    pause();
  }
  let text = "steady:";
  for (let errno: u32 = 0; errno < 80; errno++) {
    const count = load<u32>(COUNTS + errno * 4);
    if (count != 0) text += " " + count.toString() + " of " + errno.toString();
  }
  print(text + ", last " + last.toString());
}
