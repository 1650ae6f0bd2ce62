// A host's side of 9P2000.L over a directory of this machine, as QEMU's local backend is one: fids are paths, opened ones have a descriptor.
// Called by the tests of services/ninep, which may change an answer before it is delivered (`lie`).
import * as fs from "node:fs";
import { join } from "node:path";

interface Fid {
  path: string;
  descriptor?: number;
  /** Names of an open directory, read when it is listed from its beginning. */
  names?: fs.Dirent[];
}

class Reader {
  at = 7;
  readonly data: Buffer;
  constructor(data: Buffer) {
    this.data = data;
  }
  private step(bytes: number): number {
    this.at += bytes;
    return this.at - bytes;
  }
  u16(): number {
    return this.data.readUInt16LE(this.step(2));
  }
  u32(): number {
    return this.data.readUInt32LE(this.step(4));
  }
  u64(): bigint {
    return this.data.readBigUInt64LE(this.step(8));
  }
  text(): string {
    const length = this.u16();
    return this.data.toString("utf8", this.step(length), this.at);
  }
  bytes(): Buffer {
    const length = this.u32();
    return this.data.subarray(this.step(length), this.at);
  }
}

class Writer {
  private readonly parts: Buffer[] = [];
  private add(bytes: number, fill: (part: Buffer) => void): this {
    const part = Buffer.alloc(bytes);
    fill(part);
    this.parts.push(part);
    return this;
  }
  u8(value: number): this {
    return this.add(1, (part) => part.writeUInt8(value));
  }
  u16(value: number): this {
    return this.add(2, (part) => part.writeUInt16LE(value));
  }
  u32(value: number): this {
    return this.add(4, (part) => part.writeUInt32LE(value >>> 0));
  }
  u64(value: bigint): this {
    return this.add(8, (part) => part.writeBigUInt64LE(BigInt.asUintN(64, value)));
  }
  raw(data: Uint8Array): this {
    this.parts.push(Buffer.from(data));
    return this;
  }
  text(value: string): this {
    const data = Buffer.from(value);
    return this.u16(data.length).raw(data);
  }
  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

const ERRNO: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EBADF: 9,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENAMETOOLONG: 36,
  ENOTEMPTY: 39,
  ELOOP: 40,
};

export class HostDirectory {
  readonly fids = new Map<number, Fid>();
  /** Messages by type. */
  readonly counts = new Map<number, number>();
  lie: (type: number, answer: Buffer) => Buffer = (_type, answer) => answer;
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** The answer to one message. */
  answer(message: Buffer): Buffer {
    const type = message.readUInt8(4);
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    let kind = type + 1;
    let body: Buffer;
    try {
      body = this.serve(type, new Reader(message)).bytes();
    } catch (error) {
      const { code = "EIO" } = error as NodeJS.ErrnoException;
      kind = 7;
      body = new Writer().u32(ERRNO[code] ?? 5).bytes();
    }
    const whole = new Writer()
      .u32(7 + body.length)
      .u8(kind)
      .u16(message.readUInt16LE(5))
      .raw(body)
      .bytes();
    return this.lie(type, whole);
  }

  private fid(number: number): Fid {
    const fid = this.fids.get(number);
    if (fid === undefined) throw Object.assign(new Error("no such fid"), { code: "EBADF" });
    return fid;
  }

  private qid(out: Writer, path: string): Writer {
    const status = fs.lstatSync(path, { bigint: true });
    return out
      .u8(status.isDirectory() ? 0x80 : status.isSymbolicLink() ? 2 : 0)
      .u32(0)
      .u64(status.ino);
  }

