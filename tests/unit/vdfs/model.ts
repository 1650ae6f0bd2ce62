// What the store should be: files, directories, links and names in TypeScript, with the same errors; and random changes of both.
// Digests of the whole tree are cheap, so that a test can keep one for every change.
import { createHash } from "node:crypto";
import { expect } from "vitest";
import { ERROR, StoreError } from "../../../scripts/vdfs/errors.ts";
import { KIND, ROOT_NODE, type Store } from "../../../scripts/vdfs/store.ts";

interface Node {
  number: bigint;
  kind: number;
  links: number;
  data: Buffer;
  digest: string;
  children: Map<string, Node>;
  parent?: Node;
}

export type Change =
  | { what: "create"; directory: string; name: string; kind: number }
  | { what: "symlink"; directory: string; name: string; target: string }
  | { what: "link"; from: string; directory: string; name: string }
  | { what: "unlink"; directory: string; name: string; kind: number }
  | { what: "rename"; from: string; to: string; name: string; newName: string }
  | { what: "write"; file: string; offset: number; bytes: Buffer }
  | { what: "truncate"; file: string; size: number };

class Refused extends Error {
  constructor(readonly error: number) {
    super(`refused with ${error}`);
  }
}

function digestOf(data: Buffer): string {
  return createHash("sha1").update(data).digest("base64");
}

export class Model {
  private next = 2n;
  readonly root: Node = {
    number: ROOT_NODE,
    kind: KIND.directory,
    links: 1,
    data: Buffer.alloc(0),
    digest: "",
    children: new Map(),
  };

  /** The node of a path of names joined by `/`; "" is the root. */
  private at(path: string): Node {
    let node = this.root;
    for (const name of path === "" ? [] : path.split("/")) {
      const child = node.children.get(name);
      if (child === undefined) throw new Refused(ERROR.NOT_FOUND);
      node = child;
    }
    return node;
  }

  paths(kind?: number): string[] {
    const found: string[] = kind === undefined || kind === KIND.directory ? [""] : [];
    const walk = (node: Node, path: string) => {
      for (const [name, child] of node.children) {
        const full = path === "" ? name : `${path}/${name}`;
        if (kind === undefined || child.kind === kind) found.push(full);
        walk(child, full);
      }
    };
    walk(this.root, "");
    return found;
  }

  private directory(path: string): Node {
    const node = this.at(path);
    if (node.kind !== KIND.directory) throw new Refused(ERROR.NOT_DIRECTORY);
    return node;
  }

  private add(directory: Node, name: string, kind: number, data: Buffer): void {
    if (directory.children.has(name)) throw new Refused(ERROR.EXISTS);
    const number = this.next++;
    const node: Node = { number, kind, links: 1, data, digest: digestOf(data), children: new Map() };
    if (kind === KIND.directory) node.parent = directory;
    directory.children.set(name, node);
  }

  apply(change: Change): number {
    try {
      this.make(change);
      return 0;
    } catch (error) {
      if (error instanceof Refused) return error.error;
      throw error;
    }
  }

  private make(change: Change): void {
    switch (change.what) {
      case "create":
        this.add(this.directory(change.directory), change.name, change.kind, Buffer.alloc(0));
        break;
      case "symlink":
        this.add(this.directory(change.directory), change.name, KIND.link, Buffer.from(change.target));
        break;
      case "link": {
        const node = this.at(change.from);
        const directory = this.directory(change.directory);
        if (node.kind === KIND.directory) throw new Refused(ERROR.IS_DIRECTORY);
        if (directory.children.has(change.name)) throw new Refused(ERROR.EXISTS);
        directory.children.set(change.name, node);
        node.links++;
        return;
      }
      case "unlink": {
        const directory = this.directory(change.directory);
        const node = directory.children.get(change.name);
        if (node === undefined) throw new Refused(ERROR.NOT_FOUND);
        if (change.kind === 2 && node.kind !== KIND.directory) throw new Refused(ERROR.NOT_DIRECTORY);
        if (change.kind === 1 && node.kind === KIND.directory) throw new Refused(ERROR.IS_DIRECTORY);
        if (node.children.size > 0) throw new Refused(ERROR.NOT_EMPTY);
        directory.children.delete(change.name);
        node.links--;
        return;
      }
      case "rename":
        this.move(change);
        break;
      case "write": {
        const node = this.at(change.file);
        if (node.kind === KIND.directory) throw new Refused(ERROR.IS_DIRECTORY);
        if (change.bytes.length === 0) return;
        const end = change.offset + change.bytes.length;
        const data = Buffer.alloc(Math.max(end, node.data.length));
        node.data.copy(data);
        change.bytes.copy(data, change.offset);
        node.data = data;
        node.digest = digestOf(data);
        return;
      }
      case "truncate": {
        const node = this.at(change.file);
        if (node.kind === KIND.directory) throw new Refused(ERROR.IS_DIRECTORY);
        const data = Buffer.alloc(change.size);
        node.data.copy(data, 0, 0, Math.min(change.size, node.data.length));
        node.data = data;
        node.digest = digestOf(data);
      }
    }
  }

