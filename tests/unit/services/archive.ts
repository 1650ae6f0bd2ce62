// A boot archive for the mock kernel: the format of kernel/abi/formats.ts, with modules that are only names.

const PAGE = 4096;
const ENTRY = 128;

export interface ArchiveEntry {
  readonly name: string;
  readonly kind: "module" | "manifest" | "directory" | "parameters";
  readonly content?: Uint8Array;
  readonly trusted?: boolean;
  /** set by buildArchive */
  offset?: number;
}

const KINDS = { module: 1, manifest: 2, directory: 3, parameters: 4 } as const;

/** Lays the entries out, each page-aligned, and notes their offsets. */
export function buildArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  let offset = Math.ceil((64 + entries.length * ENTRY) / PAGE) * PAGE;
  for (const entry of entries) {
    entry.offset = offset;
    offset += Math.max(1, Math.ceil((entry.content?.length ?? 1) / PAGE)) * PAGE;
  }
  const bytes = new Uint8Array(offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 0x3148435241494850n, true);
  view.setBigUint64(8, BigInt(offset), true);
  view.setUint32(16, entries.length, true);
  entries.forEach((entry, index) => {
    const at = 64 + index * ENTRY;
    bytes.set(new TextEncoder().encode(entry.name), at);
    view.setBigUint64(at + 64, BigInt(entry.offset ?? 0), true);
    view.setBigUint64(at + 72, BigInt(entry.content?.length ?? PAGE), true);
    view.setUint32(at + 80, KINDS[entry.kind], true);
    view.setUint32(at + 84, entry.trusted ? 1 : 0, true);
    if (entry.content !== undefined) bytes.set(entry.content, entry.offset ?? 0);
  });
  return bytes;
}
