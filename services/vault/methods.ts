// The vault's methods. A box is known by its tag: its place | how often the place was used << 32. The kernel has checked the
// right before a method is entered, so nothing here asks who calls.
import { E_FULL, E_NOT_FOUND } from "../lib/errors";
import * as capability from "../lib/capability";
import * as endpoint from "../lib/endpoint";
import * as startup from "../lib/startup";
import { State } from "../lib/state";
import { BOXES, RIGHT_DELETE, RIGHT_READ, RIGHT_WRITE } from "../../build/interfaces/vault/constants";
import { mint, set_read_results, set_rights } from "../../build/interfaces/vault/server";

/** This service's own endpoint: its image entry says `mints: true`. */
const serve = startup.capability("endpoint");
const ALL: u64 = RIGHT_READ | RIGHT_WRITE | RIGHT_DELETE;

const words = memory.data(512, 8);
/** The vault's own capability to each box; 0: the place is free. */
const handles = memory.data(512, 8);
const uses = memory.data(256, 4);

set_rights(serve);

/** All that the vault holds, to or from another instance of it: the capabilities go over with it. */
export function pass(state: State): void {
  state.bytes(words, 512);
  state.bytes(handles, 512);
  state.bytes(uses, 256);
}

function handle_at(place: u32): u64 {
  return load<u64>(handles + (place << 3));
}

/** The place of a box that still exists; BOXES: there is none. */
function place_of(tag: u64): u32 {
  const place = <u32>tag;
  if (place >= BOXES || handle_at(place) == 0 || load<u32>(uses + (place << 2)) != <u32>(tag >> 32)) return BOXES;
  return place;
}

export function create(_badge: u64): i64 {
  let place: u32 = 0;
  while (place < BOXES && handle_at(place) != 0) place++;
  if (place == BOXES) return E_FULL;
  const use = load<u32>(uses + (place << 2)) + 1;
  const made = mint(serve, (<u64>place) | ((<u64>use) << 32), ALL);
  if (made < 0) return made;
  const offered = endpoint.offer(endpoint.OFFER_CALLER, <u64>made, ALL | endpoint.RIGHT_SHARE);
  if (offered < 0) {
    capability.drop(<u64>made);
    return offered;
  }
  store<u32>(uses + (place << 2), use);
  store<u64>(handles + (place << 3), <u64>made);
  store<u64>(words + (place << 3), 0);
  return 0;
}

export function read(tag: u64): i64 {
  const place = place_of(tag);
  if (place == BOXES) return E_NOT_FOUND;
  set_read_results(load<u64>(words + (place << 3)));
  return 0;
}

export function write(tag: u64, word: u64): i64 {
  const place = place_of(tag);
  if (place == BOXES) return E_NOT_FOUND;
  store<u64>(words + (place << 3), word);
  return 0;
}

export function remove(tag: u64): i64 {
  const place = place_of(tag);
  if (place == BOXES) return E_NOT_FOUND;
  const handle = handle_at(place);
  store<u64>(handles + (place << 3), 0);
  capability.revoke(handle);
  return capability.drop(handle);
}
