// Code objects: a .phx checked, relocated and placed in the code area. The file's bytes are trusted to be what the header says only
// after the checks here, and never while somebody could still write them: a module that does not lie in the boot archive is
// copied first, in steps. Whether it may run in supervisor mode is the archive's word (ENTRY_FLAG_SFI), never the file's: by place
// for what lies in the archive, by hash for a copy.
//
//   image at `base`: text | thunks | rodata | relro          (file: header | text | thunks sfi | thunks hw | rodata | relro)

import { E_ARGUMENT, E_BUDGET, E_FORMAT, E_NO_MEMORY, E_STATE, E_UNTRUSTED } from "../abi/errors";
import * as format from "../abi/formats";
import { CODE_BASE, CODE_END } from "../abi/layout";
import { TYPE_CODE } from "../abi/rights";
import { ARCHITECTURE } from "../../hal/layout";
import { PAGE_EXECUTE, PAGE_READ, PAGE_USER } from "../../hal/paging";
import { copy, gate_address, kernel_root, load32, load64, store64 } from "../machine";
import { charge, uncharge, uncharge_small } from "../mm/budget";
import { frame_allocate, frame_release, frames_give_run, frames_take_run } from "../mm/frames";
import { leaves_left, leaves_map, range_clear, small_table_free, walk_make } from "../mm/pagetable";
import { flush_everything, flush_range } from "../mm/tlb";
import { is_none, none } from "../none";
import { Domain } from "./domain";
import { Code, CODE_BROKEN, CODE_COPIED, CODE_MAPPED, CODE_SEALED, CODE_TRUSTED, object_error, object_pay, object_free, Region, REGION_ARCHIVE } from "./object";
import { region_frame } from "./region";
import { object_hold, object_release } from "./release";
import { hash_is_finished, hash_step, hash_word } from "./hash";
import { archive_lists, archive_trusts } from "./archive";
import { GATE_COUNT } from "../abi/gates";

const PAGE: u64 = <u64>format.PAGE_SIZE;
const PAGE_SHIFT: u64 = 12;
/** Code addresses are given out in units of 2 MiB. */
const UNIT_SHIFT: u64 = 21;
const UNITS: u32 = <u32>((CODE_END - CODE_BASE) >> UNIT_SHIFT);
const PAGES_MAX: u32 = 0x1_0000;
/** Pages of a module that one call copies. */
const COPY_PAGES: u32 = 64;

/** One byte a unit: 1 = taken. */
const units: usize = memory.data(3584);
let next_unit: u32 = 0;

function units_take(count: u32): i32 {
  for (let tried: u32 = 0; tried < 2; tried++) {
    let run: u32 = 0;
    for (let i = next_unit; i < UNITS; i++) {
      run = load<u8>(units + i) == 0 ? run + 1 : 0;
      if (run == count) {
        const first = i + 1 - count;
        memory.fill(units + first, 1, count);
        next_unit = i + 1;
        return <i32>first;
      }
    }
    next_unit = 0;
  }
  return -1;
}

@inline export function header(code: Code, field: u32): u32 { return load32(code.file + field); }

@inline function image_pages(code: Code): u32 {
  return header(code, format.PHX_TEXT_PAGES_AT) + header(code, format.PHX_THUNK_PAGES_AT)
    + header(code, format.PHX_RODATA_PAGES_AT) + header(code, format.PHX_RELRO_PAGES_AT);
}

@inline function code_units(code: Code): u32 {
  return <u32>((((<u64>image_pages(code)) << PAGE_SHIFT) + (1 << UNIT_SHIFT) - 1) >> UNIT_SHIFT);
}

