// The two loaders' information blocks: PVH start info, version 1 (Xen's public/arch-x86/hvm/start_info.h), and
// multiboot2 (specification 2.0, section 3.6). Called by boot_parse(). Everything is read once, by physical address;
// a block that does not hold together is refused.

import { load32, load64, load8 } from "../kernel/machine";
import { told, told_reserved } from "../kernel/start/told";
import { add_usable, set_archive, set_root_pointer } from "./boot";

const PVH_MAGIC: u32 = 0x336e_c578;
const PVH_VERSION_WITH_MAP: u32 = 1;
const PVH_ENTRIES_MAX: u32 = 4096;
const PVH_MAP_ENTRY: u64 = 24;

const TAG_END: u32 = 0;
const TAG_MODULE: u32 = 3;
const TAG_MEMORY_MAP: u32 = 6;
const TAG_FRAMEBUFFER: u32 = 8;
const TAG_ACPI_OLD: u32 = 14;
const TAG_ACPI_NEW: u32 = 15;
const ROOT_POINTER_BYTES: u64 = 36;
const COMMAND_LINE_BYTES: u64 = 2048;
const FRAMEBUFFER_RGB: u32 = 1;
const INFORMATION_MAX: u32 = 0x10_0000;

/** The one type of both memory maps (e820) that may be used. */
const MEMORY_USABLE: u32 = 1;
/** What boot/x86_64/paging.S maps: the loaders put everything below. */
const REACH: u64 = 0x1_0000_0000;

export function parse_pvh(info: u64): bool {
  if (info == 0 || info + 56 > REACH || load32(info) != PVH_MAGIC || load32(info + 4) < PVH_VERSION_WITH_MAP)
    return false;
  const modules = load32(info + 12);
  const module_list = load64(info + 16);
  if (modules != 0) {
    if (module_list + 32 > REACH) return false;
    set_archive(load64(module_list), load64(module_list + 8));
  }
  const root_pointer = load64(info + 32);
  const command_line = load64(info + 24);
  if (root_pointer != 0 && root_pointer < REACH) set_root_pointer(root_pointer, ROOT_POINTER_BYTES);
  else if (command_line != 0 && command_line < REACH - COMMAND_LINE_BYTES) {
    // a machine without tables tells of its devices there
    set_root_pointer(command_line, COMMAND_LINE_BYTES);
    if (!told_reserved().add(command_line, COMMAND_LINE_BYTES)) return false;
  }
  const map = load64(info + 40);
  const entries = load32(info + 48);
  if (entries > PVH_ENTRIES_MAX || map + entries * PVH_MAP_ENTRY > REACH) return false;
  for (let i: u32 = 0; i < entries; i++) {
    const entry = map + i * PVH_MAP_ENTRY;
    // what is not called usable is not RAM to us
    if (load32(entry + 16) == MEMORY_USABLE) add_usable(load64(entry), load64(entry + 8));
  }
  return true;
}

function parse_memory_map(tag: u64, size: u32): bool {
  const entry_size = load32(tag + 8);
  if (entry_size < 24) return false;
  for (let at: u32 = 16; at + entry_size <= size; at += entry_size) {
    if (load32(tag + at + 16) == MEMORY_USABLE) add_usable(load64(tag + at), load64(tag + at + 8));
  }
  return true;
}

function parse_framebuffer(tag: u64): void {
  if (load8(tag + 29) != FRAMEBUFFER_RGB) return;
  told().framebuffer_base = load64(tag + 8);
  told().framebuffer_width = load32(tag + 20);
  told().framebuffer_height = load32(tag + 24);
  told().framebuffer_stride = load32(tag + 16);
  told().framebuffer_bits = load8(tag + 28);
}

export function parse_multiboot2(info: u64): bool {
  if (info == 0 || info + 8 > REACH) return false;
  const total = load32(info);
  if (total < 16 || total > INFORMATION_MAX || info + total > REACH) return false;
  // ACPI's root pointer lies in here
  if (!told_reserved().add(info, total)) return false;
  let at: u32 = 8;
  while (at + 8 <= total) {
    const tag = info + at;
    const type = load32(tag);
    const size = load32(tag + 4);
    if (size < 8 || size > total - at) return false;
    if (type == TAG_END) return true;
    if (type == TAG_MODULE && size >= 16) set_archive(load32(tag + 8), load32(tag + 12) - load32(tag + 8));
    else if (type == TAG_ACPI_OLD || type == TAG_ACPI_NEW) set_root_pointer(tag + 8, size - 8);
    else if (type == TAG_MEMORY_MAP && size >= 16 && !parse_memory_map(tag, size)) return false;
    else if (type == TAG_FRAMEBUFFER && size >= 31) parse_framebuffer(tag);
    at += (size + 7) & ~7;
  }
  return false;
}
