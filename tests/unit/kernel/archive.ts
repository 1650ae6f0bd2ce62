// A boot archive of empty modules: right to the byte for the kernel, with nothing in them to run.
import type { AbiConstants } from "../../../linker/abi/constants.ts";
import { blake3 } from "../../../linker/phx/blake3.ts";

const PAGE = 4096;

export interface FakeModule {
  name: string;
  trusted: boolean;
  memoryPages: number;
  maximumPages: number;
}

export const MODULES: readonly FakeModule[] = [
  { name: "init", trusted: true, memoryPages: 1, maximumPages: 16 },
  { name: "service", trusted: true, memoryPages: 1, maximumPages: 64 },
  { name: "stranger", trusted: false, memoryPages: 2, maximumPages: 64 },
  { name: "bare", trusted: false, memoryPages: 0, maximumPages: 4 },
];

/** One .phx: a page each of text, thunks and relro, all zero but for two relocations. */
export function fakePhx(abi: AbiConstants, module: FakeModule): Uint8Array {
  const pages = 1 + 1 + 2 + 0 + 1;
  const file = new Uint8Array((pages + 1) * PAGE);
  const view = new DataView(file.buffer);
  const set = (field: string, value: number): void => view.setUint32(abi.number(field), value, true);
  set("PHX_MAGIC_AT", abi.number("PHX_MAGIC"));
  set("PHX_VERSION_AT", abi.number("PHX_VERSION"));
  set("PHX_ARCHITECTURE_AT", 1);
  set("PHX_TEXT_PAGES_AT", 1);
  set("PHX_THUNK_PAGES_AT", 1);
  set("PHX_RELRO_PAGES_AT", 1);
  set("PHX_RELOCATIONS_AT", pages * PAGE);
  set("PHX_RELOCATION_COUNT_AT", 2);
  set("PHX_ENTRY_START_AT", 16);
  set("PHX_ENTRY_CALL_AT", 32);
  set("PHX_ENTRY_EVENT_AT", 48);
  set("PHX_ENTRY_TRAMPOLINE_AT", PAGE);
  set("PHX_STRUCT_DISTANCE_AT", 512);
  set("PHX_STRUCT_SIZE_AT", 500);
  set("PHX_MEMORY_INITIAL_AT", module.memoryPages);
  set("PHX_MEMORY_MAXIMUM_AT", module.maximumPages);
  set("PHX_STACK_BYTES_AT", 65536);
  set("PHX_SLOTS_AT", 1);
  set("PHX_LENGTH_AT", file.length);
  view.setUint32(pages * PAGE, 0, true);
  view.setUint32(pages * PAGE + 4, (abi.number("RELOCATION_GATE") << 24) | abi.number("GATE_CALL"), true);
  view.setUint32(pages * PAGE + 8, 8, true);
  view.setUint32(pages * PAGE + 12, abi.number("RELOCATION_IMAGE") << 24, true);
  view.setBigUint64((pages - 1) * PAGE + 8, 48n, true);
  return file;
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

export function fakeArchive(abi: AbiConstants, modules: readonly FakeModule[] = MODULES): Uint8Array {
  const files = modules.map((module) => fakePhx(abi, module));
  const total = PAGE + files.reduce((sum, file) => sum + file.length, 0);
  const archive = new Uint8Array(total);
  const view = new DataView(archive.buffer);
  const table = abi.number("ARCHIVE_ENTRIES_AT"),
    size = abi.number("ARCHIVE_ENTRY_SIZE");
  let offset = PAGE;
  files.forEach((file, i) => {
    const entry = table + i * size;
    archive.set(new TextEncoder().encode(modules[i]?.name), entry);
    view.setBigUint64(entry + abi.number("ENTRY_OFFSET_AT"), BigInt(offset), true);
    view.setBigUint64(entry + abi.number("ENTRY_LENGTH_AT"), BigInt(file.length), true);
    view.setUint32(entry + abi.number("ENTRY_KIND_AT"), abi.number("ENTRY_MODULE"), true);
    view.setUint32(entry + abi.number("ENTRY_FLAGS_AT"), modules[i]?.trusted ? abi.number("ENTRY_FLAG_SFI") : 0, true);
    archive.set(blake3(file), entry + abi.number("ENTRY_HASH_AT"));
    archive.set(file, offset);
    offset += file.length;
  });
  view.setBigUint64(0, abi.value("ARCHIVE_MAGIC"), true);
  view.setBigUint64(abi.number("ARCHIVE_LENGTH_AT"), BigInt(total), true);
  view.setUint32(abi.number("ARCHIVE_COUNT_AT"), files.length, true);
  view.setUint32(abi.number("ARCHIVE_CHECK_AT"), fnv1a(archive.subarray(table, table + files.length * size)), true);
  return archive;
}
