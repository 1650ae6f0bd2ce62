// From the boot stub to init: memory, tables, interrupts, timer, the archive, and one domain with every
// capability that there is. What is missing is said in one sentence, and the machine powers off.

import { architecture_name_at } from "../../hal/name";
import { boot_parse } from "../../hal/boot";
import { cpus_start } from "../../hal/cpus";
import { console_start } from "../../hal/console";
import { interrupts_start } from "../../hal/interrupts";
import { DIRECT_MAP, KERNEL_BASE } from "../../hal/layout";
import { entry_flags, entry_present, PAGE_GLOBAL, PAGE_READ, PAGE_WRITE } from "../../hal/paging";
import { PAGE_SIZE } from "../abi/formats";
import { timer_start } from "../../hal/timer";
import { cpu } from "../cpu";
import { boot_counter_set } from "../figures";
import { log, log_byte, log_line, log_number } from "../log";
import { flush_all, image_end, image_start, instructions, kernel_root, load64 } from "../machine";
import { frames_free_count, frames_settle, frames_start, frames_total_count } from "../mm/frames";
import { frames_seal, large_page_map, translate, walk, walk_split } from "../mm/pagetable";
import {
  archive_open,
  ARCHIVE_ABSENT,
  ARCHIVE_DAMAGED,
  ARCHIVE_MAGIC_WRONG,
  ARCHIVE_TRUNCATED,
} from "../object/archive";
import { refuse } from "../panic";
import { ready_start } from "../thread/queue";
import { init_start } from "./init";
import { regions_start } from "./regions";
import { told, told_memory } from "./told";

const LARGE_PAGE: u64 = 0x20_0000;
const GIGABYTE: u64 = 0x4000_0000;
/** Free frames without which init and the first services cannot start: 3 MiB. */
const FRAMES_NEEDED: u32 = 768;

/** `a` and `b` are what the boot stub found in its registers: see hal's boot_parse. */
export function boot(a: u64, b: u64): void {
  boot_counter_set(instructions());
  console_start();
  const error = boot_parse(a, b);
  if (error != 0) {
    log("phios: boot information error ");
    log_number(error);
    log_byte(10);
    refuse("the machine, or what its loader says of it, is not enough", "see the number above in docs/booting.md");
  }
  if (!frames_start() || frames_free_count() < FRAMES_NEEDED) {
    refuse("too little memory", "give the machine at least 16 MiB (phi boot --mem 16M)");
  }
  const extended = direct_map_extend();
  frames_settle();
  if (!extended || !code_protect() || !regions_start())
    refuse("too little memory", "give the machine more (phi boot --mem 32M)");
  greet();
  interrupts_start();
  timer_start();
  ready_start(cpu());
  archive_check();
  init_start();
  cpus_start();
}

function greet(): void {
  log("phios: ");
  for (let i: u32 = 0; ; i++) {
    const byte = architecture_name_at(i);
    if (byte == 0) break;
    log_byte(byte);
  }
  log(", ");
  log_number((<u64>frames_total_count()) >> 8);
  log(" MiB of memory, ");
  log_number((<u64>frames_free_count()) >> 8);
  log_line(" MiB free");
}

/** The boot stub mapped the first gigabytes; memory above them joins the direct map here. */
function direct_map_extend(): bool {
  const root = kernel_root();
  for (let i: u32 = 0; i < told_memory().count; i++) {
    const range = told_memory().at(i);
    const base = range.base & ~(LARGE_PAGE - 1),
      end = range.base + range.bytes;
    if (translate(root, DIRECT_MAP + end - 1) != 0) continue;
    for (let at = base; at < end; at += LARGE_PAGE) {
      if (translate(root, DIRECT_MAP + at) != 0) continue;
      if (!large_page_map(root, DIRECT_MAP + at, at, PAGE_READ | PAGE_WRITE | PAGE_GLOBAL)) return false;
    }
  }
  return true;
}

/** The kernel's code and constants, and the archive's modules, cannot be written at any address. */
function code_protect(): bool {
  const root = kernel_root();
  for (let i: u32 = 0; i < told_memory().count; i++) {
    // Roots of domains copy the kernel's uppermost entries: leaves there are split now, and never later.
    const range = told_memory().at(i);
    for (let at = range.base & ~(GIGABYTE - 1); at < range.base + range.bytes; at += GIGABYTE) {
      if (walk_split(root, DIRECT_MAP + max(at, range.base), 1) == 0) return false;
    }
  }
  for (let at = image_start(); at < image_end(); at += PAGE_SIZE) {
    const own = walk(root, KERNEL_BASE + at - image_start(), 0);
    const entry = own == 0 ? 0 : load64(own);
    if (!entry_present(entry) || entry_flags(entry) & PAGE_WRITE) continue;
    if (!frames_seal(root, at, at + PAGE_SIZE)) return false;
  }
  const mask: u64 = PAGE_SIZE - 1,
    archive = told().archive_base;
  if (!frames_seal(root, (archive + mask) & ~mask, (archive + told().archive_length) & ~mask)) return false;
  flush_all();
  return true;
}

function archive_check(): void {
  const advice = "load the boot archive beside the kernel (-initrd, a multiboot2 module, or phi boot)";
  switch (archive_open(told().archive_base, told().archive_length)) {
    case ARCHIVE_ABSENT:
      refuse("there is no boot archive", advice);
      break;
    case ARCHIVE_MAGIC_WRONG:
      refuse("what was loaded as the boot archive is none", advice);
      break;
    case ARCHIVE_TRUNCATED:
      refuse("the boot archive is truncated", "copy or build it again: it is shorter than it says");
      break;
    case ARCHIVE_DAMAGED:
      refuse("the boot archive is damaged", "copy or build it again: its table does not add up");
      break;
    default:
      break;
  }
}
