// The store of services/vdfs in Node: its own module (services/vdfs/host.ts), compiled as the service is, on a disk of the host's.
// `phi disk` and the tests call it. A method throws StoreError with the store's error number.
import { fileURLToPath } from "node:url";
import { compileAssemblyScript } from "../../linker/compile/assemblyscript.ts";
import { generateInterfaces } from "../../linker/interface/generate.ts";
import type { Disk } from "./disk.ts";
import { PAGE_BYTES } from "./disk.ts";
import { ERROR, StoreError } from "./errors.ts";
import { bytesOf, nameOf } from "./names.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
/** Bytes that one call takes or gives. */
export const TRANSFER_BYTES = 65536;
export const KIND = { file: 1, directory: 2, link: 3 } as const;
export const ROOT_NODE = 1n;

/** Numbers of services/vdfs/store/log/apply.ts. */
const CHANGE = {
  create: 1,
  symlink: 2,
  link: 3,
  unlink: 4,
  rename: 5,
  write: 6,
  truncate: 7,
  times: 8,
  quota: 9,
  tag: 10,
};

export interface Sizes {
  nodes?: number;
  slots?: number;
  dirty?: number;
}

export interface Status {
  kind: number;
  links: number;
  size: number;
  modified: bigint;
  accessed: bigint;
  changed: bigint;
  parent: bigint;
  quota: bigint;
  names: number;
}

export interface Entry {
  name: string;
  node: bigint;
  kind: number;
}

type Exported = Record<string, (...values: (number | bigint)[]) => bigint>;

let compiled: Promise<WebAssembly.Module> | undefined;

/** The module, compiled once a process; its content is cached in build/. */
export function storeModule(): Promise<WebAssembly.Module> {
  compiled ??= (async () => {
    generateInterfaces(ROOT);
    const result = await compileAssemblyScript({
      root: ROOT,
      entry: "services/vdfs/host.ts",
      architecture: "x86_64",
      runtime: "minimal",
      memoryBase: 1024,
      simd: true,
    });
    return new WebAssembly.Module(result.wasm);
  })();
  return compiled;
}

export class Store {
  readonly exports: Exported;
  private readonly memory: WebAssembly.Memory;
  private readonly at: number;
  private readonly out: number;
  /** The clock that changes are made by. */
  now: () => bigint = () => BigInt(Date.now()) * 1_000_000n;

  private constructor(
    module: WebAssembly.Module,
    readonly disk: Disk,
  ) {
    const bytes = (at: number, count: number) => new Uint8Array(this.memory.buffer, at >>> 0, count * PAGE_BYTES);
    const instance = new WebAssembly.Instance(module, {
      disk: {
        read: (page: bigint, count: number, at: number) => BigInt(disk.read(Number(page), bytes(at, count))),
        write: (page: bigint, count: number, at: number) => BigInt(disk.write(Number(page), bytes(at, count))),
        flush: () => BigInt(disk.flush()),
        pages: () => BigInt(disk.pages),
      },
    });
    this.exports = instance.exports as unknown as Exported;
    this.memory = instance.exports.memory as WebAssembly.Memory;
    (instance.exports._start as (() => void) | undefined)?.();
    this.at = Number(this.raw("allocate", TRANSFER_BYTES)) >>> 0;
    this.out = Number(this.raw("allocate", 4096)) >>> 0;
  }

  static async create(disk: Disk, sizes: Sizes = {}): Promise<Store> {
    const store = new Store(await storeModule(), disk);
    const pages = BigInt(Math.max(disk.pages, 32768));
    store.call("start", sizes.nodes ?? 2048, sizes.slots ?? 128, sizes.dirty ?? 1024, pages);
    return store;
  }

  /** An export's answer as it is. */
  raw(name: string, ...values: (number | bigint)[]): bigint {
    const answer = (this.exports[name] as (...v: unknown[]) => unknown)(...values);
    return typeof answer === "bigint" ? answer : BigInt((answer as number | undefined) ?? 0);
  }

  /** An export's answer; an error is thrown. */
  call(name: string, ...values: (number | bigint)[]): bigint {
    const answer = this.raw(name, ...values);
    if (answer < 0n) throw new StoreError(Number(answer), name);
    return answer;
  }

  /** A number that the module counts: `commits`, `free_pages`, … */
  figure(name: string): number {
    return Number((this.exports[name] as unknown as WebAssembly.Global).value);
  }

  private put(bytes: Uint8Array): number {
    if (bytes.length > TRANSFER_BYTES) throw new StoreError(ERROR.ARGUMENT, "more bytes than one call takes");
    new Uint8Array(this.memory.buffer).set(bytes, this.at);
    return bytes.length;
  }

  private change(change: number, a: bigint, b: bigint, c: bigint, bytes: Uint8Array = new Uint8Array()): bigint {
    const length = this.put(bytes);
    const answer = this.raw("change", change, this.now(), a, b, c, this.at, length);
    if (answer < 0n) throw new StoreError(Number(answer), Object.keys(CHANGE)[change - 1] as string);
    return answer;
  }

  format(seed: readonly [bigint, bigint], limitPages = 1n << 24n): void {
    this.call("format", seed[0], seed[1], this.now(), limitPages);
  }

  mount(readOnly = false): void {
    this.call("mount", readOnly ? 1 : 0);
  }

  lookup(directory: bigint, name: string, view = 0): Entry {
    const length = this.put(bytesOf(name));
    const node = this.call("lookup", view, directory, this.at, length);
    return { name, node, kind: this.figure("lookup_kind") };
  }

