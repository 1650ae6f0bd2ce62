// A program that misbehaves: thirty thousand calls with random arguments to every function that answers, pointers to
// everywhere in 4 GiB included. If it reaches its last line, its companion lived through all of them.
import * as wasi from "./wasi";

const CALLS = 30_000;
const FUNCTIONS: u32 = 40;
/** An errno is at most this. */
const ERRNO_LAST: i32 = 76;

let state: u64 = 0x9e37_79b9_7f4a_7c15;

/** xorshift64. */
function random(): u64 {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/** A pointer: near the start, near the end of memory, or anywhere. */
function pointer(): usize {
  const kind = random() & 15;
  if (kind == 0) return <usize>random();
  const end = (<usize>memory.size()) << 16;
  if (kind < 4) return end - <usize>(random() & 127) + 16;
  return AREA + <usize>(random() & 0xfff);
}

function small(): u32 {
  return (random() & 15) == 0 ? <u32>random() : <u32>(random() & 7);
}

/** Descriptors above the standard streams: the program still wants to print, and never waits for input. */
function descriptor(): u32 {
  return (random() & 31) == 0 ? (<u32>random()) | 8 : 3 + <u32>(random() & 7);
}

const AREA: usize = memory.data(8192, 16);

function call(n: u32): i32 {
  const fd = descriptor();
  const p = pointer();
  const q = pointer();
  const r = pointer();
  const l = small();
  const m = small();
  switch (n) {
    case 0:
      return wasi.args_get(p, q);
    case 1:
      return wasi.args_sizes_get(p, q);
    case 2:
      return wasi.environ_get(p, q);
    case 3:
      return wasi.environ_sizes_get(p, q);
    case 4:
      return wasi.clock_res_get(l, p);
    case 5:
      return wasi.clock_time_get(l, random(), p);
    case 6:
      return wasi.fd_advise(fd, random(), random(), l);
    case 7:
      return wasi.fd_allocate(fd, random(), random());
    case 8:
      return wasi.fd_close(fd + 4);
    case 9:
      return wasi.fd_datasync(fd);
    case 10:
      return wasi.fd_fdstat_get(fd, p);
    case 11:
      return wasi.fd_fdstat_set_flags(fd, l);
    case 12:
      return wasi.fd_filestat_get(fd, p);
    case 13:
      return wasi.fd_filestat_set_size(fd, random());
    case 14:
      return wasi.fd_filestat_set_times(fd, random(), random(), l);
    case 15:
      return wasi.fd_pread(fd, p, l, random() & 31, q);
    case 16:
      return wasi.fd_prestat_get(fd, p);
    case 17:
      return wasi.fd_prestat_dir_name(fd, p, l);
    case 18:
      return wasi.fd_pwrite(fd, p, l, random(), q);
    case 19:
      return wasi.fd_read(fd, p, l, q);
    case 20:
      return wasi.fd_readdir(fd, p, l * 40, random() & 15, q);
    case 21:
      return wasi.fd_renumber(fd + 4, fd + m);
    case 22:
      return wasi.fd_seek(fd, <i64>(random() & 63), l, p);
    case 23:
      return wasi.fd_sync(fd);
    case 24:
      return wasi.fd_tell(fd, p);
    case 25:
      return wasi.fd_write(fd, p, l, q);
    case 26:
      return wasi.path_create_directory(fd, p, l);
    case 27:
      return wasi.path_filestat_get(fd, m, p, l, q);
    case 28:
      return wasi.path_filestat_set_times(fd, m, p, l, random(), random(), m);
    case 29:
      return wasi.path_link(fd, m, p, l, descriptor(), q, m);
    case 30:
      return wasi.path_open(fd, m, p, l, m, random() & 0x3fff_ffff, random() & 0x3fff_ffff, m, q);
    case 31:
      return wasi.path_readlink(fd, p, l, q, m, r);
    case 32:
      return wasi.path_rename(fd, p, l, descriptor(), q, m);
    case 33:
      return wasi.path_symlink(p, l, fd, q, m);
    case 34:
      return wasi.path_unlink_file(fd, p, l);
    case 35:
      return wasi.random_get(p, l * 16);
    case 36:
      return wasi.sock_recv(fd, p, l, m, q, r);
    case 37:
      return wasi.sock_send(fd, p, l, m, q);
    case 38:
      return wasi.sock_accept(fd, l, p);
    default:
      return wasi.path_remove_directory(fd, p, l);
  }
}

export function _start(): void {
  let strange = 0;
  for (let i = 0; i < CALLS; i++) {
    // The area holds names, zero-ended words and noise by turns.
    store<u64>(AREA + <usize>(random() & 0xff8), (random() & 1) != 0 ? 0x2f62_7573 : random() & 0x0fff_0000_0fff);
    const errno = call(<u32>(random() % FUNCTIONS));
    if (errno < 0 || errno > ERRNO_LAST) strange++;
  }
  wasi.print_number("calls:", CALLS);
  wasi.print_number("answers that are no errno:", strange);
}