/** Every number of the header that is used later is bounded here. */
function header_sound(file: u64, length: u64): bool {
  if (length < PAGE || load32(file + format.PHX_MAGIC_AT) != format.PHX_MAGIC) return false;
  if (load32(file + format.PHX_VERSION_AT) != format.PHX_VERSION) return false;
  if (load32(file + format.PHX_ARCHITECTURE_AT) != ARCHITECTURE) return false;
  const bytes = <u64>load32(file + format.PHX_LENGTH_AT);
  if (bytes > length || bytes < PAGE) return false;
  const text = load32(file + format.PHX_TEXT_PAGES_AT), thunk = load32(file + format.PHX_THUNK_PAGES_AT);
  const rodata = load32(file + format.PHX_RODATA_PAGES_AT), relro = load32(file + format.PHX_RELRO_PAGES_AT);
  if (text > PAGES_MAX || thunk > PAGES_MAX || rodata > PAGES_MAX || relro > PAGES_MAX || text == 0) return false;
  const in_file = (1 + <u64>text + 2 * <u64>thunk + rodata + relro) << PAGE_SHIFT;
  if (in_file > bytes) return false;
  const relocations = <u64>load32(file + format.PHX_RELOCATIONS_AT);
  const count = <u64>load32(file + format.PHX_RELOCATION_COUNT_AT);
  if (relocations > bytes || count * 8 > bytes - relocations || (relocations & 3) != 0) return false;
  const image = (<u64>text + thunk + rodata + relro) << PAGE_SHIFT;
  if (load32(file + format.PHX_ENTRY_START_AT) >= image || load32(file + format.PHX_ENTRY_CALL_AT) >= image) return false;
  if (load32(file + format.PHX_ENTRY_EVENT_AT) >= image || load32(file + format.PHX_ENTRY_TRAMPOLINE_AT) >= image) return false;
  const distance = load32(file + format.PHX_STRUCT_DISTANCE_AT), size = load32(file + format.PHX_STRUCT_SIZE_AT);
  if (size > distance || distance > 0x10_0000 || (distance & 15) != 0) return false;
  if (load32(file + format.PHX_MEMORY_INITIAL_AT) > 0x4000) return false;
  if (load32(file + format.PHX_TABLE_BYTES_AT) > 0x0F00_0000) return false;
  const stack = load32(file + format.PHX_STACK_BYTES_AT);
  if (stack < 4096 || stack > 0x0800_0000) return false;
  const slots = load32(file + format.PHX_SLOTS_AT);
  return slots == 1 || slots == 2;
}

/** Applies the relocations to the private copy of relro; false: one of them is not sound. */
function relocate(code: Code): bool {
  const relro_bytes = (<u64>header(code, format.PHX_RELRO_PAGES_AT)) << PAGE_SHIFT;
  const image = (<u64>image_pages(code)) << PAGE_SHIFT;
  let at = code.file + header(code, format.PHX_RELOCATIONS_AT);
  for (let i = header(code, format.PHX_RELOCATION_COUNT_AT); i != 0; i--) {
    const offset = <u64>load32(at), what = load32(at + 4);
    at += 8;
    if ((offset & 7) != 0 || offset >= relro_bytes) return false;
    if (what >> 24 == format.RELOCATION_GATE) {
      const gate = what & 0xff_ffff;
      if (gate >= GATE_COUNT) return false;
      store64(code.relro + offset, gate_address(gate));
    } else if (what >> 24 == format.RELOCATION_IMAGE) {
      const target = load64(code.relro + offset);
      if (target > image) return false;
      store64(code.relro + offset, code.base + target);
    } else {
      return false;
    }
  }
  return true;
}

export let code_error: i64 = 0;

/** Begins to load the .phx at [offset, offset + length) of a region; a short one is sealed at once. none: code_error says why. */
export function code_load(domain: Domain, region: Region, offset: u64, length: u64): Code {
  code_error = E_ARGUMENT;
  const bytes = (<u64>region.pages) << PAGE_SHIFT;
  if ((offset & (PAGE - 1)) != 0 || offset > bytes || length > min(bytes - offset, 0x8000_0000) || length < PAGE) return none<Code>();
  const code = changetype<Code>(object_pay(TYPE_CODE, domain));
  code_error = object_error;
  if (is_none(code)) return code;
  code.length_bytes = <u32>length;
  code_error = begin(domain, code, region, offset);
  if (code_error == 0 && (code_error = code_seal(code)) < 0) code_free(code); // what has not begun holds nothing
  if (code_error >= 0) return code;
  uncharge_small(domain);
  object_free(code);
  return none<Code>();
}

