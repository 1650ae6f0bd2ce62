// The readers of what an image is made of, together: the kernel's of the boot archive and of a module's header and relocations, init's of the archive and
// of its manifest, under names that a module may export. Two functions of the kernel's are exported for it by targets.ts.
import {
  archive_init_length,
  archive_init_offset,
  archive_open,
  archive_trusts,
} from "../../../../kernel/object/archive";
// @ts-ignore: exported in this build alone
import { header_sound, relocate } from "../../../../kernel/object/code";
import { Code } from "../../../../kernel/object/object";
import * as archive from "../../../../services/init/archive";
import * as format from "../../../../services/init/format";
import { archive_start, read_machine } from "../../../../services/init/machine";
import * as manifest from "../../../../services/init/manifest";

const PAGE_SHIFT: u64 = 12;
const code = changetype<Code>(memory.data(256, 8));

export function kernel_opens(address: u64, length: u64): u32 {
  return archive_open(address, length);
}
export function init_offset(): u64 {
  return archive_init_offset();
}
export function init_length(): u64 {
  return archive_init_length();
}
export function is_trusted(offset: u64, length: u64): bool {
  return archive_trusts(offset, length);
}
export function is_sound(file: u64, length: u64): bool {
  return header_sound(file, length);
}
/** The module's image is to lie at `base`, its relro was copied to `relro`. */
export function relocates(file: u64, length: u64, relro: u64, base: u64): bool {
  code.file_frame = <u32>(file >> PAGE_SHIFT);
  code.relro_frame = <u32>(relro >> PAGE_SHIFT);
  code.length_bytes = <u32>length;
  code.base = base;
  return relocate(code);
}

export function init_reads(): void {
  read_machine();
}
/** The first entry of a kind, as an offset in the archive, and what it says; 0: none. */
export function entry_of(kind: u32): u32 {
  const entry = archive.first_entry(kind);
  return entry == 0 ? 0 : <u32>(entry - archive_start);
}
export function entry_named(kind: u32, prefix: bool, name: u32, length: u32): u32 {
  const entry = archive.find_entry(kind, prefix ? "dir:" : "", name, length);
  return entry == 0 ? 0 : <u32>(entry - archive_start);
}
export function content_at(entry: u32): u64 {
  return <u64>archive.entry_start(archive_start + entry);
}
export function content_length(entry: u32): u64 {
  return archive.entry_length(archive_start + entry);
}
export function name_length(entry: u32): u32 {
  return archive.entry_name_length(archive_start + entry);
}

export function manifest_result(start: u32, length: u64): u32 {
  return manifest.check_manifest(start, length);
}
/** How many places of texts the manifest has: two a service, one a grant. */
export function texts(): u32 {
  return manifest.service_count() * 2 + manifest.grant_count();
}
function text(place: u32): u32 {
  const services = manifest.service_count();
  if (place >= services * 2) return load<u32>(manifest.grant_record(place - services * 2) + format.GRANT_NAME_AT);
  const record = manifest.service_record(place >> 1);
  return load<u32>(record + ((place & 1) != 0 ? format.SERVICE_MODULE_AT : format.SERVICE_NAME_AT));
}
export function text_at(place: u32): u32 {
  return <u32>manifest.string_start(text(place));
}
export function text_length(place: u32): u32 {
  return manifest.string_length(text(place));
}
/** The last grant of a service, counted over all, and one more. */
export function grants_end(service: u32): u32 {
  const record = manifest.service_record(service);
  return <u32>load<u16>(record + format.SERVICE_GRANT_FIRST_AT) + load<u16>(record + format.SERVICE_GRANT_COUNT_AT);
}
export function services(): u32 {
  return manifest.service_count();
}
export function grants(): u32 {
  return manifest.grant_count();
}
/** The service that a grant's calls go to; 0xffff: init, or it is no grant of calls. */
export function grant_target(grant: u32): u32 {
  const record = manifest.grant_record(grant);
  const is_call = load<u8>(record + format.GRANT_KIND_AT) == <u8>format.GRANT_CALL;
  return is_call ? <u32>load<u16>(record + format.GRANT_TARGET_AT) : format.GRANT_TARGET_INIT;
}
