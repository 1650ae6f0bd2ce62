// The world of what reads an image: a boot archive with a module and a manifest, changed by the input; sums are right unless the input says otherwise.
// Judges: the kernel reads and writes nothing but the archive and the module's own relro, believes no section, entry or relocation that lies outside
// the module, and what init takes for an entry, a text or a service is one that there is.
import * as bytes from "./bytes";
import * as host from "./host";
import { must, tell } from "./say";
import * as service from "./service";
import { open_startup, startup_entry } from "./startup";
import * as f from "../../../../kernel/abi/formats";
import { GATE_COUNT } from "../../../../kernel/abi/gates";
import { STARTUP_INDEX } from "../../../../kernel/abi/layout";
import * as m from "../../../../services/init/format";

// @ts-ignore: decorator
@external("service", "kernel_opens")
declare function kernel_opens(address: u64, length: u64): u32;
// @ts-ignore: decorator
@external("service", "init_offset")
declare function init_offset(): u64;
// @ts-ignore: decorator
@external("service", "init_length")
declare function init_length(): u64;
// @ts-ignore: decorator
@external("service", "is_trusted")
declare function is_trusted(offset: u64, length: u64): u32;
// @ts-ignore: decorator
@external("service", "is_sound")
declare function is_sound(file: u64, length: u64): u32;
// @ts-ignore: decorator
@external("service", "relocates")
declare function relocates(file: u64, length: u64, relro: u64, base: u64): u32;
// @ts-ignore: decorator
@external("service", "init_reads")
declare function init_reads(): void;
// @ts-ignore: decorator
@external("service", "entry_of")
declare function entry_of(kind: u32): u32;
// @ts-ignore: decorator
@external("service", "entry_named")
declare function entry_named(kind: u32, prefix: u32, name: u32, length: u32): u32;
// @ts-ignore: decorator
@external("service", "content_at")
declare function content_at(entry: u32): u64;
// @ts-ignore: decorator
@external("service", "content_length")
declare function content_length(entry: u32): u64;
// @ts-ignore: decorator
@external("service", "name_length")
declare function name_length(entry: u32): u32;
// @ts-ignore: decorator
@external("service", "manifest_result")
declare function manifest_result(start: u32, length: u64): u32;
// @ts-ignore: decorator
@external("service", "texts")
declare function texts(): u32;
// @ts-ignore: decorator
@external("service", "text_at")
declare function text_at(place: u32): u32;
// @ts-ignore: decorator
@external("service", "text_length")
declare function text_length(place: u32): u32;
// @ts-ignore: decorator
@external("service", "grants_end")
declare function grants_end(which: u32): u32;
// @ts-ignore: decorator
@external("service", "services")
declare function services(): u32;
// @ts-ignore: decorator
@external("service", "grants")
declare function grants(): u32;
// @ts-ignore: decorator
@external("service", "grant_target")
declare function grant_target(grant: u32): u32;

const PAGE: u32 = 4096;
const PAGES: u32 = 24;
const BYTES: u32 = 0x18000;
/** Where the archive lies for the kernel, the module's relro, its image; and the archive for init. */
const AT: u64 = 0x10_0000;
const RELRO_AT: u64 = 0x800_0000;
const BASE: u64 = 0x4000_0000_0000;
const INDEX: u32 = 0x9000_0000;
const GATE: u64 = 0xffff_ffff_8000_0000;
const ENTRIES: u32 = 3;
const MODULE: u32 = PAGE;
const MODULE_BYTES: u32 = 8 * PAGE;
const RELOCATIONS: u32 = 7 * PAGE;
const MANIFEST: u32 = 10 * PAGE;
const SERVICES: u32 = 2;
const GRANTS: u32 = 3;
const TEXT: string = "initechoconsoledata";
const OK: u32 = 0;

const file = memory.data(0x18000, 8);
/** How much of it was loaded. */
let loaded: u64 = BYTES;
/** The relro that is relocated now. */
let relro_bytes: u64 = 0;
const relro = memory.data(0x18000, 8);