/** Decides where the file's bytes are believed: where they lie, in the archive; else in frames of the code's own. */
function begin(domain: Domain, code: Code, region: Region, offset: u64): i64 {
  if (region.flags & REGION_ARCHIVE) {
    code.file_frame = <u32>((region.base + offset) >> PAGE_SHIFT);
    code.copied = code.file_pages;
    if (archive_trusts(offset, code.length_bytes)) code.flags |= CODE_TRUSTED;
    return 0;
  }
  if (!charge(domain, code.file_pages)) return E_BUDGET;
  code.file_frame = <u32>(frames_take_run(code.file_pages) >> PAGE_SHIFT);
  if (code.file_frame == 0) {
    uncharge(domain, code.file_pages);
    return E_NO_MEMORY;
  }
  code.flags |= CODE_COPIED;
  code.source = region;
  code.source_page = <u32>(offset >> PAGE_SHIFT);
  object_hold(region);
  return 0;
}

/** Goes on with a module that is not complete: how many pages are still to come, 0 once it can run, or why it never will. */
export function code_seal(code: Code): i64 {
  if (code.flags & CODE_SEALED) return 0;
  if (code.flags & CODE_BROKEN) return E_FORMAT;
  const end = min(code.file_pages, code.copied + COPY_PAGES);
  for (; code.copied < end; code.copied++) {
    copy(at_page(code.file, code.copied), region_frame(code.source, code.source_page + code.copied), PAGE);
  }
  if (code.copied != code.file_pages) return <i64>(code.file_pages - code.copied);
  const error = place(code);
  if (error == 0) code.flags |= CODE_SEALED;
  else if (error == E_FORMAT) code.flags |= CODE_BROKEN;
  if (error != 0) image_free(code);
  source_leave(code);
  return error;
}

function source_leave(code: Code): void {
  if (is_none(code.source)) return;
  const source = code.source;
  code.source = none<Region>();
  code.copied = code.file_pages; // and nothing is to come
  object_release(source);
}

function place(code: Code): i64 {
  if (!header_sound(code.file, code.length_bytes)) return E_FORMAT;
  const relro_pages = header(code, format.PHX_RELRO_PAGES_AT);
  if (relro_pages != 0) {
    if (!charge(code.payer, relro_pages)) return E_BUDGET;
    code.relro_frame = <u32>(frames_take_run(relro_pages) >> PAGE_SHIFT);
    if (code.relro_frame == 0) {
      uncharge(code.payer, relro_pages);
      return E_NO_MEMORY;
    }
    copy(code.relro, code.file + relro_offset(code), (<u64>relro_pages) << PAGE_SHIFT);
  }
  const unit = units_take(code_units(code));
  if (unit < 0) return E_NO_MEMORY;
  code.base = CODE_BASE + ((<u64>unit) << UNIT_SHIFT);
  return relocate(code) ? 0 : E_FORMAT;
}

/**
 * Hashes some more of a sealed module: 1: there is more; 0: it is done, and the archive lists the hash for supervisor mode,
 * where the module may run from now on; E_UNTRUSTED: it is done, and does not.
 */
export function code_verify(code: Code): i64 {
  if (!(code.flags & CODE_SEALED)) return E_STATE;
  if (code.hash_frame == 0) {
    if (!charge(code.payer, 1)) return E_BUDGET;
    code.hash_frame = <u32>(frame_allocate() >> PAGE_SHIFT);
    if (code.hash_frame == 0) {
      uncharge(code.payer, 1);
      return E_NO_MEMORY;
    }
  }
  const frame = (<u64>code.hash_frame) << PAGE_SHIFT;
  if (!hash_step(frame, code.file, code.length_bytes)) return 1;
  if (archive_lists(frame)) code.flags |= CODE_TRUSTED;
  return code.flags & CODE_TRUSTED ? 0 : E_UNTRUSTED;
}

/** Has the module been hashed to its end? */
export function code_is_measured(code: Code): bool {
  return code.hash_frame != 0 && hash_is_finished((<u64>code.hash_frame) << PAGE_SHIFT);
}

/** 32 bits of the hash of a module that has been hashed to its end. */
export function code_hash(code: Code, word: u64): i64 {
  if (!code_is_measured(code)) return E_STATE;
  return word < 8 ? <i64>hash_word((<u64>code.hash_frame) << PAGE_SHIFT, <u32>word) : E_ARGUMENT;
}

