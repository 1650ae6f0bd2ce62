// Whole trees between the host and a store: in, out, and the walk that finds damage and names it. Called by `phi disk` and tests.
import { randomBytes } from "node:crypto";
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ERROR, StoreError } from "./errors.ts";
import { bytesOf, nameOf } from "./names.ts";
import { type Entry, KIND, ROOT_NODE, type Store, TRANSFER_BYTES } from "./store.ts";

/** What a tree was: files, directories, links, bytes of files. */
export interface Count {
  files: number;
  directories: number;
  links: number;
  bytes: number;
}

export interface Damage {
  path: string;
  error: number;
}

const EXECUTABLE = 0o111;
/** An executable file keeps its mode in a tag of this name; the store itself has no modes. */
const MODE_TAG = "mode";
const TIMES_BOTH = 5;
/** How the name begins that a file has until all of it is there; what follows is made up anew until nothing has that name. */
const TEMPORARY = ".phi-disk-put-";
const NAMES_TRIED_MAX = 8;
/** Bytes after which what was written is made durable, so that a long import can be interrupted. */
const CHECKPOINT_BYTES = 64 << 20;

export function emptyCount(): Count {
  return { files: 0, directories: 0, links: 0, bytes: 0 };
}

/** Works; an error of the store's then says what it was about, once. */
export function about<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StoreError ? new StoreError(error.error, what) : error;
  }
}

/** The node of a path from the root; "" and "/" are the root itself. */
export function resolve(store: Store, path: string, view = 0): Entry {
  let entry: Entry = { name: "", node: ROOT_NODE, kind: KIND.directory };
  return about(path, () => {
    for (const name of path.split("/").filter((part) => part !== "")) entry = store.lookup(entry.node, name, view);
    return entry;
  });
}

/** The directory of a path, made where it is missing. */
export function makeDirectories(store: Store, path: string): bigint {
  let node = ROOT_NODE;
  return about(path, () => {
    for (const name of path.split("/").filter((part) => part !== "")) node = directoryIn(store, node, name);
    return node;
  });
}

function directoryIn(store: Store, directory: bigint, name: string): bigint {
  try {
    return store.create(directory, name, KIND.directory);
  } catch (error) {
    if (!(error instanceof StoreError) || error.error !== ERROR.EXISTS) throw error;
    const found = store.lookup(directory, name);
    if (found.kind !== KIND.directory) throw new StoreError(ERROR.NOT_DIRECTORY, name);
    return found.node;
  }
}

/**
 * Puts a file, a link or a tree of the host's into a directory under a name; what is there of that name is replaced. `onSkipped` hears of what is
 * none of these.
 */
export function putIn(
  store: Store,
  source: string,
  directory: bigint,
  name: string,
  count: Count,
  onSkipped: (path: string) => void = () => {},
): void {
  const status = lstatSync(bytesOf(source), { bigint: true });
  if (status.isDirectory()) {
    const node = about(source, () => directoryIn(store, directory, name));
    count.directories++;
    for (const bytes of readdirSync(bytesOf(source), { encoding: "buffer" })) {
      const child = nameOf(bytes);
      putIn(store, join(source, child), node, child, count, onSkipped);
    }
    return;
  }
  if (status.isFile() || status.isSymbolicLink())
    about(source, () => replace(store, source, status, directory, name, count));
  else onSkipped(source);
}

/** What has the name keeps it until the new one is whole: a full disk costs nothing that is there. */
function replace(
  store: Store,
  source: string,
  status: BigIntStats,
  directory: bigint,
  name: string,
  count: Count,
): void {
  const isLink = status.isSymbolicLink();
  const made = makeUnderFreeName((free) =>
    isLink
      ? store.symlink(directory, free, nameOf(readlinkSync(bytesOf(source), { encoding: "buffer" })))
      : store.create(directory, free),
  );
  try {
    if (!isLink) putWhole(store, source, status, made.node, count);
    store.rename(directory, directory, made.name, name);
  } catch (error) {
    store.unlink(directory, made.name);
    store.call("checkpoint");
    throw error;
  }
  count[isLink ? "links" : "files"]++;
}

/** Makes a node under a name that nothing has: a file of any name may lie beside it. */
function makeUnderFreeName(make: (name: string) => bigint): { readonly name: string; readonly node: bigint } {
  for (let tried = 1; ; tried++) {
    const name = `${TEMPORARY}${randomBytes(8).toString("hex")}`;
    try {
      return { name, node: make(name) };
    } catch (error) {
      const isTaken = error instanceof StoreError && error.error === ERROR.EXISTS;
      if (!isTaken || tried === NAMES_TRIED_MAX) throw error;
    }
  }
}

