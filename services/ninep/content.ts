// The bytes of a file that nodes.ts has opened as `entry`, in as many messages as they take. A detached file's size is what stands in its entry:
// the host changes sizes by name. Called by methods.ts.
import { copy } from "../lib/buffer";
import { E_DEVICE, E_TOO_LARGE } from "../lib/errors";
import { ENTRIES_MAX, entry, Entry, entry_at, MODE_CLOSED, MODE_WRITE, refresh } from "./nodes";
import { data_max, read_bytes, SET_SIZE, set_attributes, sync_file, text, write_bytes } from "./session";

/** 64 MiB. */
const ZEROS_MAX: u64 = 0x400_0000;
const ROUNDS_MAX: u32 = 8192;
const ZEROS_BYTES: u32 = 16384;
const zeros = memory.data(16384, 8);

/** As many bytes as there are, up to `limit`, to `out`. */
export function read(offset: u64, limit: u32, out: usize, site: u32): i64 {
  let wanted = limit;
  if (entry.is_detached != 0) {
    const there = entry.size > offset ? entry.size - offset : 0;
    wanted = <u32>min<u64>(wanted, there);
  }
  let done: u32 = 0;
  while (done < wanted) {
    const came = read_bytes(entry.fid, offset + done, wanted - done);
    if (came < 0) return done > 0 ? <i64>done : came;
    if (came == 0) break;
    copy(out + done, text, <u32>came, site);
    done += <u32>came;
  }
  return done;
}

/** How much was written; an error only when nothing was. */
export function write(offset: u64, data: usize, length: u32, site: u32): i64 {
  let done: u32 = 0;
  while (done < length) {
    const went = write_bytes(entry.fid, offset + done, data + done, length - done, site);
    if (went <= 0) {
      if (done > 0) break;
      return went < 0 ? went : E_DEVICE;
    }
    done += <u32>went;
    entry.is_dirty = 1;
  }
  entry.size = max(entry.size, offset + done);
  return done;
}

export function truncate(size: u64): i64 {
  if (entry.is_detached == 0) {
    const answer = set_attributes(entry.fid, SET_SIZE, size, 0, 0);
    if (answer == 0) entry.is_dirty = 1;
    return answer;
  }
  // What is cut off must read as zeros if the file grows again.
  const answer = size < entry.size ? write_zeros(size, entry.size) : 0;
  if (answer == 0) entry.size = size;
  return answer;
}

/** The file reaches to `end`, and what is new of it has its room. */
export function allocate(end: u64): i64 {
  const answer = refresh();
  if (answer < 0) return answer;
  return end > entry.size ? write_zeros(entry.size, end) : 0;
}

/** Not more at a time than ZEROS_MAX, for everybody else waits meanwhile: E_TOO_LARGE, and nothing has changed. */
function write_zeros(from: u64, end: u64): i64 {
  if (end - from > ZEROS_MAX) return E_TOO_LARGE;
  const piece = min(ZEROS_BYTES, data_max);
  // a host may take little at a time, but not for ever
  let rounds = ROUNDS_MAX;
  for (let at = from; at < end; ) {
    const went = write_bytes(entry.fid, at, zeros, <u32>min<u64>(end - at, piece), 0);
    if (went <= 0) return went < 0 ? went : E_DEVICE;
    at += <u64>went;
    if (--rounds == 0 && at < end) return E_DEVICE;
  }
  entry.is_dirty = 1;
  entry.size = max(entry.size, end);
  return 0;
}

/** Durable when it answers, if it was written by this connection or is open to be. */
export function sync(file: Entry): i64 {
  if (file.mode == MODE_CLOSED) return 0;
  const answer = sync_file(file.fid);
  if (answer == 0) file.is_dirty = 0;
  return answer;
}

/** Everything that anybody has written and has open still. */
export function sync_all(): i64 {
  for (let place: u32 = 1; place < ENTRIES_MAX; place++) {
    const file = entry_at(place);
    if (file.badge == 0 || file.is_dirty == 0 || (file.mode & MODE_WRITE) == 0) continue;
    const answer = sync(file);
    if (answer < 0) return answer;
  }
  return 0;
}
