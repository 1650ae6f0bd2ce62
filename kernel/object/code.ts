// Code objects: a .phx checked, relocated and placed in the code area. The file's bytes are trusted to be
// what the header says only after the checks here; whether it may run in supervisor mode is the
// boot archive's word (ENTRY_FLAG_SFI), never the file's.
//
//   image at `base`: text | thunks | rodata | relro          (file: header | text | thunks sfi | thunks hw | rodata | relro)

import { E_ARGUMENT, E_BUDGET, E_FORMAT, E_NO_MEMORY } from "../abi/errors";
import * as format from "../abi/formats";
import { CODE_BASE, CODE_END } from "../abi/layout";
import { TYPE_CODE } from "../abi/rights";
import { ARCHITECTURE } from "../../hal/layout";
import { PAGE_EXECUTE, PAGE_READ, PAGE_USER } from "../../hal/paging";
import { copy, gate_address, kernel_root, load32, load64, store64 } from "../machine";
import { charge, charge_small, uncharge, uncharge_small } from "../mm/budget";
import { frames_allocate_contiguous, frames_give_run } from "../mm/frames";
import { page_map, page_unmap, small_table_free } from "../mm/pagetable";
import { flush_everything } from "../mm/tlb";
import { is_none, none } from "../none";
import { Domain } from "./domain";
import { Code, CODE_COPIED, CODE_MAPPED, CODE_TRUSTED, object_create, object_free, Region, REGION_ARCHIVE, REGION_CONTIGUOUS } from "./object";
import { archive_trusts } from "./archive";
import { GATE_COUNT } from "../abi/gates";

const PAGE: u64 = <u64>format.PAGE_SIZE;
const PAGE_SHIFT: u64 = 12;
/** Code addresses are given out in units of 2 MiB. */
const UNIT_SHIFT: u64 = 21;
const UNITS: u32 = <u32>((CODE_END - CODE_BASE) >> UNIT_SHIFT);
const PAGES_MAX: u32 = 0x1_0000;

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

/** Loads the .phx at [offset, offset + length) of a contiguous region. none: code_error says why. */
export function code_load(domain: Domain, region: Region, offset: u64, length: u64): Code {
  code_error = E_ARGUMENT;
  const bytes = (<u64>region.pages) << PAGE_SHIFT;
  if ((region.flags & REGION_CONTIGUOUS) == 0 || (offset & (PAGE - 1)) != 0) return none<Code>();
  if (offset > bytes || length > bytes - offset || length == 0) return none<Code>();
  code_error = E_BUDGET;
  if (!charge_small(domain)) return none<Code>();
  const code = changetype<Code>(object_create(TYPE_CODE, domain));
  if (is_none(code)) {
    uncharge_small(domain);
    code_error = E_NO_MEMORY;
    return code;
  }
  if (place(domain, region, offset, length, code)) return code;
  code_free(code);
  uncharge_small(domain);
  object_free(code);
  return none<Code>();
}

function place(domain: Domain, region: Region, offset: u64, length: u64, code: Code): bool {
  code.file = region.base + offset;
  if (region.flags & REGION_ARCHIVE) {
    if (archive_trusts(offset, length)) code.flags |= CODE_TRUSTED;
  } else {
    // Whoever holds the region could still write it: take a private copy before believing a byte.
    const pages = <u32>((length + PAGE - 1) >> PAGE_SHIFT);
    code_error = E_BUDGET;
    if (!charge(domain, pages)) return false;
    code_error = E_NO_MEMORY;
    const frames = frames_allocate_contiguous(pages);
    if (frames == 0) {
      uncharge(domain, pages);
      return false;
    }
    copy(frames, code.file, (<u64>pages) << PAGE_SHIFT);
    code.file = frames;
    code.file_pages = pages;
    code.flags |= CODE_COPIED;
  }
  code_error = E_FORMAT;
  if (!header_sound(code.file, length)) return false;
  const relro_pages = header(code, format.PHX_RELRO_PAGES_AT);
  code_error = E_BUDGET;
  if (relro_pages != 0) {
    if (!charge(domain, relro_pages)) return false;
    code_error = E_NO_MEMORY;
    const frames = frames_allocate_contiguous(relro_pages);
    if (frames == 0) {
      uncharge(domain, relro_pages);
      return false;
    }
    code.relro = frames;
    copy(frames, code.file + relro_offset(code), (<u64>relro_pages) << PAGE_SHIFT);
  }
  const unit = units_take(code_units(code));
  code_error = E_NO_MEMORY;
  if (unit < 0) return false;
  code.base = CODE_BASE + ((<u64>unit) << UNIT_SHIFT);
  code_error = E_FORMAT;
  return relocate(code);
}