function in_file(address: u64, width: u64): usize {
  const inside = address >= AT && address - AT <= loaded && width <= loaded - (address - AT);
  const in_relro =
    address >= RELRO_AT && address - RELRO_AT <= relro_bytes && width <= relro_bytes - (address - RELRO_AT);
  must(inside || in_relro, "the kernel reads what is neither archive nor relro, at", address);
  return inside ? file + <usize>(address - AT) : relro + <usize>(address - RELRO_AT);
}
export function machine_load8(address: u64): u32 {
  return load<u8>(in_file(address, 1));
}
export function machine_load32(address: u64): u32 {
  return load<u32>(in_file(address, 4));
}
export function machine_load64(address: u64): u64 {
  return load<u64>(in_file(address, 8));
}
export function machine_gate_address(gate: u32): u64 {
  must(gate < GATE_COUNT, "a gate that there is not", gate);
  return GATE + gate;
}
export function machine_store64(address: u64, value: u64): void {
  const inside = address >= RELRO_AT && address - RELRO_AT + 8 <= relro_bytes;
  must(inside && (address & 7) == 0, "a relocation outside the module's relro, at", address);
  const is_gate = value >= GATE && value < GATE + GATE_COUNT;
  must(is_gate || (value >= BASE && value - BASE <= image_bytes), "a pointer out of the module's image", value);
  store<u64>(relro + <usize>(address - RELRO_AT), value);
}
let image_bytes: u64 = 0;

function put32(at: u32, value: u32): void {
  store<u32>(file + at, value);
}

function put_entry(i: u32, name: string, at: u32, length: u32, kind: u32): void {
  const entry = file + f.ARCHIVE_ENTRIES_AT + i * f.ARCHIVE_ENTRY_SIZE;
  for (let k = 0; k < name.length; k++) store<u8>(entry + k, <u8>name.charCodeAt(k));
  store<u64>(entry + f.ENTRY_OFFSET_AT, at);
  store<u64>(entry + f.ENTRY_LENGTH_AT, length);
  store<u32>(entry + f.ENTRY_KIND_AT, kind);
  store<u32>(entry + f.ENTRY_FLAGS_AT, f.ENTRY_FLAG_SFI);
}

function put_module(): void {
  put32(MODULE + f.PHX_MAGIC_AT, f.PHX_MAGIC);
  put32(MODULE + f.PHX_VERSION_AT, f.PHX_VERSION);
  put32(MODULE + f.PHX_ARCHITECTURE_AT, 1);
  put32(MODULE + f.PHX_TEXT_PAGES_AT, 1);
  put32(MODULE + f.PHX_THUNK_PAGES_AT, 1);
  put32(MODULE + f.PHX_RODATA_PAGES_AT, 1);
  put32(MODULE + f.PHX_RELRO_PAGES_AT, 2);
  put32(MODULE + f.PHX_RELOCATIONS_AT, RELOCATIONS);
  put32(MODULE + f.PHX_RELOCATION_COUNT_AT, 2);
  put32(MODULE + RELOCATIONS, 8);
  put32(MODULE + RELOCATIONS + 4, (f.RELOCATION_GATE << 24) | 3);
  put32(MODULE + RELOCATIONS + 8, 16);
  put32(MODULE + f.PHX_STRUCT_DISTANCE_AT, 64);
  put32(MODULE + f.PHX_STRUCT_SIZE_AT, 64);
  put32(MODULE + f.PHX_MEMORY_INITIAL_AT, 1);
  put32(MODULE + f.PHX_STACK_BYTES_AT, 65536);
  put32(MODULE + f.PHX_SLOTS_AT, 1);
  put32(MODULE + f.PHX_LENGTH_AT, RELOCATIONS + 16);
}

