// Writes the packed-directory format (docs/wasi.md) from a tree in memory. Called by directory.ts and by tests.
// The companion (services/wasi/tree.ts) reads it and checks every rule that is kept here.
import * as format from "../../services/wasi/format.ts";
import { BuildError } from "../error.ts";

export interface PackedFile {
  kind: "file";
  content: Uint8Array;
  /** Nanoseconds since 1970. */
  modified?: bigint;
}

export interface PackedLink {
  kind: "link";
  target: Uint8Array;
  modified?: bigint;
}

export interface PackedDirectory {
  kind: "directory";
  /** By name, as bytes: names need not be UTF-8 to be packed (a WASI program cannot name such a file, only list it). */
  children: { name: Uint8Array; node: PackedNode }[];
  modified?: bigint;
}

export type PackedNode = PackedFile | PackedLink | PackedDirectory;

const FILE_TYPE = { directory: 3, file: 4, link: 7 } as const;
/** Offsets are 32 bits, and a program's window has one GiB for all its directories. */
const LENGTH_LIMIT = 2 ** 30;

interface Placed {
  node: PackedNode;
  name: Uint8Array;
  parent: number;
  nameAt: number;
  /** Number of the first child, or offset of the content. */
  at: number;
}

/** FNV-1a, 32 bits. */
export function fnv1a(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

/** All nodes breadth-first, children sorted by the bytes of their names. */
function place(root: PackedDirectory): Placed[] {
  const list: Placed[] = [{ node: root, name: new Uint8Array(0), parent: 0, nameAt: 0, at: 0 }];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (entry?.node.kind !== "directory") continue;
    entry.at = list.length;
    const children = [...entry.node.children].sort((a, b) => Buffer.compare(a.name, b.name));
    let previous: Uint8Array | undefined;
    for (const child of children) {
      checkName(child.name, previous);
      previous = child.name;
      list.push({ node: child.node, name: child.name, parent: i, nameAt: 0, at: 0 });
    }
  }
  return list;
}

function checkName(name: Uint8Array, previous: Uint8Array | undefined): void {
  const text = Buffer.from(name).toString();
  if (name.length === 0 || name.length > format.NAME_MAX || text === "." || text === "..") {
    throw new BuildError(
      `Cannot pack a file named "${text}": names are 1 to ${format.NAME_MAX} bytes, not "." or "..".`,
    );
  }
  if (name.includes(0) || name.includes(0x2f))
    throw new BuildError(`Cannot pack a file named "${text}": a name has no slash and no zero byte.`);
  if (previous !== undefined && Buffer.compare(previous, name) === 0)
    throw new BuildError(`Two files are named "${text}".`);
}

function contentOf(node: PackedNode): Uint8Array {
  if (node.kind === "file") return node.content;
  return node.kind === "link" ? node.target : new Uint8Array(0);
}

function align(offset: number): number {
  return Math.ceil(offset / format.DIRECTORY_CONTENT_ALIGNMENT) * format.DIRECTORY_CONTENT_ALIGNMENT;
}

/** The bytes of an ENTRY_DIRECTORY archive entry. */
export function packTree(root: PackedDirectory): Uint8Array {
  const nodes = place(root);
  const namesAt = format.DIRECTORY_NODES_AT + nodes.length * format.NODE_SIZE;
  let namesBytes = 0;
  for (const entry of nodes) {
    entry.nameAt = namesBytes;
    namesBytes += entry.name.length;
  }
  let end = align(namesAt + namesBytes);
  for (const entry of nodes) {
    if (entry.node.kind === "directory") continue;
    const length = contentOf(entry.node).length;
    if (entry.node.kind === "link" && length > format.PATH_MAX)
      throw new BuildError(
        `The link ${Buffer.from(entry.name)} has a target of ${length} bytes; the limit is ${format.PATH_MAX}.`,
      );
    entry.at = end;
    end = align(end + length);
  }
  if (end > LENGTH_LIMIT)
    throw new BuildError(`The directory takes ${end} bytes packed; the limit is ${LENGTH_LIMIT}.`);

  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  nodes.forEach((entry, i) => {
    const at = format.DIRECTORY_NODES_AT + i * format.NODE_SIZE;
    const content = contentOf(entry.node);
    const length = entry.node.kind === "directory" ? entry.node.children.length : content.length;
    view.setUint32(at + format.NODE_TYPE_AT, FILE_TYPE[entry.node.kind], true);
    view.setUint32(at + format.NODE_PARENT_AT, entry.parent, true);
    view.setUint32(at + format.NODE_NAME_AT, entry.nameAt, true);
    view.setUint32(at + format.NODE_NAME_LENGTH_AT, entry.name.length, true);
    view.setUint32(at + format.NODE_CONTENT_AT, entry.at, true);
    view.setUint32(at + format.NODE_CONTENT_LENGTH_AT, length, true);
    view.setBigUint64(at + format.NODE_MODIFIED_AT, entry.node.modified ?? 0n, true);
    bytes.set(entry.name, namesAt + entry.nameAt);
    if (entry.node.kind !== "directory") bytes.set(content, entry.at);
  });
  view.setUint32(format.DIRECTORY_MAGIC_AT, format.DIRECTORY_MAGIC_LOW, true);
  view.setUint32(format.DIRECTORY_MAGIC_AT + 4, format.DIRECTORY_MAGIC_HIGH, true);
  view.setUint32(format.DIRECTORY_LENGTH_AT, end, true);
  view.setUint32(format.DIRECTORY_NODE_COUNT_AT, nodes.length, true);
  view.setUint32(format.DIRECTORY_NAMES_AT, namesAt, true);
  view.setUint32(format.DIRECTORY_NAMES_BYTES_AT, namesBytes, true);
  const check = fnv1a(bytes.subarray(format.DIRECTORY_NODES_AT, namesAt + namesBytes));
  view.setUint32(format.DIRECTORY_CHECK_AT, check, true);
  return bytes;
}
