// The boot archive: what the loader puts beside the kernel. Written by index.ts for every image and by the command-line
// tool for a run; read back by tests. Format: kernel/abi/formats.ts. Invariant: entry 0 is init, entries lie on pages.
import type { AbiConstants } from "./abi/constants.ts";
import { BuildError } from "./error.ts";
import { phxHash } from "./phx/write.ts";

export type EntryKind = "module" | "manifest" | "directory" | "parameters";

export interface ArchiveEntry {
  name: string;
  kind: EntryKind;
  bytes: Uint8Array;
  /** The image trusts this module in supervisor mode. */
  sfi?: boolean;
}

const PAGE_BYTES = 4096;
const NAME_BYTES = 64;
const KINDS: readonly EntryKind[] = ["module", "manifest", "directory", "parameters"];

function kindNumber(abi: AbiConstants, kind: EntryKind): number {
  return abi.number(`ENTRY_${kind.toUpperCase()}`);
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function align(value: number): number {
  return Math.ceil(value / PAGE_BYTES) * PAGE_BYTES;
}

export function writeArchive(abi: AbiConstants, entries: readonly ArchiveEntry[]): Uint8Array {
  if (entries[0]?.kind !== "module") throw new BuildError("A boot archive starts with the module init.");
  const tableAt = abi.number("ARCHIVE_ENTRIES_AT");
  const entryBytes = abi.number("ARCHIVE_ENTRY_SIZE");
  const tableEnd = tableAt + entries.length * entryBytes;
  const offsets: number[] = [];
  let at = align(tableEnd);
  for (const entry of entries) {
    offsets.push(at);
    at = align(at + entry.bytes.length);
  }
  const file = new Uint8Array(at);
  const view = new DataView(file.buffer);
  entries.forEach((entry, index) => {
    const base = tableAt + index * entryBytes;
    const name = new TextEncoder().encode(entry.name);
    if (name.length >= NAME_BYTES)
      throw new BuildError(`The archive entry ${entry.name} has a name longer than ${NAME_BYTES - 1} bytes.`);
    file.set(name, base + abi.number("ENTRY_NAME_AT"));
    view.setBigUint64(base + abi.number("ENTRY_OFFSET_AT"), BigInt(offsets[index] as number), true);
    view.setBigUint64(base + abi.number("ENTRY_LENGTH_AT"), BigInt(entry.bytes.length), true);
    view.setUint32(base + abi.number("ENTRY_KIND_AT"), kindNumber(abi, entry.kind), true);
    view.setUint32(base + abi.number("ENTRY_FLAGS_AT"), entry.sfi === true ? abi.number("ENTRY_FLAG_SFI") : 0, true);
    if (entry.kind === "module") file.set(phxHash(abi, entry.bytes), base + abi.number("ENTRY_HASH_AT"));
    file.set(entry.bytes, offsets[index] as number);
  });
  view.setBigUint64(abi.number("ARCHIVE_MAGIC_AT"), abi.value("ARCHIVE_MAGIC"), true);
  view.setBigUint64(abi.number("ARCHIVE_LENGTH_AT"), BigInt(file.length), true);
  view.setUint32(abi.number("ARCHIVE_COUNT_AT"), entries.length, true);
  view.setUint32(abi.number("ARCHIVE_CHECK_AT"), fnv1a(file.subarray(tableAt, tableEnd)), true);
  return file;
}

export function readArchive(abi: AbiConstants, file: Uint8Array): ArchiveEntry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tableAt = abi.number("ARCHIVE_ENTRIES_AT");
  const entryBytes = abi.number("ARCHIVE_ENTRY_SIZE");
  if (
    file.length < PAGE_BYTES ||
    view.getBigUint64(abi.number("ARCHIVE_MAGIC_AT"), true) !== abi.value("ARCHIVE_MAGIC")
  ) {
    throw new BuildError("Not a boot archive.");
  }
  const length = Number(view.getBigUint64(abi.number("ARCHIVE_LENGTH_AT"), true));
  if (length > file.length) throw new BuildError(`The boot archive is truncated: ${file.length} of ${length} bytes.`);
  const count = view.getUint32(abi.number("ARCHIVE_COUNT_AT"), true);
  const tableEnd = tableAt + count * entryBytes;
  if (
    tableEnd > length ||
    fnv1a(file.subarray(tableAt, tableEnd)) !== view.getUint32(abi.number("ARCHIVE_CHECK_AT"), true)
  ) {
    throw new BuildError("The boot archive's table is damaged.");
  }
  const kinds = new Map(KINDS.map((kind) => [kindNumber(abi, kind), kind]));
  return Array.from({ length: count }, (_none, index) => {
    const base = tableAt + index * entryBytes;
    const nameAt = base + abi.number("ENTRY_NAME_AT");
    const nameBytes = file.subarray(nameAt, nameAt + NAME_BYTES);
    const offset = Number(view.getBigUint64(base + abi.number("ENTRY_OFFSET_AT"), true));
    const bytes = Number(view.getBigUint64(base + abi.number("ENTRY_LENGTH_AT"), true));
    const kind = kinds.get(view.getUint32(base + abi.number("ENTRY_KIND_AT"), true));
    if (kind === undefined || offset + bytes > length)
      throw new BuildError(`Entry ${index} of the boot archive is damaged.`);
    return {
      name: new TextDecoder().decode(nameBytes.subarray(0, nameBytes.indexOf(0))),
      kind,
      bytes: file.slice(offset, offset + bytes),
      sfi: (view.getUint32(base + abi.number("ENTRY_FLAGS_AT"), true) & abi.number("ENTRY_FLAG_SFI")) !== 0,
    };
  });
}
