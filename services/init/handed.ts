// Capabilities to directories that a client leaves for the program that it runs next. Called by methods.ts and program.ts.
// Invariant: what is kept is one client's; another one's leaving, or a `run`, ends it.
import * as capability from "../lib/capability";
import { E_ARGUMENT } from "../lib/errors";
import { DIRECTORY_MAX } from "../wasi/format";

const handles = memory.data(16 * 8, 8);
let owner: u64 = 0;
if (DIRECTORY_MAX > 16) ERROR("more directories than places");

// @ts-ignore: decorator
@inline
function at(place: u32): usize {
  return handles + (place << 3);
}

function forget(place: u32): void {
  if (load<u64>(at(place)) != 0) capability.drop(load<u64>(at(place)));
  store<u64>(at(place), 0);
}

/** Keeps a capability for a place of the next program's list of directories; it is dropped if there is no such place. */
export function keep_handed(badge: u64, place: u32, handle: u64): i64 {
  if (owner != badge) drop_handed(owner);
  owner = badge;
  if (place >= <u32>DIRECTORY_MAX) {
    capability.drop(handle);
    return E_ARGUMENT;
  }
  forget(place);
  store<u64>(at(place), handle);
  return 0;
}

/** What the client of that badge has left for the place; 0: nothing. */
export function handed_at(badge: u64, place: u32): u64 {
  return badge != 0 && badge == owner && place < <u32>DIRECTORY_MAX ? load<u64>(at(place)) : 0;
}

/** The client's program has started, or has not: nothing of his is kept. */
export function drop_handed(badge: u64): void {
  if (badge != owner) return;
  for (let place: u32 = 0; place < <u32>DIRECTORY_MAX; place++) forget(place);
  owner = 0;
}