function putWhole(store: Store, source: string, status: BigIntStats, node: bigint, count: Count): void {
  const bytes = putFile(store, source, node);
  if (Math.floor((count.bytes + bytes) / CHECKPOINT_BYTES) > Math.floor(count.bytes / CHECKPOINT_BYTES))
    store.call("checkpoint");
  count.bytes += bytes;
  if ((Number(status.mode) & EXECUTABLE) !== 0) store.setTag(node, MODE_TAG, (Number(status.mode) & 0o777).toString(8));
  store.times(node, TIMES_BOTH, kept(status.atimeNs), kept(status.mtimeNs));
}

/** The store counts nanoseconds since 1970, without a sign: what lies before is the beginning. */
function kept(time_ns: bigint): bigint {
  return time_ns < 0n ? 0n : time_ns;
}

function putFile(store: Store, source: string, node: bigint): number {
  const file = openSync(bytesOf(source), "r");
  try {
    const buffer = Buffer.alloc(TRANSFER_BYTES);
    for (let done = 0; ; ) {
      const got = readSync(file, buffer, 0, buffer.length, done);
      if (got === 0) return done;
      store.write(node, done, buffer.subarray(0, got));
      done += got;
    }
  } finally {
    closeSync(file);
  }
}

/** Writes what an entry of the store is to a path of the host. What cannot be read is left out, and told: its path in the store, and the error. */
export function getOut(
  store: Store,
  entry: Entry,
  path: string,
  destination: string,
  count: Count,
  view = 0,
): readonly Damage[] {
  if (entry.kind === KIND.directory) return getDirectory(store, entry, path, destination, count, view);
  try {
    if (entry.kind === KIND.link) {
      symlinkSync(Buffer.from(store.readAll(entry.node, view)), bytesOf(destination));
      count.links++;
    } else getFile(store, entry, destination, count, view);
    return [];
  } catch (error) {
    if (error instanceof StoreError) return [{ path, error: error.error }];
    throw error;
  }
}

function getDirectory(
  store: Store,
  entry: Entry,
  path: string,
  destination: string,
  count: Count,
  view: number,
): readonly Damage[] {
  mkdirSync(bytesOf(destination), { recursive: true });
  count.directories++;
  const damages: Damage[] = [];
  const seen = new Set<string>();
  try {
    for (const child of store.list(entry.node, view)) {
      const below = path === "" ? child.name : `${path}/${child.name}`;
      // a second one of a name could be written through a link that the first one made
      if (seen.has(child.name)) damages.push({ path: below, error: ERROR.DAMAGED });
      else damages.push(...getOut(store, child, below, join(destination, child.name), count, view));
      seen.add(child.name);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    damages.push({ path: path === "" ? "/" : path, error: error.error });
  }
  return damages;
}

function getFile(store: Store, entry: Entry, destination: string, count: Count, view: number): void {
  const to = bytesOf(destination);
  const status = store.status(entry.node, view);
  const file = openSync(to, "w");
  let isWhole = false;
  try {
    for (let done = 0; done < status.size; ) {
      const bytes = store.read(entry.node, done, TRANSFER_BYTES, view);
      writeSync(file, bytes);
      done += bytes.length;
    }
    isWhole = true;
  } finally {
    closeSync(file);
    if (!isWhole) rmSync(to, { force: true });
  }
  const mode = view === 0 ? modeOf(store, entry.node) : undefined;
  if (mode !== undefined) chmodSync(to, mode);
  const seconds = (ns: bigint) => Number(ns) / 1e9;
  utimesSync(to, seconds(status.accessed), seconds(status.modified));
  count.files++;
  count.bytes += status.size;
}

function modeOf(store: Store, node: bigint): number | undefined {
  try {
    return Number.parseInt(store.tag(node, MODE_TAG), 8) & 0o777;
  } catch (error) {
    if (error instanceof StoreError && error.error === ERROR.NOT_FOUND) return undefined;
    throw error;
  }
}

/** Reads and verifies everything below an entry: what is damaged, by name. */
export function scrub(store: Store, entry: Entry, path: string, count: Count, view = 0): Damage[] {
  const found: Damage[] = [];
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      found.push({ path: path === "" ? "/" : path, error: error.error });
    }
  };
  if (entry.kind !== KIND.directory) {
    count[entry.kind === KIND.link ? "links" : "files"]++;
    attempt(() => {
      count.bytes += store.status(entry.node, view).size;
      store.call("check", view, entry.node);
    });
    return found;
  }
  count.directories++;
  let children: Entry[] = [];
  attempt(() => {
    children = store.list(entry.node, view);
  });
  for (const child of children) found.push(...scrub(store, child, `${path}/${child.name}`, count, view));
  return found;
}

/** Removes everything below a directory, and the name of it. */
export function removeTree(store: Store, directory: bigint, name: string): void {
  const entry = store.lookup(directory, name);
  if (entry.kind === KIND.directory)
    for (const child of store.list(entry.node)) removeTree(store, entry.node, child.name);
  store.unlink(directory, name);
}
