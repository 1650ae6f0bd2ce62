// The methods of services/vectors. An index is known by its tag: its place | how often the place was used << 32. A method on words is
// entered with the tag after the kernel has checked the right; one on a connection is handed the capability, and what the kernel
// says of that (cap_info) is what is allowed.
import { role_of } from "../lib/buffer";
import * as capability from "../lib/capability";
import * as endpoint from "../lib/endpoint";
import { E_ARGUMENT, E_EXISTS, E_FULL, E_HANDLE, E_NOT_FOUND, E_RIGHTS, E_STATE } from "../lib/errors";
import { shown_rights, shown_tag } from "../lib/resource";
import * as startup from "../lib/startup";
import {
  RECORD_DISTANCE,
  RECORD_NAME,
  RECORD_NAME_BYTES,
  RIGHT_DELETE,
  RIGHT_INSERT,
  RIGHT_SEARCH,
  ROLE_OWNER,
} from "../../build/interfaces/vectors/constants";
import { mint, set_rights, set_shape_results } from "../../build/interfaces/vectors/server";
import * as vectors from "../vdfs/vector/index";
import { HANDLES, leave_files, take_files, were_lost } from "./storage";

/** This service's own endpoint: its image entry says `mints: true`. */
const serve = startup.capability("endpoint");
const ALL: u64 = RIGHT_SEARCH | RIGHT_INSERT | RIGHT_DELETE;
/** Pages of one index that stay in memory. */
const CACHE_BYTES = <u32>startup.number("cache", 4194304);

const NAME_BYTES_MAX: u32 = 255;
// By place: the index, the service's own capability to it, how often the place was used, and the directory's name.
const indices = new StaticArray<vectors.Index | null>(HANDLES);
const handles = memory.data(64, 8);
const uses = memory.data(32, 4);
const names = memory.data(2048);
const name_lengths = memory.data(32, 4);

/** A name that came with a call, copied once: its bytes are shared memory, which the client may change at any time. */
const own_name = memory.data(256);

set_rights(serve);

/** False: the name is too long. */
function take_name(name: usize, length: u32): bool {
  if (length == 0 || length > NAME_BYTES_MAX) return false;
  memory.copy(own_name, name, length);
  return true;
}

function handle_at(place: u32): u64 {
  return load<u64>(handles + (place << 3));
}

/** The index behind a tag; null: it is not open any more. */
function index_of(tag: u64): vectors.Index | null {
  if (were_lost())
    for (let open: u32 = 0; open < HANDLES; open++) if (handle_at(open) != 0) vectors.forget_shown(indices[open]!);
  const place = <u32>tag;
  if (place >= HANDLES || handle_at(place) == 0 || load<u32>(uses + (place << 2)) != <u32>(tag >> 32)) return null;
  return indices[place];
}

/** Why `handed` returned null. */
let refusal: i64 = 0;

/** The index of a capability that came with a call, if that has the right; the capability is dropped. */
function handed(handle: u64, right: u64): vectors.Index | null {
  refusal = E_HANDLE;
  const tag = shown_tag(serve, handle);
  if (tag < 0) return null;
  const index = index_of(<u64>tag);
  if (index == null) return null;
  refusal = E_RIGHTS;
  return (shown_rights & right) == right ? index : null;
}

/** An answer of the index; after a failure it is closed: what is in memory may be half of something. */
function settled(index: vectors.Index, answer: i64): i64 {
  if (index.failure == 0) return answer;
  const why = index.failure;
  for (let place: u32 = 0; place < HANDLES; place++) if (indices[place] == index) end(place);
  return why;
}

/** Closes an index: every capability to it is dead. */
function end(place: u32): void {
  const handle = handle_at(place);
  store<u64>(handles + (place << 3), 0);
  vectors.close(indices[place]!);
  indices[place] = null;
  leave_files(place);
  capability.revoke(handle);
  capability.drop(handle);
}

export function shape(tag: u64): i64 {
  const index = index_of(tag);
  if (index == null) return E_STATE;
  set_shape_results(vectors.size(index), index.dimensions, index.metric, index.kind);
  return 0;
}

export function commit(tag: u64): i64 {
  const index = index_of(tag);
  if (index == null) return E_STATE;
  const answer = vectors.commit(index);
  // a commit that failed may have been done in part: opening the index again finishes or forgets it
  if (answer < 0) index.failure = answer;
  return settled(index, answer);
}

export function remove_number(tag: u64, number: u32): i64 {
  const index = index_of(tag);
  if (index == null) return E_STATE;
  if (!vectors.is_there(index, number)) return settled(index, E_NOT_FOUND);
  return settled(index, vectors.remove(index, number));
}

/** Hands the caller a capability to the index at a place. */
function hand_out(badge: u64, place: u32): i64 {
  const rights = role_of(badge) == ROLE_OWNER ? ALL : RIGHT_SEARCH;
  return endpoint.offer(endpoint.OFFER_CALLER, handle_at(place), rights | endpoint.RIGHT_SHARE);
}

function is_name(place: u32, name: usize, length: u32): bool {
  return (
    handle_at(place) != 0 &&
    load<u32>(name_lengths + (place << 2)) == length &&
    memory.compare(names + (place << 8), name, length) == 0
  );
}

/** A free place; HANDLES: there is none. */
function free_place(): u32 {
  let place: u32 = 0;
  while (place < HANDLES && handle_at(place) != 0) place++;
  return place;
}

