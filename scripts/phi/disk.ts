// `phi disk` (disk-commands.ts): what is on a disk image of VDFS, from the host: the store's own module in Node (scripts/vdfs). An image that
// a machine or another command has open must not be written here.

import { randomBytes } from "node:crypto";
import { lstatSync } from "node:fs";
import { basename, join } from "node:path";
import { FileDisk } from "../vdfs/disk.ts";
import { ERROR, StoreError, sentenceOf } from "../vdfs/errors.ts";
import { nameOf, shown } from "../vdfs/names.ts";
import { type Entry, KIND, ROOT_NODE, Store } from "../vdfs/store.ts";
import {
  about,
  type Count,
  emptyCount,
  everything,
  getOut,
  makeDirectories,
  putIn,
  removeTree,
  resolve,
  scrub,
} from "../vdfs/tree.ts";
import { checkImage, checkNew, lockImage } from "./disk-image.ts";
import { CliFailure, EXIT_FAILURE, EXIT_USAGE } from "./failure.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };
/** Of a reason that has a path in it. */
const REASON_CHARACTERS_MAX = 400;
const BYTES_MIN = 1 << 20;
const BYTES_MAX = 64 * (1 << 30);

function parseSize(text: string): number {
  const match = /^([1-9][0-9]*)([KMG]?)$/.exec(text);
  const bytes = match === null ? 0 : Number(match[1]) * (UNITS[match[2] as string] as number);
  if (bytes < BYTES_MIN || bytes > BYTES_MAX)
    throw new CliFailure(`"${text}" is no size of a disk`, "Give 1M to 64G, for example 256M.", EXIT_USAGE);
  return bytes;
}

function sentence({ files, directories, links, bytes }: Count): string {
  return `${files} files, ${directories} directories, ${links} links, ${bytes} bytes`;
}

/** What to do about an error of the store's. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [ERROR.FORMAT, "None of its superblocks is whole: copy it again from where it is."],
  [ERROR.NOT_FOUND, "phi disk ls IMAGE -a lists what is there."],
  [ERROR.ARGUMENT, "Give a path from the disk's root, without . and .. in it."],
  [ERROR.NO_SPACE, "Remove something (phi disk rm), or make a larger image and put it there."],
  [ERROR.DAMAGED, "phi disk scrub IMAGE names all that is damaged; the rest can be got."],
  [ERROR.NAME_TOO_LONG, "A name has 1 to 255 bytes."],
  [ERROR.EXISTS, "Give another name."],
  [ERROR.NOT_DIRECTORY, "phi disk ls IMAGE -a lists what is there."],
  [ERROR.IS_DIRECTORY, "phi disk rm IMAGE PATH removes it."],
]);

function openImage(image: string, writable: boolean): FileDisk {
  try {
    return FileDisk.open(image, writable, (descriptor) => lockImage(descriptor, image));
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(`${image} cannot be opened: ${(error as Error).message}`, "Look at its rights.");
  }
}

/** Opens an image, works, and closes it; an error of the store's becomes one of the command's. */
export async function withStore<T>(
  image: string,
  writable: boolean,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  checkImage(image);
  const disk = openImage(image, writable);
  try {
    const store = await Store.create(disk);
    store.mount(!writable);
    return await work(store);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new CliFailure(`${image}: ${error.message}`, ADVICE.get(error.error));
  } finally {
    disk.close();
  }
}

export async function create(image: string, size: string, options: { force?: boolean } = {}): Promise<number> {
  const bytes = parseSize(size);
  checkNew(image, options.force === true);
  const disk = FileDisk.create(image, bytes, (descriptor) => lockImage(descriptor, image));
  const seed = randomBytes(16);
  const store = await Store.create(disk);
  store.format([seed.readBigUInt64LE(0), seed.readBigUInt64LE(8)]);
  disk.close();
  process.stdout.write(`${image}: ${store.figure("free_pages")} of ${disk.pages} pages of 4 KiB free\n`);
  return 0;
}

function checkSource(source: string): void {
  const status = lstatSync(source, { throwIfNoEntry: false });
  if (status === undefined) throw new CliFailure(`there is no ${source}`, "Give files and directories that are there.");
  if (!status.isFile() && !status.isDirectory() && !status.isSymbolicLink())
    throw new CliFailure(`${source} is neither file, directory nor link`, "A disk keeps nothing else.");
}

const onSkipped = (path: string): void =>
  void process.stderr.write(`phi: ${shown(path)} is neither file, directory nor link: left out\n`);

export async function put(image: string, sources: readonly string[], options: { to?: string }): Promise<number> {
  for (const source of sources) checkSource(source);
  await withStore(image, true, (store) => {
    const count = emptyCount();
    const directory = makeDirectories(store, options.to ?? "");
    for (const source of sources)
      putIn(store, source, directory, basename(join(process.cwd(), source)), count, onSkipped);
    store.call("checkpoint");
    process.stdout.write(
      `${sentence(count)}; ${store.figure("shared_pages")} pages were there already; ${store.figure("free_pages")} pages free\n`,
    );
  });
  return 0;
}

function viewOf(store: Store, snapshot: string | undefined): number {
  return snapshot === undefined ? 0 : about(`snapshot ${snapshot}`, () => store.openView(snapshot));
}