  private serve(type: number, r: Reader): Writer {
    const w = new Writer();
    switch (type) {
      case 100: {
        const size = r.u32();
        this.fids.clear();
        return w.u32(size).text(r.text());
      }
      case 104:
        this.fids.set(r.u32(), { path: this.root });
        return this.qid(w, this.root);
      case 110: {
        const from = this.fid(r.u32());
        const made = r.u32();
        if (this.fids.has(made)) throw new Error(`fid ${made} is taken`);
        if (r.u16() === 0) {
          this.fids.set(made, { path: from.path });
          return w.u16(0);
        }
        const path = join(from.path, r.text());
        this.qid(w.u16(1), path);
        this.fids.set(made, { path });
        return w;
      }
      case 120: {
        const number = r.u32();
        const fid = this.fid(number);
        if (fid.descriptor !== undefined) fs.closeSync(fid.descriptor);
        this.fids.delete(number);
        return w;
      }
      case 12: {
        const fid = this.fid(r.u32());
        const flags = r.u32();
        if ((flags & 0o200000) !== 0) fid.names = [];
        fid.descriptor = fs.openSync(fid.path, flags & 3 ? flags & 3 : fs.constants.O_RDONLY);
        return this.qid(w, fid.path).u32(0);
      }
      case 14: {
        const fid = this.fid(r.u32());
        const path = join(fid.path, r.text());
        const flags = r.u32();
        fid.descriptor = fs.openSync(path, flags, r.u32());
        fid.path = path;
        return this.qid(w, path).u32(0);
      }
      case 16: {
        const directory = this.fid(r.u32());
        const path = join(directory.path, r.text());
        fs.symlinkSync(r.text(), path);
        return this.qid(w, path);
      }
      case 22:
        return w.text(fs.readlinkSync(this.fid(r.u32()).path));
      case 24:
        return this.attributes(w, this.fid(r.u32()));
      case 26:
        this.change(this.fid(r.u32()), r);
        return w;
      case 40:
        return this.list(w, this.fid(r.u32()), r.u64(), r.u32());
      case 50:
        fs.fsyncSync(this.fid(r.u32()).descriptor ?? -1);
        return w;
      case 70: {
        const directory = this.fid(r.u32());
        const file = this.fid(r.u32());
        fs.linkSync(file.path, join(directory.path, r.text()));
        return w;
      }
      case 72: {
        const path = join(this.fid(r.u32()).path, r.text());
        fs.mkdirSync(path, r.u32());
        return this.qid(w, path);
      }
      case 74: {
        const from = join(this.fid(r.u32()).path, r.text());
        const to = join(this.fid(r.u32()).path, r.text());
        fs.renameSync(from, to);
        this.moved(from, to);
        return w;
      }
      case 76: {
        const path = join(this.fid(r.u32()).path, r.text());
        if ((r.u32() & 0x200) !== 0) fs.rmdirSync(path);
        else fs.unlinkSync(path);
        return w;
      }
      case 116: {
        const fid = this.fid(r.u32());
        const offset = r.u64();
        const data = Buffer.alloc(r.u32());
        const length = fs.readSync(fid.descriptor ?? -1, data, 0, data.length, offset);
        return w.u32(length).raw(data.subarray(0, length));
      }
      case 118: {
        const fid = this.fid(r.u32());
        const offset = r.u64();
        const data = r.bytes();
        return w.u32(fs.writeSync(fid.descriptor ?? -1, data, 0, data.length, Number(offset)));
      }
      default:
        throw Object.assign(new Error(`message ${type}`), { code: "EINVAL" });
    }
  }

  /** As QEMU does: fids of what was moved, and of what lies in it, name it by its new path. */
  private moved(from: string, to: string): void {
    for (const fid of this.fids.values()) {
      if (fid.path === from || fid.path.startsWith(`${from}/`)) fid.path = to + fid.path.slice(from.length);
    }
  }

  private attributes(w: Writer, fid: Fid): Writer {
    const status = fs.lstatSync(fid.path, { bigint: true });
    const time = (ns: bigint): void =>
      void w.u64(BigInt.asUintN(64, ns / 1_000_000_000n)).u64(ns < 0n ? 0n : ns % 1_000_000_000n);
    this.qid(w.u64(0x7ffn), fid.path);
    w.u32(Number(status.mode)).u32(0).u32(0).u64(status.nlink).u64(0n).u64(status.size).u64(4096n).u64(status.blocks);
    for (const ns of [status.atimeNs, status.mtimeNs, status.ctimeNs, 0n]) time(ns);
    return w.u64(0n).u64(0n);
  }

  private change(fid: Fid, r: Reader): void {
    const valid = r.u32();
    r.u32();
    r.u32();
    r.u32();
    const size = r.u64();
    const time = (): number => Number(r.u64()) + Number(r.u64()) / 1e9;
    const [accessed, modified] = [time(), time()];
    if ((valid & 8) !== 0) fs.truncateSync(fid.path, Number(size));
    if ((valid & 0x30) === 0) return;
    const status = fs.lstatSync(fid.path);
    const now = Date.now() / 1000;
    const chosen = (bit: number, to: number, given: number, old: number): number =>
      (valid & to) !== 0 ? given : (valid & bit) !== 0 ? now : old;
    fs.lutimesSync(
      fid.path,
      chosen(0x10, 0x80, accessed, status.atimeMs / 1000),
      chosen(0x20, 0x100, modified, status.mtimeMs / 1000),
    );
  }

  private list(w: Writer, fid: Fid, offset: bigint, count: number): Writer {
    if (offset === 0n || fid.names === undefined) fid.names = fs.readdirSync(fid.path, { withFileTypes: true });
    const data = new Writer();
    let used = 0;
    const all = [".", "..", ...fid.names.map((entry) => entry.name)];
    for (const [i, name] of all.entries()) {
      if (BigInt(i) < offset) continue;
      const path = name === ".." ? fid.path : join(fid.path, name);
      if (!fs.lstatSync(path, { throwIfNoEntry: false })) continue;
      // as QEMU: the qid's type is left out here, and stands beside the name
      const status = fs.lstatSync(path, { bigint: true });
      const entry = new Writer()
        .u8(0)
        .u32(0)
        .u64(status.ino)
        .u64(BigInt(i + 1))
        .u8(status.isDirectory() ? 4 : status.isSymbolicLink() ? 10 : 8)
        .text(name)
        .bytes();
      if (used + entry.length > count) break;
      used += entry.length;
      data.raw(entry);
    }
    return w.u32(used).raw(data.bytes());
  }
}