  private move(change: Extract<Change, { what: "rename" }>): void {
    const to = this.directory(change.to);
    const from = this.directory(change.from);
    const node = from.children.get(change.name);
    if (node === undefined) throw new Refused(ERROR.NOT_FOUND);
    if (node.kind === KIND.directory)
      for (let up: Node | undefined = to; up !== undefined; up = up.parent)
        if (up === node) throw new Refused(ERROR.LOOP);
    const replaced = to.children.get(change.newName);
    if (replaced === node) return;
    if (replaced !== undefined) {
      if (node.kind === KIND.directory && replaced.kind !== KIND.directory) throw new Refused(ERROR.NOT_DIRECTORY);
      if (node.kind !== KIND.directory && replaced.kind === KIND.directory) throw new Refused(ERROR.IS_DIRECTORY);
      if (replaced.children.size > 0) throw new Refused(ERROR.NOT_EMPTY);
      replaced.links--;
    }
    from.children.delete(change.name);
    to.children.set(change.newName, node);
    if (node.kind === KIND.directory) node.parent = to;
  }

  /** One line for everything that can be seen. */
  digest(): string {
    const lines: string[] = [];
    const walk = (node: Node, path: string) => {
      for (const name of [...node.children.keys()].sort()) {
        const child = node.children.get(name) as Node;
        lines.push(`${path}/${name} ${child.kind} ${child.links} ${child.data.length} ${child.digest}`);
        walk(child, `${path}/${name}`);
      }
    };
    walk(this.root, "");
    return lines.join("\n");
  }
}

/** The same line for a store; every byte is read and so verified. */
export function digestOfStore(store: Store, view = 0): string {
  const lines: string[] = [];
  const walk = (node: bigint, path: string) => {
    const entries = store.list(node, view).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const status = store.status(entry.node, view);
      const isDirectory = entry.kind === KIND.directory;
      const data = isDirectory ? Buffer.alloc(0) : Buffer.from(store.readAll(entry.node, view));
      lines.push(`${path}/${entry.name} ${status.kind} ${status.links} ${data.length} ${digestOf(data)}`);
      if (isDirectory) walk(entry.node, `${path}/${entry.name}`);
    }
  };
  walk(ROOT_NODE, "");
  return lines.join("\n");
}

function nodeOf(store: Store, path: string): bigint {
  let node = ROOT_NODE;
  for (const name of path === "" ? [] : path.split("/")) node = store.lookup(node, name).node;
  return node;
}

/** Makes the change in the store: 0, or its error. */
export function applyToStore(store: Store, change: Change): number {
  try {
    switch (change.what) {
      case "create":
        store.create(nodeOf(store, change.directory), change.name, change.kind);
        break;
      case "symlink":
        store.symlink(nodeOf(store, change.directory), change.name, change.target);
        break;
      case "link":
        store.link(nodeOf(store, change.from), nodeOf(store, change.directory), change.name);
        break;
      case "unlink":
        store.unlink(nodeOf(store, change.directory), change.name, change.kind);
        break;
      case "rename":
        store.rename(nodeOf(store, change.from), nodeOf(store, change.to), change.name, change.newName);
        break;
      case "write":
        store.write(nodeOf(store, change.file), change.offset, change.bytes);
        break;
      case "truncate":
        store.truncate(nodeOf(store, change.file), change.size);
    }
    return 0;
  } catch (error) {
    if (error instanceof StoreError) return error.error;
    throw error;
  }
}

/** A small generator of numbers: the same seed, the same run. */
export class Random {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b) >>> 0;
    x = (x ^ (x >>> 15)) >>> 0;
    return x % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

const NAMES = ["a", "b", "c", "d", "e", "f", "long-name-that-fills-some-of-a-record", "g"];

/** Bytes that repeat now and then, so that contents are shared. */
export function someBytes(random: Random, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const seed = random.below(6);
  const fresh = random.below(3) === 0 ? random.below(1 << 30) : 0;
  for (let i = 0; i < length; i += 4) bytes.writeUInt32LE((Math.imul(i + seed * 77, 2654435761) ^ fresh) >>> 0, i);
  return bytes;
}

/** A change that may or may not be possible in this tree. */
export function someChange(random: Random, model: Model, fileBytes = 60_000): Change {
  const directories = model.paths(KIND.directory);
  const files = model.paths(KIND.file);
  const directory = random.pick(directories);
  const name = random.pick(NAMES);
  switch (random.below(files.length === 0 ? 3 : 12)) {
    case 0:
    case 1:
      return { what: "create", directory, name, kind: random.below(3) === 0 ? KIND.directory : KIND.file };
    case 2:
      return { what: "symlink", directory, name, target: random.pick(["x", "../y", "z".repeat(300)]) };
    case 3:
      return { what: "link", from: random.pick(files), directory, name };
    case 4:
      return { what: "unlink", directory, name, kind: random.below(3) };
    case 5:
    case 6:
      return { what: "rename", from: directory, to: random.pick(directories), name, newName: random.pick(NAMES) };
    case 7:
      return { what: "truncate", file: random.pick(files), size: random.below(fileBytes) };
    default: {
      const aligned = random.below(2) === 0;
      const offset = aligned ? random.below(fileBytes >> 12) << 12 : random.below(fileBytes);
      const length = (1 + random.below(aligned ? 4 : 2500)) * 4 * (aligned ? 1024 : 1);
      return { what: "write", file: random.pick(files), offset, bytes: someBytes(random, length) };
    }
  }
}

/** The map of the space is what the trees hold, and every content is counted as often as it is used. */
export function expectSound(store: Store): void {
  store.call("checkpoint");
  store.call("verify_space");
  const figures = ["named_but_free", "used_but_unnamed", "uses_are_right"].map((name) => store.figure(name));
  expect(figures).toEqual([0, 0, 1]);
}
