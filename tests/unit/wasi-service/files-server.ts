// A server of the Files interface in Node's memory, as POSIX has directories: what the companion's tests write to. It counts how often each
// node is open, so that a test sees a reference that is never given back, and can fail, or change its directories, under a call.
import { readFileSync } from "node:fs";

/** Error numbers by name, as the sources have them. */
const NUMBERS = new Map(
  ["kernel/abi", "services/lib"]
    .map((folder) => readFileSync(new URL(`../../../${folder}/errors.ts`, import.meta.url), "utf8"))
    .flatMap((text) => [...text.matchAll(/export const (E_[A-Z_]+): i64 = (-\d+);/g)])
    .map(([, name = "", value = ""]) => [name, BigInt(value)]),
);

export function errorNumber(name: string): bigint {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new Error(`there is no ${name}`);
  return number;
}

export const FILE = 1;
export const DIRECTORY = 2;
export const LINK = 3;

interface Node {
  readonly id: bigint;
  readonly kind: number;
  content: Buffer;
  readonly children: Map<string, Node>;
  links: number;
  open: number;
  modified: bigint;
  accessed: bigint;
  changed: bigint;
}

/** As the generated constants number them. */
const METHODS = [
  "root",
  "lookup",
  "forget",
  "status",
  "create",
  "symlink",
  "readlink",
  "link",
  "unlink",
  "rename",
  "list",
  "read",
  "map",
  "write",
  "truncate",
  "allocate",
  "times",
  "sync",
] as const;
type MethodName = (typeof METHODS)[number];

export class FilesError extends Error {
  readonly number: bigint;
  constructor(name: string) {
    super(name);
    this.number = errorNumber(name);
  }
}

export interface Buffers {
  /** The buffer shared with the client. */
  buffer(): Uint8Array;
  /** Sets reply word 1 … 5. */
  reply(index: number, value: bigint): void;
}

/** What a companion's connection needs of a server. */
export interface FilesServer {
  call(method: number, words: bigint[], buffers: Buffers): bigint;
}

export class MemoryFiles implements FilesServer {
  readonly root: Node;
  readonly calls = new Map<string, number>();
  /** Called before each method: may throw a FilesError, or change the tree as somebody else would. */
  before: (method: MethodName, name: string) => void = () => {};
  rights = 3n;
  time = 1_700_000_000_000_000_000n;
  /** Bytes that all files together may hold. */
  capacity = Number.POSITIVE_INFINITY;
  private nextId = 2n;
  private readonly nodes = new Map<bigint, Node>();

  constructor() {
    this.root = this.make(DIRECTORY);
    this.root.links = 2;
  }

  /** Handles that clients hold, the root's aside. */
  held(): number {
    return [...this.nodes.values()].reduce((sum, node) => sum + (node === this.root ? 0 : node.open), 0);
  }

  /** For tests: makes what the path names without a call. */
  put(path: string, kind: number, content = ""): Node {
    const names = path.split("/");
    const last = names.pop() ?? "";
    const node = this.make(kind);
    this.enter(this.at(names.join("/")), last, node);
    node.content = Buffer.from(content);
    return node;
  }

