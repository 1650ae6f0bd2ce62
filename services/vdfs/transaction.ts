// Several changes as one: a list in the client's buffer, copied before it is looked at, of which all are made or none. Called as a method.
// Nobody else's call comes in between, so a transaction can neither wait nor outlive its client; a list that is sound in form alone
// reaches the store, where the first change that cannot be made undoes those before it.
import {
  STEP_BYTES,
  STEP_CREATE,
  STEP_DATA,
  STEP_LENGTH,
  STEP_LINK,
  STEP_MADE,
  STEP_NODE,
  STEP_RENAME,
  STEP_SYMLINK,
  STEP_TRUNCATE,
  STEP_UNLINK,
  STEP_VALUE,
  STEP_WHAT,
  STEP_WRITE,
  STEPS_MAX,
  TRANSACTION_BYTES_MAX,
} from "../../build/interfaces/vdfs/constants";
import { KIND_LINK } from "../../build/interfaces/files/constants";
import { E_ARGUMENT } from "../lib/errors";
import { use_to_change } from "./clients";
import { attach_store } from "./mounted";
import { node_inode } from "./nodes";
import { abort, begin, change, end } from "./store/store";
import * as changes from "./store/log/apply";
import { time_ns } from "./time";

const list: usize = memory.data(65536, 8);
/** By step: the inode that it made; 0: none. */
const made: usize = memory.data(2048, 8);

if (TRANSACTION_BYTES_MAX > 65536 || STEPS_MAX * 8 > 2048) ERROR("a table is too small");

/** True if the copied list is whole steps, each with all of its bytes. */
function is_sound(length: u32): bool {
  let steps: u32 = 0;
  for (let at: u32 = 0; at < length; ) {
    if (length - at < STEP_DATA || ++steps > STEPS_MAX) return false;
    const bytes = load<u32>(list + at, STEP_BYTES);
    if (bytes < STEP_DATA || bytes > length - at || (bytes & 7) != 0) return false;
    if (load<u32>(list + at, STEP_LENGTH) > bytes - STEP_DATA) return false;
    at += bytes;
  }
  return steps != 0;
}

/** The inode that a step names, his own or made by a step before; an error. */
function inode_of(badge: u64, node: u64, step: u32): i64 {
  if ((node & STEP_MADE) != 0) {
    const number = node & ~STEP_MADE;
    const inode = number < step ? load<u64>(made + ((<usize>number) << 3)) : 0;
    return inode != 0 ? inode : E_ARGUMENT;
  }
  const used = use_to_change(badge, node);
  return used < 0 ? used : node_inode;
}

/** Makes one step: its answer, or an error. */
function make(badge: u64, at: usize, step: u32): i64 {
  const what = load<u32>(at, STEP_WHAT);
  const value = load<u64>(at, STEP_VALUE);
  const length = load<u32>(at, STEP_LENGTH);
  const node = inode_of(badge, load<u64>(at, STEP_NODE), step);
  if (node < 0) return node;
  let second: i64 = 0;
  if (what == STEP_LINK || what == STEP_RENAME) {
    second = inode_of(badge, value, step);
    if (second < 0) return second;
  }
  const bytes = at + STEP_DATA;
  const now = time_ns();
  switch (what) {
    case STEP_CREATE:
      return value < KIND_LINK ? change(changes.CHANGE_CREATE, now, node, value, 0, bytes, length) : E_ARGUMENT;
    case STEP_SYMLINK:
      return change(changes.CHANGE_SYMLINK, now, node, 0, 0, bytes, length);
    case STEP_LINK:
      return change(changes.CHANGE_LINK, now, node, second, 0, bytes, length);
    case STEP_UNLINK:
      return value - 1 < 2 ? change(changes.CHANGE_UNLINK, now, node, value, 0, bytes, length) : E_ARGUMENT;
    case STEP_RENAME:
      return change(changes.CHANGE_RENAME, now, node, second, 0, bytes, length);
    case STEP_WRITE:
      return change(changes.CHANGE_WRITE, now, node, value, 0, bytes, length);
    case STEP_TRUNCATE:
      return change(changes.CHANGE_TRUNCATE, now, node, value, 0, bytes, 0);
    default:
      return E_ARGUMENT;
  }
}

/** The method: 0, or the error of the first step that could not be made, and none is. */
export function transaction(badge: u64, steps: usize, steps_length: u32): i64 {
  if (steps_length > TRANSACTION_BYTES_MAX) return E_ARGUMENT;
  memory.copy(list, steps, steps_length);
  if (!is_sound(steps_length)) return E_ARGUMENT;
  const ready = attach_store();
  if (ready < 0) return ready;
  const begun = begin();
  if (begun < 0) return begun;
  let step: u32 = 0;
  for (let at: u32 = 0; at < steps_length; at += load<u32>(list + at, STEP_BYTES)) {
    const what = load<u32>(list + at, STEP_WHAT);
    const answer = make(badge, list + at, step);
    if (answer < 0) {
      const undone = abort();
      return undone < 0 ? undone : answer;
    }
    const makes = what == STEP_CREATE || what == STEP_SYMLINK;
    store<u64>(made + ((<usize>step) << 3), makes ? <u64>answer : 0);
    step++;
  }
  return end();
}