  status(node: bigint, view = 0): Status {
    this.call("status", view, node, this.out);
    const v = new DataView(this.memory.buffer, this.out);
    const word = (i: number) => v.getBigUint64(i * 8, true);
    return {
      kind: Number(word(0)),
      links: Number(word(1)),
      size: Number(word(2)),
      modified: word(3),
      accessed: word(4),
      changed: word(5),
      parent: word(6),
      quota: word(7),
      names: Number(word(8)),
    };
  }

  create(directory: bigint, name: string, kind: number = KIND.file): bigint {
    return this.change(CHANGE.create, directory, BigInt(kind), 0n, bytesOf(name));
  }

  symlink(directory: bigint, name: string, target: string): bigint {
    return this.change(CHANGE.symlink, directory, 0n, 0n, bytesOf(`${name}\0${target}`));
  }

  link(node: bigint, directory: bigint, name: string): void {
    this.change(CHANGE.link, node, directory, 0n, bytesOf(name));
  }

  /** `kind` 1: what is no directory, 2: an empty directory, 0: either. */
  unlink(directory: bigint, name: string, kind = 0): void {
    this.change(CHANGE.unlink, directory, BigInt(kind), 0n, bytesOf(name));
  }

  rename(from: bigint, to: bigint, oldName: string, newName: string): void {
    this.change(CHANGE.rename, from, to, 0n, bytesOf(`${oldName}\0${newName}`));
  }

  write(node: bigint, offset: number, bytes: Uint8Array): number {
    for (let done = 0; done < bytes.length; ) {
      const piece = bytes.subarray(done, done + TRANSFER_BYTES);
      done += Number(this.change(CHANGE.write, node, BigInt(offset + done), 0n, piece));
    }
    return bytes.length;
  }

  truncate(node: bigint, size: number): void {
    this.change(CHANGE.truncate, node, BigInt(size), 0n);
  }

  times(node: bigint, which: number, accessed: bigint, modified: bigint): void {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(accessed, 0);
    bytes.writeBigUInt64LE(modified, 8);
    this.change(CHANGE.times, node, BigInt(which), 0n, bytes);
  }

  setQuota(directory: bigint, bytes: number): void {
    this.change(CHANGE.quota, directory, BigInt(bytes), 0n);
  }

  quota(directory: bigint): { limit: number; used: number } {
    this.call("quota", directory, this.out);
    const v = new DataView(this.memory.buffer, this.out);
    return { limit: Number(v.getBigUint64(0, true)), used: Number(v.getBigUint64(8, true)) };
  }

  /** Sets a tag; null removes it. */
  setTag(node: bigint, name: string, content: string | null): void {
    this.change(CHANGE.tag, node, 0n, 0n, Buffer.from(content === null ? name : `${name}\0${content}`));
  }

  tag(node: bigint, name: string): string {
    const length = this.put(bytesOf(name));
    const bytes = Number(this.call("tag", node, this.at, length, this.out, 4096));
    return Buffer.from(this.memory.buffer, this.out, bytes).toString();
  }

  read(node: bigint, offset: number, limit: number, view = 0): Uint8Array {
    const parts: Uint8Array[] = [];
    let done = 0;
    while (done < limit) {
      const piece = Math.min(limit - done, TRANSFER_BYTES);
      const got = Number(this.call("read", view, node, BigInt(offset + done), this.at, piece));
      if (got === 0) break;
      parts.push(new Uint8Array(this.memory.buffer, this.at, got).slice());
      done += got;
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(Buffer.concat(parts));
  }

  readAll(node: bigint, view = 0): Uint8Array {
    return this.read(node, 0, this.status(node, view).size, view);
  }

  list(directory: bigint, view = 0): Entry[] {
    const entries: Entry[] = [];
    let cursor = 0n;
    for (;;) {
      const bytes = Number(this.call("list", view, directory, cursor, this.at, TRANSFER_BYTES));
      if (bytes === 0) return entries;
      const v = new DataView(this.memory.buffer, this.at, bytes);
      for (let at = 0; at < bytes; ) {
        const length = v.getUint32(at + 20, true);
        const name = nameOf(new Uint8Array(this.memory.buffer, this.at + at + 24, length));
        entries.push({ name, node: v.getBigUint64(at + 8, true), kind: v.getUint32(at + 16, true) });
        cursor = v.getBigUint64(at, true);
        at += (24 + length + 7) & ~7;
      }
    }
  }

  sync(): void {
    this.call("sync");
  }

  makeSnapshot(name: string): void {
    const length = this.put(bytesOf(name));
    this.call("make_snapshot", this.at, length, this.now());
  }

  deleteSnapshot(name: string): void {
    const length = this.put(bytesOf(name));
    this.call("delete_snapshot", this.at, length);
  }

  snapshots(): { number: number; name: string; time: bigint }[] {
    const found: { number: number; name: string; time: bigint }[] = [];
    for (let from = 0; ; ) {
      const answer = this.raw("snapshot_at", from, this.out);
      if (answer === BigInt(ERROR.NOT_FOUND)) return found;
      if (answer < 0n) throw new StoreError(Number(answer), "snapshots");
      const number = Number(answer >> 16n);
      const name = nameOf(new Uint8Array(this.memory.buffer, this.out + 8, Number(answer & 0xffffn)));
      found.push({ number, name, time: new DataView(this.memory.buffer).getBigUint64(this.out, true) });
      from = number + 1;
    }
  }

  openView(name: string): number {
    const length = this.put(bytesOf(name));
    return Number(this.call("open_view", this.at, length));
  }

  /** The BLAKE3 hash of bytes, as the store makes it. */
  hash(bytes: Uint8Array): Uint8Array {
    const at = Number(this.raw("allocate", bytes.length)) >>> 0;
    new Uint8Array(this.memory.buffer).set(bytes, at);
    this.raw("hash", at, bytes.length, this.out);
    return new Uint8Array(this.memory.buffer, this.out, 32).slice();
  }
}
