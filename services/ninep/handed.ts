// Directories of the host's as capabilities: what a client may hand on of what it has open. The host names files by paths that only a fid follows, so
// each directory that was handed on keeps a fid of its own here, and its path in kept.ts. Called by methods.ts. Invariant: a tag is a place and how often
// that was used, so a capability to what is not kept any more leads nowhere.
import { MAY_READ, MAY_WRITE, RIGHT_READ, RIGHT_WRITE } from "../../build/interfaces/ninep/constants";
import { set_enter_results } from "../../build/interfaces/ninep/server";
import * as capability from "../lib/capability";
import { mint, offer, OFFER_CALLER, RIGHT_SHARE } from "../lib/endpoint";
import { E_ABSENT, E_NOT_FOUND, E_READ_ONLY } from "../lib/errors";
import { shown_rights, shown_tag } from "../lib/resource";
import * as startup from "../lib/startup";
import { counter } from "../lib/system";
import { keep_path, kept_next, PLACES, recall } from "./kept";
import { entry, find_directory, hold, MODE_CLOSED } from "./nodes";
import { fid_free, get_attributes, walk } from "./session";

/** 31 bits: a tag is below 2^63. */
const USE_MASK: u32 = 0x7fff_ffff;

/** This service's own endpoint, if the image says `mints`. */
const serve = startup.capability("endpoint");
const nodes = memory.data(256, 8);
/** The service's own capability; 0: the place is free. */
const handles = memory.data(256, 8);
const fids = memory.data(128, 4);
const rights_of_place = memory.data(128, 4);
const uses = memory.data(128, 4);
let next = kept_next();

// @ts-ignore: decorator
@inline
function handle_at(place: u32): u64 {
  return load<u64>(handles + (place << 3));
}

export function directory(badge: u64, node: u64, writes: bool): i64 {
  const answer = find_directory(badge, node);
  if (answer < 0) return answer;
  if (writes && entry.may_write == 0) return E_READ_ONLY;
  if (serve == 0) return E_ABSENT;
  const rights = writes ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ;
  let place: u32 = 0;
  while (place < PLACES && !is_kept(place, node, rights)) place++;
  if (place == PLACES) {
    const kept = keep(node, rights);
    if (kept < 0) return kept;
    place = <u32>kept;
  }
  return offer(OFFER_CALLER, handle_at(place), (<u64>rights) | RIGHT_SHARE);
}

function is_kept(place: u32, node: u64, rights: u32): bool {
  if (handle_at(place) == 0 || load<u64>(nodes + (place << 3)) != node) return false;
  return load<u32>(rights_of_place + (place << 2)) == rights;
}

/** Puts the directory of `entry` into the next place: that place, or an error. */
function keep(node: u64, rights: u32): i64 {
  const fid = walk(entry.fid, 0, 0);
  if (fid < 0) return fid;
  const place = next;
  // not from 0: what somebody kept over a restart of this service is nobody's
  const before = load<u32>(uses + (place << 2));
  const use = ((before == 0 ? <u32>counter() : before) + 1) & USE_MASK;
  const made = mint(serve, (<u64>place) | ((<u64>use) << 32), rights >> 16);
  if (made < 0) {
    fid_free(<u32>fid);
    return made;
  }
  next = (place + 1) % PLACES;
  if (handle_at(place) != 0) {
    capability.revoke(handle_at(place));
    capability.drop(handle_at(place));
    fid_free(load<u32>(fids + (place << 2)));
  }
  store<u64>(handles + (place << 3), <u64>made);
  store<u64>(nodes + (place << 3), node);
  store<u32>(fids + (place << 2), <u32>fid);
  store<u32>(rights_of_place + (place << 2), rights);
  store<u32>(uses + (place << 2), use);
  keep_path(place, use, node, <u32>fid);
  return place;
}

export function enter(badge: u64, handle: u64): i64 {
  const shown = shown_tag(serve, handle);
  if (shown < 0) return shown;
  const tag = <u64>shown;
  const place = <u32>tag;
  const use = <u32>(tag >> 32);
  if (place >= PLACES) return E_NOT_FOUND;
  const is_here = handle_at(place) != 0 && load<u32>(uses + (place << 2)) == use;
  const fid = is_here ? walk(load<u32>(fids + (place << 2)), 0, 0) : recall(place, use);
  if (fid < 0) return fid;
  const known = get_attributes(<u32>fid);
  if (known < 0) {
    fid_free(<u32>fid);
    return known;
  }
  const writes = (shown_rights & RIGHT_WRITE) != 0;
  const held = hold(badge, <u32>fid, MODE_CLOSED, writes ? 1 : 0);
  if (held < 0) return held;
  set_enter_results(entry.node, writes ? MAY_READ | MAY_WRITE : MAY_READ);
  return 0;
}
