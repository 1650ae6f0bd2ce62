// The functions of preview 1 as a test calls them on a companion: arguments and buffers laid out in the program's memory, results read out.
import type { Companion } from "./companion.ts";

export const PREOPEN = 3;
const OLD_PATH = 0x100;
const NEW_PATH = 0x1200;
const VECTORS = 0x3000;
const RESULT = 0x3100;
const BUFFER = 0x4000;
export const BUFFER_BYTES = 0x8000;

export const RIGHT = {
  READ: 1n << 1n,
  SEEK: 1n << 2n,
  FLAGS: 1n << 3n,
  SYNC: 1n << 4n,
  TELL: 1n << 5n,
  WRITE: 1n << 6n,
  ALLOCATE: 1n << 8n,
  OPEN: 1n << 13n,
  STATUS: 1n << 21n,
  SIZE: 1n << 22n,
  TIMES: 1n << 23n,
};
/** Every right that a file can have. */
export const FILE_RIGHTS = 0x8e0_01ffn;
export const OFLAG = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };
export const FDFLAG = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 };

export interface OpenOptions {
  fd?: number;
  follow?: boolean;
  oflags?: number;
  rights?: bigint;
  inheriting?: bigint;
  flags?: number;
}

export interface FileStatus {
  device: bigint;
  inode: bigint;
  type: number;
  links: bigint;
  size: bigint;
  accessed: bigint;
  modified: bigint;
  changed: bigint;
}

export interface Entry {
  next: bigint;
  inode: bigint;
  type: number;
  name: string;
}

export class Program {
  readonly c: Companion;
  constructor(companion: Companion) {
    this.c = companion;
  }

  private old(path: string | Uint8Array): [number, number] {
    return [OLD_PATH, this.c.put(OLD_PATH, path)];
  }

  private new(path: string | Uint8Array): [number, number] {
    return [NEW_PATH, this.c.put(NEW_PATH, path)];
  }

  private number(): number {
    return this.c.view().getUint32(RESULT, true);
  }

  /** The descriptor, or minus the errno. */
  open(path: string | Uint8Array, options: OpenOptions = {}): number {
    const { fd = PREOPEN, follow = false, oflags = 0, rights = FILE_RIGHTS, inheriting = 0n, flags = 0 } = options;
    const place = this.old(path);
    const error = this.c.call("path_open", fd, follow ? 1 : 0, ...place, oflags, rights, inheriting, flags, RESULT);
    return error === 0 ? this.number() : -error;
  }

  close(fd: number): number {
    return this.c.call("fd_close", fd);
  }

  /** An errno, or the text. */
  read(fd: number, bytes: number, at?: bigint): number | string {
    this.c.view().setUint32(VECTORS, BUFFER, true);
    this.c.view().setUint32(VECTORS + 4, bytes, true);
    const error =
      at === undefined
        ? this.c.call("fd_read", fd, VECTORS, 1, RESULT)
        : this.c.call("fd_pread", fd, VECTORS, 1, at, RESULT);
    return error === 0 ? this.c.program(BUFFER, this.number()).toString("latin1") : error;
  }

  /** Bytes written, or minus the errno. */
  write(fd: number, text: string, at?: bigint): number {
    const data = Buffer.from(text, "latin1");
    const cut = data.length >> 1;
    this.c.put(BUFFER, data);
    [BUFFER, cut, BUFFER + cut, data.length - cut].forEach((value, i) => {
      this.c.view().setUint32(VECTORS + i * 4, value, true);
    });
    const error =
      at === undefined
        ? this.c.call("fd_write", fd, VECTORS, 2, RESULT)
        : this.c.call("fd_pwrite", fd, VECTORS, 2, at, RESULT);
    return error === 0 ? this.number() : -error;
  }

  /** The position, or minus the errno. */
  seek(fd: number, distance: bigint, whence: number): bigint {
    const error = this.c.call("fd_seek", fd, distance, whence, RESULT);
    return error === 0 ? this.c.view().getBigUint64(RESULT, true) : -BigInt(error);
  }

