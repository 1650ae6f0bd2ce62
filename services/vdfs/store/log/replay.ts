// Reading the log of the state that was mounted and making its changes again. Called by mount.ts.
// What a power cut has left is a row of whole groups and then anything: the first group that does not fit ends the log.
// A whole group with a change that cannot be made is no power cut's: the disk contradicts itself.
import { PAGE_BYTES, PAGE_SHIFT, read } from "../disk/disk";
import { LOG_PAGE } from "../disk/layout";
import { quick_add, quick_begin, quick_end, quick_high, quick_low, QUICK_STEP } from "../hash/quick";
import { damaged, log_pages, set_replaying } from "../state";
import { has_room } from "../tree/cache";
import { write_trees } from "../tree/write";
import { apply } from "./apply";
import { accept_group, buffer, CHANGE_HEADER, GROUP_HEADER, GROUP_MAGIC, GROUP_PAGES_MAX } from "./log";
import { log_chain_high, log_chain_low, log_number, log_position, log_sequence } from "./log";
import { E_DEVICE, E_ABSENT, E_NOT_FOUND } from "../../../lib/errors";

/** Changes that the last replay made. */
export let replayed: u32 = 0;

/** Reads the next group into the buffer: its pages, 0 if the log ends here, or an error of the disk. */
function read_group(): i64 {
  const position = log_position();
  if (position >= log_pages) return 0;
  let error = read(LOG_PAGE + position, 1, buffer);
  if (error < 0) return error;
  if (load<u32>(buffer) != GROUP_MAGIC) return 0;
  const pages = load<u32>(buffer, 4);
  if (pages == 0 || pages > GROUP_PAGES_MAX || position + pages > log_pages) return 0;
  if (load<u64>(buffer, 8) != log_sequence() || load<u64>(buffer, 16) != log_number()) return 0;
  if (load<u64>(buffer, 32) != log_chain_low() || load<u64>(buffer, 40) != log_chain_high()) return 0;
  const used = load<u64>(buffer, 24);
  if (used > (pages << PAGE_SHIFT) - GROUP_HEADER || (used & (QUICK_STEP - 1)) != 0) return 0;
  if (pages > 1) {
    error = read(LOG_PAGE + position + 1, pages - 1, buffer + PAGE_BYTES);
    if (error < 0) return error;
  }
  const low = load<u64>(buffer, 48);
  const high = load<u64>(buffer, 56);
  store<u64>(buffer, 0, 48);
  store<u64>(buffer, 0, 56);
  quick_begin(log_chain_low(), log_chain_high());
  quick_add(buffer + GROUP_HEADER, <u32>used);
  quick_add(buffer, GROUP_HEADER);
  quick_end(GROUP_HEADER + <u32>used);
  return low == quick_low && high == quick_high ? pages : 0;
}

/** Is there a group that was not read? */
export function log_goes_on(): bool {
  return read_group() > 0;
}

/** Makes the changes of the group in the buffer. */
function apply_group(): i64 {
  const used = load<u32>(buffer, 24);
  let at: u32 = 0;
  while (at < used) {
    const from = buffer + GROUP_HEADER + at;
    if (used - at < CHANGE_HEADER) return damaged(LOG_PAGE + log_position());
    const whole = load<u32>(from, 4);
    const length = load<u32>(from, 40);
    if (
      whole < CHANGE_HEADER ||
      whole > used - at ||
      length > whole - CHANGE_HEADER ||
      (whole & (QUICK_STEP - 1)) != 0
    ) {
      return damaged(LOG_PAGE + log_position());
    }
    if (!has_room()) {
      const written = write_trees();
      if (written < 0) return written;
    }
    const made = apply(
      load<u32>(from),
      load<u64>(from, 8),
      load<u64>(from, 16),
      load<u64>(from, 24),
      load<u64>(from, 32),
      from + CHANGE_HEADER,
      length,
    );
    // what was open without a name then is not any more, and what was done to it does not matter
    if (made < 0 && made != E_NOT_FOUND) {
      return made == E_DEVICE || made == E_ABSENT ? made : damaged(LOG_PAGE + log_position());
    }
    replayed++;
    at += whole;
  }
  return 0;
}

/** Makes all changes of the log again: 0, or why the disk cannot be trusted. */
export function replay(): i64 {
  replayed = 0;
  set_replaying(true);
  let result: i64 = 0;
  for (;;) {
    const pages = read_group();
    if (pages <= 0) {
      result = pages;
      break;
    }
    const low = quick_low;
    const high = quick_high;
    result = apply_group();
    if (result < 0) break;
    accept_group(<u32>pages, low, high);
  }
  set_replaying(false);
  return result;
}