function put_manifest(): void {
  put32(MANIFEST, m.MANIFEST_MAGIC);
  put32(MANIFEST + m.MANIFEST_VERSION_AT, m.MANIFEST_VERSION);
  put32(MANIFEST + m.MANIFEST_SERVICE_COUNT_AT, SERVICES);
  put32(MANIFEST + m.MANIFEST_GRANT_COUNT_AT, GRANTS);
  put32(MANIFEST + m.MANIFEST_STRING_BYTES_AT, TEXT.length);
  let at = MANIFEST + m.MANIFEST_SERVICES_AT;
  for (let i: u32 = 0; i < SERVICES; i++, at += m.SERVICE_SIZE) {
    put32(at + m.SERVICE_NAME_AT, (4 * i) | (4 << 16));
    put32(at + m.SERVICE_MODULE_AT, (4 * i) | (4 << 16));
    store<u16>(file + at + m.SERVICE_GRANT_FIRST_AT, <u16>i);
    store<u16>(file + at + m.SERVICE_GRANT_COUNT_AT, <u16>(i + 1));
  }
  for (let i: u32 = 0; i < GRANTS; i++, at += m.GRANT_SIZE) {
    store<u8>(file + at + m.GRANT_KIND_AT, <u8>(i == 0 ? m.GRANT_CALL : m.GRANT_NUMBER));
    put32(at + m.GRANT_NAME_AT, 8 | (7 << 16));
  }
  for (let i = 0; i < TEXT.length; i++) store<u8>(file + at + i, <u8>TEXT.charCodeAt(i));
  put32(MANIFEST + m.MANIFEST_LENGTH_AT, at + TEXT.length - MANIFEST);
}

export function setup(): void {
  store<u64>(file, f.ARCHIVE_MAGIC);
  store<u64>(file + f.ARCHIVE_LENGTH_AT, BYTES);
  put32(f.ARCHIVE_COUNT_AT, ENTRIES);
  put_entry(0, "init", MODULE, MODULE_BYTES, f.ENTRY_MODULE);
  put_entry(1, "manifest", MANIFEST, PAGE, f.ENTRY_MANIFEST);
  put_entry(2, "dir:data", MANIFEST + PAGE, 100, f.ENTRY_DIRECTORY);
  put_module();
  put_manifest();
  open_startup();
  startup_entry(f.STARTUP_REGION, "", 5, INDEX, BYTES);
  service.begin();
}

function sum(from: u32, end: u64): u32 {
  let value: u32 = 0x811c9dc5;
  for (let at = <u64>from; at < end && at < BYTES; at++) value = (value ^ load<u8>(file + <usize>at)) * 0x01000193;
  return value;
}

/** One change: of the archive's head or table, of the module's head or relocations, or of the manifest. */
function spoil(): void {
  const choice = bytes.byte() & 7;
  let at: u32;
  if (choice == 0) at = (bytes.byte() % 6) * 4;
  else if (choice < 3)
    at = f.ARCHIVE_ENTRIES_AT + (bytes.byte() & 3) * f.ARCHIVE_ENTRY_SIZE + f.ENTRY_OFFSET_AT + (bytes.byte() % 12) * 4;
  else if (choice == 3) at = f.ARCHIVE_ENTRIES_AT + (bytes.half() % 512);
  else if (choice < 6) at = MODULE + (bytes.byte() % 24) * 4;
  else if (choice == 6) at = MODULE + RELOCATIONS + (bytes.byte() & 63) * 4;
  else at = MANIFEST + (bytes.byte() & 63) * 4;
  const value = (choice & 1) != 0 ? <u64>bytes.word() : bytes.odd_number();
  tell("changed", at, value, 0);
  put32(at, <u32>value);
}