/** What goes wrong with the host's files is about the destination. */
function toHost<T>(to: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new CliFailure(
      `${to} cannot be written: ${(error as Error).message.slice(0, REASON_CHARACTERS_MAX)}`,
      "Give a path that is free, where there is room.",
    );
  }
}

export async function get(image: string, path: string, to: string, options: { snapshot?: string }): Promise<number> {
  return withStore(image, false, (store) => {
    const view = viewOf(store, options.snapshot);
    const count = emptyCount();
    const entry = resolve(store, path, view);
    const damages = toHost(to, () => getOut(store, entry, path, to, count, view));
    for (const damage of damages)
      process.stderr.write(`phi: ${shown(damage.path)} is left out: ${sentenceOf(damage.error)}\n`);
    process.stdout.write(`${sentence(count)}\n`);
    return damages.length === 0 ? 0 : EXIT_FAILURE;
  });
}

export async function list(
  image: string,
  path: string,
  options: { snapshot?: string; all?: boolean },
): Promise<number> {
  await withStore(image, false, (store) => {
    const view = viewOf(store, options.snapshot);
    const show = (entry: Entry, name: string): void => {
      const status = store.status(entry.node, view);
      const kind = entry.kind === KIND.directory ? "d" : entry.kind === KIND.link ? "l" : "-";
      const target = entry.kind === KIND.link ? ` -> ${nameOf(store.readAll(entry.node, view))}` : "";
      const time = new Date(Number(status.modified / 1_000_000n)).toISOString().slice(0, 19);
      process.stdout.write(`${kind} ${String(status.size).padStart(12)} ${time} ${shown(name + target)}\n`);
    };
    const start = resolve(store, path, view);
    if (start.kind !== KIND.directory) show(start, path);
    else if (options.all === true) {
      for (const { entry, path: name, error } of everything(store, start, view)) {
        if (name !== "") show(entry, name);
        if (error !== undefined) throw new StoreError(error, name);
      }
    } else
      for (const entry of store.list(start.node, view).sort((a, b) => (a.name < b.name ? -1 : 1)))
        show(entry, entry.name);
  });
  return 0;
}

export async function remove(image: string, path: string): Promise<number> {
  await withStore(image, true, (store) => {
    const parts = path.split("/").filter((part) => part !== "");
    const name = parts.pop();
    if (name === undefined) throw new CliFailure("the root cannot be removed", undefined, EXIT_USAGE);
    about(path, () => removeTree(store, resolve(store, parts.join("/")).node, name));
    store.call("checkpoint");
  });
  return 0;
}

/** Reads and verifies all data, of the live tree and of every snapshot. */
function scrubAll(store: Store): number {
  const root: Entry = { name: "", node: ROOT_NODE, kind: KIND.directory };
  const views = [
    { name: "", view: 0 },
    ...store.snapshots().map(({ name }) => ({ name: `snapshot ${name}: `, view: name })),
  ];
  let damaged = 0;
  for (const { name, view } of views) {
    const count = emptyCount();
    const number = typeof view === "string" ? store.openView(view) : view;
    const damages = scrub(store, root, count, number);
    for (const { path, error } of damages) process.stdout.write(`${shown(name + path)}: ${sentenceOf(error)}\n`);
    damaged += damages.length;
    process.stdout.write(`${name}${sentence(count)} read and verified, ${damages.length} damaged\n`);
    store.raw("close_view", number);
  }
  return damaged === 0 ? 0 : EXIT_FAILURE;
}

export async function verify(image: string, space: boolean): Promise<number> {
  return withStore(image, false, (store) => {
    if (store.figure("is_salvaged") !== 0)
      process.stdout.write("the log needs what is damaged: its changes are not shown\n");
    const status = scrubAll(store);
    if (!space) return status;
    const answer = Number(store.raw("verify_space"));
    if (answer < 0) {
      process.stdout.write(`the trees: ${sentenceOf(answer)}\n`);
      return EXIT_FAILURE;
    }
    const [free, unnamed, right] = ["named_but_free", "used_but_unnamed", "uses_are_right"].map((name) =>
      store.figure(name),
    );
    process.stdout.write(
      `space: ${free} pages in use and marked free, ${unnamed} marked and not in use, counts of uses ${right === 1 ? "right" : "wrong"}\n`,
    );
    return status !== 0 || free !== 0 || right !== 1 ? EXIT_FAILURE : 0;
  });
}

export async function snapshot(
  image: string,
  name: string | undefined,
  options: { delete?: boolean },
): Promise<number> {
  if (name === undefined && options.delete === true)
    throw new CliFailure("--delete needs the name of a snapshot", `phi disk snapshot ${image} lists them.`, EXIT_USAGE);
  await withStore(image, name !== undefined, (store) => {
    if (name !== undefined)
      about(`snapshot ${name === "" ? '""' : name}`, () =>
        options.delete === true ? store.deleteSnapshot(name) : store.makeSnapshot(name),
      );
    for (const each of store.snapshots())
      process.stdout.write(
        `${new Date(Number(each.time / 1_000_000n)).toISOString().slice(0, 19)} ${shown(each.name)}\n`,
      );
  });
  return 0;
}
