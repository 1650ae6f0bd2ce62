// Whole trees between the host and a store: in, out, and the walk that finds damage and names it. Called by `phi disk` and tests.
import { randomBytes } from "node:crypto";
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
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
/** A name for what is not all there yet; who is told that something has it makes up another. */
export const temporaryName = (command: "put" | "import"): string =>
  `.phi-disk-${command}-${randomBytes(8).toString("hex")}`;
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
    const name = temporaryName("put");
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

/** What a walk comes by. */
export interface Visit {
  readonly entry: Entry;
  /** From where the walk began, which is "". */
  readonly path: string;
  readonly parent: bigint;
  /** A directory that cannot be listed, or what no store makes: a directory inside itself, two entries of one name. */
  readonly error?: number;
}

/** An entry and everything below it, a directory before what is in it, names in their order. As deep as a disk is: no call waits inside another. */
export function* everything(store: Store, start: Entry, view = 0): Generator<Visit> {
  const met = new Set<bigint>();
  const waiting: Visit[] = [{ entry: start, path: "", parent: 0n }];
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    const { entry, path } = visit;
    if (visit.error !== undefined || entry.kind !== KIND.directory) yield visit;
    else if (met.has(entry.node)) yield { ...visit, error: ERROR.DAMAGED };
    else {
      met.add(entry.node);
      const children = listed(store, entry.node, view);
      if (typeof children === "number") {
        yield { ...visit, error: children };
        continue;
      }
      yield visit;
      for (const [place, child] of children.entries()) {
        const below = { entry: child, path: path === "" ? child.name : `${path}/${child.name}`, parent: entry.node };
        waiting.push(children[place + 1]?.name === child.name ? { ...below, error: ERROR.DAMAGED } : below);
      }
    }
  }
}

/** A directory's entries, the last name first, or the error. */
function listed(store: Store, directory: bigint, view: number): readonly Entry[] | number {
  try {
    return store.list(directory, view).sort((a, b) => (a.name < b.name ? 1 : a.name > b.name ? -1 : 0));
  } catch (error) {
    if (error instanceof StoreError) return error.error;
    throw error;
  }
}

/** Writes what an entry of the store is to a path of the host. What cannot be read is left out, and told: its path in the store, and the error. */
export function getOut(
  store: Store,
  start: Entry,
  path: string,
  destination: string,
  count: Count,
  view = 0,
): readonly Damage[] {
  const damages: Damage[] = [];
  for (const visit of everything(store, start, view)) {
    const from = [path, visit.path].filter((part) => part !== "").join("/");
    try {
      if (visit.error !== undefined) throw new StoreError(visit.error, from);
      getOne(store, visit.entry, join(destination, visit.path), count, view);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      damages.push({ path: from === "" ? "/" : from, error: error.error });
    }
  }
  return damages;
}

function getOne(store: Store, entry: Entry, destination: string, count: Count, view: number): void {
  if (entry.kind === KIND.directory) {
    mkdirSync(bytesOf(destination), { recursive: true });
    count.directories++;
  } else if (entry.kind === KIND.link) {
    symlinkSync(Buffer.from(store.readAll(entry.node, view)), bytesOf(destination));
    count.links++;
  } else getFile(store, entry, destination, count, view);
}

/** An empty file of the host's: not what the store itself lies in. */
function openTarget(store: Store, to: Buffer): number {
  const file = openSync(to, constants.O_WRONLY | constants.O_CREAT, 0o666);
  if (store.disk.isKeptIn?.(file)) {
    closeSync(file);
    throw Object.assign(new Error("it is the disk image itself"), { code: "EBUSY" });
  }
  if (fstatSync(file).isFile()) ftruncateSync(file, 0);
  return file;
}

function getFile(store: Store, entry: Entry, destination: string, count: Count, view: number): void {
  const to = bytesOf(destination);
  const status = store.status(entry.node, view);
  const file = openTarget(store, to);
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
export function scrub(store: Store, start: Entry, count: Count, view = 0): readonly Damage[] {
  const found: Damage[] = [];
  for (const { entry, path, error } of everything(store, start, view)) {
    count[entry.kind === KIND.directory ? "directories" : entry.kind === KIND.link ? "links" : "files"]++;
    const answer = error ?? (entry.kind === KIND.directory ? 0 : checked(store, entry.node, count, view));
    if (answer < 0) found.push({ path: `/${path}`, error: answer });
  }
  return found;
}

function checked(store: Store, node: bigint, count: Count, view: number): number {
  try {
    count.bytes += store.status(node, view).size;
    store.call("check", view, node);
    return 0;
  } catch (error) {
    if (error instanceof StoreError) return error.error;
    throw error;
  }
}

/** Removes everything below a directory, and the name of it. */
export function removeTree(store: Store, directory: bigint, name: string): void {
  const emptied: Visit[] = [];
  for (const visit of everything(store, store.lookup(directory, name))) {
    if (visit.error !== undefined)
      throw new StoreError(visit.error, visit.path === "" ? name : `${name}/${visit.path}`);
    if (visit.path === "" || visit.entry.kind === KIND.directory) emptied.push(visit);
    else store.unlink(visit.parent, visit.entry.name);
  }
  for (const { path, parent, entry } of emptied.reverse()) store.unlink(path === "" ? directory : parent, entry.name);
}