  /** For tests: the node of a path, links not followed. */
  at(path: string): Node {
    let node = this.root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      const child = node.children.get(name);
      if (child === undefined) throw new Error(`there is no ${path}`);
      node = child;
    }
    return node;
  }

  /** For tests: an empty directory that nobody holds anything of. */
  clear(): void {
    this.root.children.clear();
    this.nodes.clear();
    this.nodes.set(this.root.id, this.root);
  }

  remove(path: string): void {
    const cut = path.lastIndexOf("/");
    this.at(path.slice(0, Math.max(cut, 0))).children.delete(path.slice(cut + 1));
  }

  call(method: number, words: bigint[], buffers: Buffers): bigint {
    const name = METHODS[method - 1];
    if (name === undefined) return errorNumber("E_METHOD");
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    try {
      return this.dispatch(name, words, buffers);
    } catch (error) {
      if (error instanceof FilesError) return error.number;
      throw error;
    }
  }

  private dispatch(method: MethodName, words: bigint[], buffers: Buffers): bigint {
    const [a = 0n, b = 0n, c = 0n, d = 0n] = words;
    const bytes = (span: bigint): Buffer =>
      Buffer.from(buffers.buffer().slice(Number(span & 0xffff_ffffn), Number((span & 0xffff_ffffn) + (span >> 32n))));
    const put = (data: Uint8Array): bigint => {
      buffers.buffer().set(data);
      return BigInt(data.length);
    };
    this.time += 1000n;
    switch (method) {
      case "root":
        this.before(method, "");
        [this.root.id, this.rights, 0n, 0n].forEach((value, i) => void buffers.reply(i + 1, value));
        return 0n;
      case "lookup": {
        const name = bytes(b).toString();
        this.before(method, name);
        const node = this.child(a, name);
        if (node === undefined) throw new FilesError("E_NOT_FOUND");
        node.open++;
        buffers.reply(1, node.id);
        buffers.reply(2, BigInt(node.kind));
        return 0n;
      }
      case "forget": {
        const node = this.node(a);
        if (node.open === 0) throw new Error(`node ${a} is forgotten more often than it was opened`);
        node.open--;
        return 0n;
      }
      case "status": {
        this.before(method, "");
        const node = this.node(a);
        const size = node.kind === DIRECTORY ? 0 : node.content.length;
        const fields = [BigInt(node.kind) | (BigInt(node.links) << 32n), BigInt(size)];
        [...fields, node.modified, node.accessed, node.changed].forEach((value, i) => void buffers.reply(i + 1, value));
        return 0n;
      }
      case "create":
        return this.creating(method, a, bytes(b).toString(), Number(c), "");
      case "symlink": {
        const [name = "", target = ""] = bytes(b).toString().split("\0");
        return this.creating(method, a, name, LINK, target);
      }
      case "readlink":
        this.before(method, "");
        if (this.node(a).kind !== LINK) throw new FilesError("E_ARGUMENT");
        return put(this.node(a).content);
      case "link": {
        const name = bytes(c).toString();
        this.before(method, name);
        this.mustWrite();
        const node = this.node(a);
        if (node.kind === DIRECTORY) throw new FilesError("E_IS_DIRECTORY");
        if (this.child(b, name) !== undefined) throw new FilesError("E_EXISTS");
        this.enter(this.node(b), name, node);
        return 0n;
      }
      case "unlink":
        return this.unlinking(a, bytes(b).toString(), Number(c));
      case "rename": {
        const [old = "", to = ""] = bytes(c).toString().split("\0");
        return this.renaming(a, old, b, to);
      }
      case "list":
        return put(this.records(a, Number(b), buffers.buffer().length));
      case "read": {
        this.before(method, "");
        const node = this.file(a);
        node.accessed = this.time;
        const from = b < BigInt(node.content.length) ? Number(b) : node.content.length;
        return put(node.content.subarray(from, from + Math.min(Number(c), buffers.buffer().length)));
      }
      case "map":
        throw new FilesError("E_ABSENT");
      case "write": {
        this.before(method, "");
        this.mustWrite();
        const data = bytes(c);
        const node = this.file(a);
        if (data.length === 0) return 0n;
        this.resize(node, Math.max(Number(b) + data.length, node.content.length));
        data.copy(node.content, Number(b));
        return BigInt(data.length);
      }
      case "truncate":
        this.before(method, "");
        this.mustWrite();
        this.resize(this.file(a), this.size(b));
        return 0n;
      case "allocate": {
        this.before(method, "");
        this.mustWrite();
        const node = this.file(a);
        this.resize(node, Math.max(this.size(b + c), node.content.length));
        return 0n;
      }
      case "times": {
        this.mustWrite();
        const node = this.node(a);
        const which = Number(b);
        if ((which & 1) !== 0) node.accessed = c;
        if ((which & 2) !== 0) node.accessed = this.time;
        if ((which & 4) !== 0) node.modified = d;
        if ((which & 8) !== 0) node.modified = this.time;
        return 0n;
      }
      case "sync":
        this.before(method, "");
        if (a !== 0n) this.node(a);
        return 0n;
    }
  }

  private make(kind: number): Node {
    const time = this.time;
    const node: Node = {
      id: this.nextId++,
      kind,
      content: Buffer.alloc(0),
      children: new Map(),
      links: 0,
      open: 0,
      modified: time,
      accessed: time,
      changed: time,
    };
    this.nodes.set(node.id, node);
    return node;
  }

  private node(id: bigint): Node {
    const node = this.nodes.get(id);
    if (node === undefined || (node.open === 0 && node !== this.root)) throw new FilesError("E_HANDLE");
    return node;
  }

  private file(id: bigint): Node {
    const node = this.node(id);
    if (node.kind === DIRECTORY) throw new FilesError("E_IS_DIRECTORY");
    return node;
  }

  private child(directory: bigint, name: string): Node | undefined {
    const node = this.node(directory);
    if (node.kind !== DIRECTORY) throw new FilesError("E_NOT_DIRECTORY");
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) throw new FilesError("E_ARGUMENT");
    if (Buffer.byteLength(name) > 255) throw new FilesError("E_NAME_TOO_LONG");
    return node.children.get(name);
  }

  private mustWrite(): void {
    if ((this.rights & 2n) === 0n) throw new FilesError("E_READ_ONLY");
  }

  private enter(directory: Node, name: string, node: Node): void {
    directory.children.set(name, node);
    directory.modified = this.time;
    node.links += node.kind === DIRECTORY ? 2 : 1;
  }

  private creating(method: MethodName, directory: bigint, name: string, kind: number, content: string): bigint {
    this.before(method, name);
    this.mustWrite();
    if (this.child(directory, name) !== undefined) throw new FilesError("E_EXISTS");
    if (this.node(directory).links === 0) throw new FilesError("E_NOT_FOUND");
    const node = this.make(kind);
    node.content = Buffer.from(content);
    this.enter(this.node(directory), name, node);
    node.open++;
    return node.id;
  }

  private unlinking(directory: bigint, name: string, kind: number): bigint {
    this.before("unlink", name);
    this.mustWrite();
    const node = this.child(directory, name);
    if (node === undefined) throw new FilesError("E_NOT_FOUND");
    if (kind === 1 && node.kind === DIRECTORY) throw new FilesError("E_IS_DIRECTORY");
    if (kind === 2 && node.kind !== DIRECTORY) throw new FilesError("E_NOT_DIRECTORY");
    if (node.children.size > 0) throw new FilesError("E_NOT_EMPTY");
    this.node(directory).children.delete(name);
    node.links -= node.kind === DIRECTORY ? 2 : 1;
    return 0n;
  }

  private renaming(from: bigint, old: string, to: bigint, name: string): bigint {
    this.before("rename", old);
    this.mustWrite();
    const node = this.child(from, old);
    if (node === undefined) throw new FilesError("E_NOT_FOUND");
    const target = this.child(to, name);
    if (target === node) return 0n;
    if (node.kind === DIRECTORY && this.contains(node, this.node(to))) throw new FilesError("E_LOOP");
    if (target !== undefined) {
      if (node.kind === DIRECTORY && target.kind !== DIRECTORY) throw new FilesError("E_NOT_DIRECTORY");
      if (node.kind !== DIRECTORY && target.kind === DIRECTORY) throw new FilesError("E_IS_DIRECTORY");
      if (target.children.size > 0) throw new FilesError("E_NOT_EMPTY");
      target.links -= target.kind === DIRECTORY ? 2 : 1;
    }
    this.node(from).children.delete(old);
    this.node(to).children.set(name, node);
    return 0n;
  }

  private contains(above: Node, node: Node): boolean {
    return above === node || [...above.children.values()].some((child) => this.contains(child, node));
  }

  private size(value: bigint): number {
    if (value > 1n << 32n) throw new FilesError("E_TOO_LARGE");
    return Number(value);
  }

  private resize(node: Node, size: number): void {
    const others = [...this.nodes.values()].reduce((sum, one) => sum + (one === node ? 0 : one.content.length), 0);
    if (others + size > this.capacity) throw new FilesError("E_NO_SPACE");
    const content = Buffer.alloc(size);
    node.content.copy(content, 0, 0, Math.min(size, node.content.length));
    node.content = content;
    node.modified = this.time;
  }

  private records(directory: bigint, cursor: number, limit: number): Uint8Array {
    this.before("list", "");
    const node = this.node(directory);
    if (node.kind !== DIRECTORY) throw new FilesError("E_NOT_DIRECTORY");
    const records: Buffer[] = [];
    let used = 0;
    for (const [i, [name, child]] of [...node.children].entries()) {
      if (i < cursor) continue;
      const text = Buffer.from(name);
      const record = Buffer.alloc((24 + text.length + 7) & ~7);
      record.writeBigUInt64LE(BigInt(i + 1), 0);
      record.writeBigUInt64LE(child.id, 8);
      record.writeUInt32LE(child.kind, 16);
      record.writeUInt32LE(text.length, 20);
      text.copy(record, 24);
      if (used + record.length > limit) break;
      used += record.length;
      records.push(record);
    }
    return Buffer.concat(records);
  }
}
