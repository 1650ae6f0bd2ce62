// What calls cost: prints nanoseconds a call on standard error, which under `phi run --icount` are instructions. The clock's own
// call is included in each by a 2000th. For people and docs/wasi.md; no test depends on the numbers.
import * as wasi from "./wasi";
import { path, path_length, put, RESULT, vector } from "./wasi";

const BUFFER: usize = memory.data(65536, 16);
const CALLS: u64 = 2000;
const LARGE: u32 = 65536;
const LARGE_CALLS: u64 = 20;
const READ_RIGHTS: u64 = (1 << 1) | (1 << 2) | (1 << 5);

let start: u64 = 0;

function now(): u64 {
  wasi.clock_time_get(1, 0, RESULT);
  return load<u64>(RESULT);
}

function report(name: string, count: u64): void {
  put(2, name + ": " + ((now() - start) / count).toString() + "\n");
}

export function _start(): void {
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.sched_yield();
  report("sched_yield", CALLS);
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.fd_fdstat_get(1, RESULT);
  report("fd_fdstat_get", CALLS);
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.clock_time_get(1, 0, RESULT);
  report("clock_time_get", CALLS);
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.fd_write(1, vector(BUFFER, 0), 1, RESULT);
  report("fd_write, no bytes", CALLS);
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.fd_write(1, vector(BUFFER, 1), 1, RESULT);
  report("fd_write, one byte", CALLS);
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.random_get(BUFFER, 16);
  report("random_get, 16 bytes", CALLS);
  start = now();
  for (let i: u64 = 0; i < LARGE_CALLS; i++) wasi.random_get(BUFFER, LARGE);
  report("random_get, a KiB of many", (LARGE_CALLS * LARGE) / 1024);
  const name = path("sub/deep/leaf");
  const length = path_length;
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.path_filestat_get(3, 0, name, length, BUFFER);
  report("path_filestat_get sub/deep/leaf", CALLS);
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) {
    wasi.path_open(3, 0, name, length, 0, READ_RIGHTS, 0, 0, RESULT);
    wasi.fd_close(load<u32>(RESULT));
  }
  report("path_open and fd_close sub/deep/leaf", CALLS);
  wasi.path_open(3, 0, name, length, 0, READ_RIGHTS, 0, 0, RESULT);
  const fd = load<u32>(RESULT);
  start = now();
  for (let i: u64 = 0; i < CALLS; i++) wasi.fd_pread(fd, vector(BUFFER, 4), 1, 0, RESULT);
  report("fd_pread, 4 bytes", CALLS);
}