/** What the kernel believes of a module: sections, entries and relocations lie inside it. */
function judge_module(at: u64, length: u64): void {
  if (is_sound(AT + at, length) == 0) return;
  const head = file + <usize>at;
  const text = <u64>load<u32>(head + f.PHX_TEXT_PAGES_AT),
    thunk = <u64>load<u32>(head + f.PHX_THUNK_PAGES_AT),
    rest = <u64>load<u32>(head + f.PHX_RODATA_PAGES_AT) + load<u32>(head + f.PHX_RELRO_PAGES_AT);
  must(text != 0 && (1 + text + 2 * thunk + rest) * PAGE <= length, "sections beyond the module", text);
  image_bytes = (text + thunk + rest) * PAGE;
  for (let i: u32 = 0; i < 4; i++)
    must(load<u32>(head + f.PHX_ENTRY_START_AT + 4 * i) < image_bytes, "an entry beyond the module", i);
  must(
    load<u32>(head + f.PHX_STRUCT_SIZE_AT) <= load<u32>(head + f.PHX_STRUCT_DISTANCE_AT),
    "an instance that is no place",
  );
  must(load<u32>(head + f.PHX_STACK_BYTES_AT) >= PAGE, "a stack of less than a page");
  relro_bytes = <u64>load<u32>(head + f.PHX_RELRO_PAGES_AT) * PAGE;
  const from = (1 + text + 2 * thunk + load<u32>(head + f.PHX_RODATA_PAGES_AT)) * PAGE;
  memory.copy(relro, head + <usize>from, <usize>relro_bytes);
  tell("relocated", at, relro_bytes, relocates(AT + at, length, RELRO_AT, BASE));
  relro_bytes = 0;
}

function judge_entry(entry: u32): void {
  if (entry == 0) return;
  must(<u64>entry + f.ARCHIVE_ENTRY_SIZE <= loaded, "an entry outside the archive", entry);
  must(name_length(entry) <= 64, "a name of too many bytes", entry);
  const at = content_at(entry) - INDEX,
    length = content_length(entry);
  must(at <= loaded && length <= loaded - at, "an entry's content outside the archive", at);
}

function judge_manifest(at: u32, length: u64): void {
  if (manifest_result(INDEX + at, length) != OK) return;
  const end = <u64>INDEX + at + length;
  for (let i: u32 = 0; i < texts(); i++)
    must(<u64>text_at(i) + text_length(i) <= end && text_at(i) >= INDEX, "a text outside the manifest", i);
  for (let i: u32 = 0; i < services(); i++)
    must(grants_end(i) <= grants(), "a service with grants that there are not", i);
  for (let i: u32 = 0; i < grants(); i++)
    must(grant_target(i) < services() || grant_target(i) == m.GRANT_TARGET_INIT, "a grant of no service", i);
}

export function run(): void {
  bytes.rewind();
  const mode = bytes.byte(),
    count = bytes.byte() & 15;
  if ((mode & 1) != 0) loaded = bytes.half() % (BYTES + 1);
  for (let i: u32 = 0; i < count; i++) spoil();
  if ((mode & 2) == 0) {
    const entries = load<u32>(file + f.ARCHIVE_COUNT_AT),
      whole = load<u32>(file + MANIFEST + m.MANIFEST_LENGTH_AT);
    put32(MANIFEST + m.MANIFEST_CHECK_AT, sum(MANIFEST + m.MANIFEST_SERVICES_AT, <u64>MANIFEST + whole));
    put32(f.ARCHIVE_CHECK_AT, sum(f.ARCHIVE_ENTRIES_AT, f.ARCHIVE_ENTRIES_AT + <u64>entries * f.ARCHIVE_ENTRY_SIZE));
  }
  const opened = kernel_opens(AT, loaded);
  tell("opened", loaded, 0, opened);
  if (opened != OK) return;
  const at = init_offset(),
    length = init_length();
  must(at <= loaded && length <= loaded - at, "the kernel takes init from outside the archive", at);
  if ((at & (PAGE - 1)) == 0 && length >= PAGE) judge_module(at, length);
  tell("trusted", at, length, is_trusted(at, length));
  const window = (loaded + PAGE - 1) & ~(<u64>PAGE - 1);
  host.map(INDEX, window);
  host.copy_in(INDEX, file, <u32>loaded);
  host.store64(STARTUP_INDEX + 24, loaded);
  init_reads();
  for (let kind: u32 = f.ENTRY_MODULE; kind <= f.ENTRY_PARAMETERS; kind++) judge_entry(entry_of(kind));
  judge_entry(entry_named(f.ENTRY_DIRECTORY, 1, INDEX + f.ARCHIVE_ENTRIES_AT + 2 * f.ARCHIVE_ENTRY_SIZE + 4, 4));
  const entry = entry_of(f.ENTRY_MANIFEST);
  if (entry != 0) judge_manifest(<u32>(content_at(entry) - INDEX), content_length(entry));
}