  /** An errno, or what filestat tells. */
  status(fd: number): number | FileStatus {
    const error = this.c.call("fd_filestat_get", fd, RESULT);
    return error === 0 ? this.filestat() : error;
  }

  pathStatus(path: string, follow = false, fd = PREOPEN): number | FileStatus {
    const error = this.c.call("path_filestat_get", fd, follow ? 1 : 0, ...this.old(path), RESULT);
    return error === 0 ? this.filestat() : error;
  }

  private filestat(): FileStatus {
    const v = this.c.view();
    const word = (at: number): bigint => v.getBigUint64(RESULT + at, true);
    return {
      device: word(0),
      inode: word(8),
      type: v.getUint8(RESULT + 16),
      links: word(24),
      size: word(32),
      accessed: word(40),
      modified: word(48),
      changed: word(56),
    };
  }

  mkdir(path: string, fd = PREOPEN): number {
    return this.c.call("path_create_directory", fd, ...this.old(path));
  }

  rmdir(path: string, fd = PREOPEN): number {
    return this.c.call("path_remove_directory", fd, ...this.old(path));
  }

  unlink(path: string, fd = PREOPEN): number {
    return this.c.call("path_unlink_file", fd, ...this.old(path));
  }

  symlink(target: string, path: string, fd = PREOPEN): number {
    return this.c.call("path_symlink", ...this.new(target), fd, ...this.old(path));
  }

  link(from: string, to: string, follow = false, fd = PREOPEN, toFd = fd): number {
    return this.c.call("path_link", fd, follow ? 1 : 0, ...this.old(from), toFd, ...this.new(to));
  }

  rename(from: string, to: string, fd = PREOPEN, toFd = fd): number {
    return this.c.call("path_rename", fd, ...this.old(from), toFd, ...this.new(to));
  }

  /** An errno, or the target. */
  readlink(path: string, bytes = 4096): number | string {
    const error = this.c.call("path_readlink", PREOPEN, ...this.old(path), BUFFER, bytes, RESULT);
    return error === 0 ? this.c.program(BUFFER, this.number()).toString() : error;
  }

  pathTimes(path: string, accessed: bigint, modified: bigint, flags: number, follow = false): number {
    return this.c.call(
      "path_filestat_set_times",
      PREOPEN,
      follow ? 1 : 0,
      ...this.old(path),
      accessed,
      modified,
      flags,
    );
  }

  /** An errno, or the entries of one call. */
  list(fd: number, bytes: number, cookie: bigint): number | { used: number; entries: Entry[] } {
    const error = this.c.call("fd_readdir", fd, BUFFER, bytes, cookie, RESULT);
    if (error !== 0) return error;
    const used = this.number();
    const entries: Entry[] = [];
    const v = this.c.view();
    for (let at = BUFFER; at + 24 <= BUFFER + used; ) {
      const length = v.getUint32(at + 16, true);
      if (at + 24 + length > BUFFER + used) break;
      entries.push({
        next: v.getBigUint64(at, true),
        inode: v.getBigUint64(at + 8, true),
        type: v.getUint8(at + 20),
        name: this.c.program(at + 24, length).toString(),
      });
      at += 24 + length;
    }
    return { used, entries };
  }

  /** Every entry, asked for `bytes` at a time. */
  listAll(fd: number, bytes: number): Entry[] {
    const all: Entry[] = [];
    for (let cookie = 0n; ; ) {
      const answer = this.list(fd, bytes, cookie);
      if (typeof answer === "number") throw new Error(`fd_readdir answered ${answer}`);
      all.push(...answer.entries);
      if (answer.used < bytes) return all;
      const last = answer.entries.at(-1);
      if (last === undefined) throw new Error("an entry does not fit");
      cookie = last.next;
    }
  }
}