@inline function relro_offset(code: Code): u64 {
  const pages = 1 + header(code, format.PHX_TEXT_PAGES_AT) + 2 * header(code, format.PHX_THUNK_PAGES_AT)
    + header(code, format.PHX_RODATA_PAGES_AT);
  return (<u64>pages) << PAGE_SHIFT;
}

/** Maps the image at its address: once in the kernel's root for sfi, in each hw domain's own root. False: no frame for tables. */
export function code_map(code: Code, root: u64, user: bool): bool {
  if (!user && (code.flags & CODE_MAPPED)) return true;
  const text = header(code, format.PHX_TEXT_PAGES_AT), thunk = header(code, format.PHX_THUNK_PAGES_AT);
  const rodata = header(code, format.PHX_RODATA_PAGES_AT), relro = header(code, format.PHX_RELRO_PAGES_AT);
  const mode = user ? PAGE_USER : 0, execute = PAGE_READ | PAGE_EXECUTE | mode, read = PAGE_READ | mode;
  const thunks = text + thunk, data = thunks + rodata;
  if (!(part_map(root, code.base, code.file + PAGE, text, execute)
    && part_map(root, at_page(code.base, text), at_page(code.file, 1 + text + (user ? thunk : 0)), thunk, execute)
    && part_map(root, at_page(code.base, thunks), at_page(code.file, 1 + text + 2 * thunk), rodata, read)
    && part_map(root, at_page(code.base, data), code.relro, relro, read))) return false;
  if (!user) code.flags |= CODE_MAPPED;
  flush_everything();
  return true;
}

@inline function at_page(begin: u64, page: u32): u64 { return begin + ((<u64>page) << PAGE_SHIFT); }

/** Maps frames that follow one another from `address` on. */
function part_map(root: u64, address: u64, frame: u64, pages: u32, flags: u32): bool {
  for (let done: u32 = 0; done < pages; ) {
    const here = at_page(address, done), at = walk_make(root, here, 0);
    if (at == 0) return false;
    const count = min(leaves_left(here), pages - done);
    if (leaves_map(at, count, at_page(frame, done), flags) != count) return false;
    done += count;
  }
  return true;
}

export function code_unmap(code: Code, root: u64): void {
  range_clear(root, code.base, image_pages(code));
  flush_range(root, code.base, image_pages(code));
}

/** Frames that the code's payer is charged for. */
export function code_frames(code: Code): u32 {
  const relro = code.relro_frame == 0 ? 0 : header(code, format.PHX_RELRO_PAGES_AT);
  return relro + (code.flags & CODE_COPIED ? code.file_pages : 0) + (code.hash_frame == 0 ? 0 : 1);
}

/** Returns the place in the code area and the relocated pages. */
function image_free(code: Code): void {
  if (code.base != 0) {
    const count = code_units(code), first = <u32>((code.base - CODE_BASE) >> UNIT_SHIFT);
    if (code.flags & CODE_MAPPED) {
      code_unmap(code, kernel_root());
      for (let i: u32 = 0; i < count; i++) small_table_free(kernel_root(), code.base + ((<u64>i) << UNIT_SHIFT));
      flush_everything();
    }
    memory.fill(units + first, 0, count);
    next_unit = min(next_unit, first);
    code.base = 0;
    code.flags &= ~CODE_SEALED;
  }
  if (code.relro_frame != 0) {
    const pages = header(code, format.PHX_RELRO_PAGES_AT);
    frames_give_run(code.relro, pages);
    uncharge(code.payer, pages);
    code.relro_frame = 0;
  }
}

/** Returns what the code object holds. */
export function code_free(code: Code): void {
  source_leave(code);
  image_free(code);
  if (code.hash_frame != 0) {
    frame_release((<u64>code.hash_frame) << PAGE_SHIFT);
    uncharge(code.payer, 1);
  }
  if (code.flags & CODE_COPIED) {
    frames_give_run(code.file, code.file_pages);
    uncharge(code.payer, code.file_pages);
  }
}