@inline function relro_offset(code: Code): u64 {
  const pages = 1 + header(code, format.PHX_TEXT_PAGES_AT) + 2 * header(code, format.PHX_THUNK_PAGES_AT)
    + header(code, format.PHX_RODATA_PAGES_AT);
  return (<u64>pages) << PAGE_SHIFT;
}

/** Physical page i of the image, for the mode. */
function image_frame(code: Code, i: u32, user: bool): u64 {
  const text = header(code, format.PHX_TEXT_PAGES_AT), thunk = header(code, format.PHX_THUNK_PAGES_AT);
  const rodata = header(code, format.PHX_RODATA_PAGES_AT);
  let page: u32;
  if (i < text) page = 1 + i;
  else if (i < text + thunk) page = 1 + i + (user ? thunk : 0);
  else if (i < text + thunk + rodata) page = 1 + i + thunk;
  else return code.relro + ((<u64>(i - text - thunk - rodata)) << PAGE_SHIFT);
  return code.file + ((<u64>page) << PAGE_SHIFT);
}

/** Maps the image at its address: once in the kernel's root for sfi, in each hw domain's own root. False: no frame for tables. */
export function code_map(code: Code, root: u64, user: bool): bool {
  if (!user && (code.flags & CODE_MAPPED)) return true;
  const executable = header(code, format.PHX_TEXT_PAGES_AT) + header(code, format.PHX_THUNK_PAGES_AT);
  const pages = image_pages(code);
  for (let i: u32 = 0; i < pages; i++) {
    let flags = i < executable ? PAGE_READ | PAGE_EXECUTE : PAGE_READ;
    if (user) flags |= PAGE_USER;
    if (!page_map(root, code.base + ((<u64>i) << PAGE_SHIFT), image_frame(code, i, user), flags)) return false;
  }
  if (!user) code.flags |= CODE_MAPPED;
  flush_everything();
  return true;
}

export function code_unmap(code: Code, root: u64): void {
  const pages = image_pages(code);
  for (let i: u32 = 0; i < pages; i++) page_unmap(root, code.base + ((<u64>i) << PAGE_SHIFT));
}

/** Frames that the code's payer is charged for. */
export function code_frames(code: Code): u32 {
  const relro = code.relro == 0 ? 0 : header(code, format.PHX_RELRO_PAGES_AT);
  return relro + code.file_pages;
}

/** Returns what the code object holds. */
export function code_free(code: Code): void {
  if (code.base != 0) {
    const count = code_units(code), first = <u32>((code.base - CODE_BASE) >> UNIT_SHIFT);
    if (code.flags & CODE_MAPPED) {
      code_unmap(code, kernel_root());
      for (let i: u32 = 0; i < count; i++) small_table_free(kernel_root(), code.base + ((<u64>i) << UNIT_SHIFT));
      flush_everything();
    }
    memory.fill(units + first, 0, count);
    next_unit = min(next_unit, first);
  }
  if (code.relro != 0) {
    const pages = header(code, format.PHX_RELRO_PAGES_AT);
    frames_give_run(code.relro, pages);
    uncharge(code.payer, pages);
  }
  if (code.flags & CODE_COPIED) {
    frames_give_run(code.file, code.file_pages);
    uncharge(code.payer, code.file_pages);
  }
}