/** The index at a place is open from now on, under that name. */
function keep(badge: u64, place: u32, index: vectors.Index, name: usize, length: u32): i64 {
  const use = load<u32>(uses + (place << 2)) + 1;
  const made = mint(serve, (<u64>place) | ((<u64>use) << 32), ALL);
  if (made < 0) {
    vectors.close(index);
    leave_files(place);
    return made;
  }
  indices[place] = index;
  store<u32>(uses + (place << 2), use);
  store<u64>(handles + (place << 3), <u64>made);
  store<u32>(name_lengths + (place << 2), length);
  memory.copy(names + (place << 8), name, length);
  return hand_out(badge, place);
}

export function open(badge: u64, shared_name: usize, length: u32): i64 {
  if (!take_name(shared_name, length)) return E_ARGUMENT;
  const name = own_name;
  for (let place: u32 = 0; place < HANDLES; place++) if (is_name(place, name, length)) return hand_out(badge, place);
  const place = free_place();
  if (place == HANDLES) return E_FULL;
  const taken = take_files(place, name, length, false);
  if (taken < 0) return taken;
  const index = vectors.open(place, CACHE_BYTES);
  if (index == null) {
    leave_files(place);
    return vectors.refusal;
  }
  return keep(badge, place, index, name, length);
}

export function create(
  badge: u64,
  shared_name: usize,
  length: u32,
  dimensions: u32,
  metric: u32,
  kind: u32,
  links: u32,
  breadth: u32,
): i64 {
  if (role_of(badge) != ROLE_OWNER) return E_RIGHTS;
  if (!take_name(shared_name, length)) return E_ARGUMENT;
  const name = own_name;
  for (let place: u32 = 0; place < HANDLES; place++) if (is_name(place, name, length)) return E_EXISTS;
  const place = free_place();
  if (place == HANDLES) return E_FULL;
  const index = vectors.create(place, metric, kind, dimensions, links, breadth, CACHE_BYTES);
  if (index == null) return vectors.refusal;
  const taken = take_files(place, name, length, true);
  if (taken < 0) {
    vectors.close(index);
    return taken;
  }
  return keep(badge, place, index, name, length);
}

/** Where values lie behind a text of that length; 0: there are not as many bytes as both take. */
function values_behind(index: vectors.Index, bytes: usize, all: u32, length: u32): usize {
  const place = (length + 3) & ~3;
  return length <= NAME_BYTES_MAX && all == place + (index.dimensions << 2) ? bytes + place : 0;
}

export function insert(_badge: u64, handle: u64, name_length: u32, tags: u64, vector: usize, length: u32): i64 {
  const index = handed(handle, RIGHT_INSERT);
  if (index == null) return refusal;
  const values = values_behind(index, vector, length, name_length);
  if (values == 0 || !take_name(vector, name_length)) return E_ARGUMENT;
  return settled(index, vectors.insert(index, own_name, name_length, tags, values));
}

export function find(_badge: u64, handle: u64, name: usize, length: u32): i64 {
  const index = handed(handle, RIGHT_SEARCH);
  return index == null ? refusal : found(index, name, length);
}

function found(index: vectors.Index, name: usize, length: u32): i64 {
  if (!take_name(name, length)) return E_ARGUMENT;
  const number = vectors.find(index, own_name, length);
  return settled(index, number == u32.MAX_VALUE ? E_NOT_FOUND : <i64>number);
}

export function values(_badge: u64, handle: u64, name: usize, length: u32, out: usize, limit: u32): i64 {
  const index = handed(handle, RIGHT_SEARCH);
  if (index == null) return refusal;
  const number = found(index, name, length);
  if (number < 0) return number;
  const bytes = index.dimensions << 2;
  if (bytes > limit) return E_ARGUMENT;
  const at = vectors.values_of(index, <u32>number);
  if (at != 0) memory.copy(out, at, bytes);
  return settled(index, bytes);
}

export function search(
  _badge: u64,
  handle: u64,
  wanted: u32,
  breadth: u32,
  prefix_length: u32,
  tags: u64,
  question: usize,
  length: u32,
  out: usize,
  limit: u32,
): i64 {
  const index = handed(handle, RIGHT_SEARCH);
  if (index == null) return refusal;
  const asked = values_behind(index, question, length, prefix_length);
  if (asked == 0) return E_ARGUMENT;
  vectors.set_filter(question, prefix_length, tags);
  const count = breadth == 0 ? vectors.exact(index, asked, wanted) : vectors.search(index, asked, wanted, breadth);
  if (count < 0) return settled(index, count);
  let done: u32 = 0;
  for (let place: u32 = 0; <i64>place < count; place++) {
    const number = vectors.result_number(place);
    const bytes = vectors.name_length(index, number);
    const name = bytes < 0 ? 0 : vectors.name_of(index, number);
    if (name == 0) break;
    const whole = (RECORD_NAME + <u32>bytes + 3) & ~3;
    if (done + whole > limit) break;
    store<f32>(out + done + RECORD_DISTANCE, vectors.result_distance(place));
    store<u32>(out + done + RECORD_NAME_BYTES, bytes);
    memory.copy(out + done + RECORD_NAME, name, bytes);
    done += whole;
  }
  return settled(index, done);
}

export function tag(_badge: u64, handle: u64, name: usize, length: u32): i64 {
  const may_insert = ((<u64>capability.rights_of(handle)) & RIGHT_INSERT) != 0;
  const index = handed(handle, RIGHT_SEARCH);
  if (index == null) return refusal;
  if (!take_name(name, length)) return E_ARGUMENT;
  const bit = vectors.tag_bit(index, own_name, length, may_insert);
  return settled(index, bit < 0 ? (may_insert ? E_FULL : E_NOT_FOUND) : <i64>bit);
}

export function remove(_badge: u64, handle: u64, name: usize, length: u32): i64 {
  const index = handed(handle, RIGHT_DELETE);
  if (index == null) return refusal;
  return take_name(name, length) ? settled(index, vectors.remove_named(index, own_name, length)) : E_ARGUMENT;
}
