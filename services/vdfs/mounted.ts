// Taking the disk up: at the first call that needs it, for the driver may come later than this service. Called by methods.ts.
// A disk that is no store is left alone: `phi disk create` makes one.
import { describe, E_ABSENT, E_DAMAGED, E_NO_MEMORY } from "../lib/errors";
import { counter } from "../lib/system";
import { begin_line, end_line } from "../lib/log";
import { number, restarts } from "../lib/startup";
import { attach_disk, open_disk } from "./disk";
import { give_up, WINDOWS } from "./grants";
import { bind_counter } from "./store/disk/check";
import { choose_form } from "./store/hash/wide";
import { pages } from "./store/disk/disk";
import { cut_from } from "./store/disk/superblock";
import { windows_start } from "./store/file/window";
import { is_salvaged, is_stuck, mount, start } from "./store/mount";
import { is_read_only } from "./store/state";
import { pass_numbers_over } from "./store/store";

/** Tree nodes, slots of 32 pages, and dirty pages that are kept in memory; the image may say other numbers. */
const NODES: u64 = 2048;
const SLOTS: u64 = 64;
const DIRTY: u64 = 512;
/** Pages of the region beside those: the map of the space, staging, the log, the windows. */
const OTHER_PAGES: u64 = 512 + 256 * <u64>WINDOWS;

/** Any 4 KiB: the service tries which way of hashing is the shorter one. */
const PAGE_FOR_CHOICE: usize = memory.data(4096, 16);

let is_open = false;
let is_mounted = false;
let has_memory = false;
/** Why the store has no memory; what it took is not given back, so it is not tried again. */
let refused: i64 = 0;

export function open_store(): i64 {
  bind_counter(counter);
  choose_form(counter, PAGE_FOR_CHOICE);
  const opened = open_disk(number("nodes", NODES) + number("slots", SLOTS) * 32 + number("dirty", DIRTY) + OTHER_PAGES);
  is_open = opened == 0;
  return opened;
}

/** 0 when the store is there, or why it is not; the next call tries again. */
export function attach_store(): i64 {
  if (is_mounted) return 0;
  if (refused < 0) return refused;
  if (!is_open) return E_ABSENT;
  const attached = attach_disk();
  if (attached < 0) return attached;
  if (!has_memory) {
    const windows = windows_start(WINDOWS, give_up);
    const started = start(
      <u32>number("nodes", NODES),
      <u32>number("slots", SLOTS),
      <u32>number("dirty", DIRTY),
      pages(),
    );
    if (started < 0 || !windows) refused = started < 0 ? started : E_NO_MEMORY;
    if (refused < 0) return refused;
    has_memory = true;
  }
  const mounted = mount(false);
  if (mounted < 0) {
    const line = begin_line("vdfs").string("the disk is not mounted: ");
    if (mounted == E_DAMAGED && cut_from != 0)
      line.string("it is cut short: ").number(pages()).string(" of ").number(cut_from).string(" pages are there");
    else line.string(describe(mounted));
    end_line();
    return mounted;
  }
  if (restarts() != 0) pass_numbers_over();
  is_mounted = true;
  if (is_read_only) {
    begin_line("vdfs").string(
      is_stuck
        ? "the disk takes no writes; it can be read"
        : is_salvaged
          ? "the disk is damaged, its log is lost; read-only"
          : "the disk is damaged; read-only",
    );
    end_line();
  }
  return 0;
}
