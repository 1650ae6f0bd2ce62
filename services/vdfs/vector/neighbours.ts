// Which neighbours a vector gets (Malkov & Yashunin 2018, algorithm 4): from the nearest on, those that are nearer to it than to
// every neighbour chosen before, so that links lead in different directions. Called by insert.ts and remove.ts.
import { compare, compared, distance, is_compared, ordered } from "./distance";
import * as layout from "./layout";
import { record, writable_record } from "./pages";
import * as pool from "./pool";
import { allocate, Index } from "./state";
import { links_max, links_of } from "./walk";

/** Candidates of a choice in order, as in the pool; the pool itself may be larger. */
const candidates = allocate((<usize>layout.BREADTH_MAX + ((<usize>layout.LINKS_MAX) << 2)) << 3);
export let candidate_count: u32 = 0;
/** What was chosen. */
const chosen = allocate((<usize>layout.LINKS_MAX) << 3);
export let chosen_count: u32 = 0;
/** So many of the chosen, the first, are equal to the vector that they are chosen for; at most one in COPIES_PART. */
let copies_count: u32 = 0;
const COPIES_PART: u32 = 4;

/** A vector's links while they are chosen anew. */
const held = allocate((<usize>layout.LINKS_MAX) << 3);

export function no_candidates(): void {
  candidate_count = 0;
}

/** The pool's vectors become the candidates, without one of them. */
export function take_pool(except: u32): void {
  candidate_count = 0;
  for (let place: u32 = 0; place < pool.used; place++) {
    const value = pool.entry(place) & ~pool.EXPANDED;
    if (pool.number_of(value) == except) continue;
    store<u64>(candidates + ((<usize>candidate_count) << 3), value);
    candidate_count++;
  }
}

/** Adds one candidate in its place; one that is there already is not added again. */
export function add_candidate(order: u32, number: u32): void {
  const value = pool.key(order, number);
  for (let i: u32 = 0; i < candidate_count; i++)
    if (pool.number_of(load<u64>(candidates + ((<usize>i) << 3))) == number) return;
  let at = candidates + ((<usize>candidate_count) << 3);
  candidate_count++;
  for (; at > candidates; at -= 8) {
    const before = load<u64>(at - 8);
    if (before < value) break;
    store<u64>(at, before);
  }
  store<u64>(at, value);
}

export function chosen_number(place: u32): u32 {
  return load<u32>(chosen + ((<usize>place) << 2));
}

/** Chooses at most `most` of the candidates for `centre`; removed vectors only where there are no others. False: failure is set. */
export function choose(index: Index, centre: u32, most: u32): bool {
  chosen_count = 0;
  if (!choose_copies(index, centre, most / COPIES_PART)) return false;
  copies_count = chosen_count;
  return choose_among(index, most, false) && (chosen_count > 0 || choose_among(index, most, true));
}

/**
 * Takes vectors equal to `centre` out of the candidates, and chooses at most `most` of them: the first, to which all others lead, and the
 * last, by which all are reached. Without the limit many equal vectors would link to one another alone, and no search would come out again.
 */
function choose_copies(index: Index, centre: u32, most: u32): bool {
  const own = record(index, layout.SECTION_GRAPH, index.graph, centre);
  if (own == 0) return false;
  compare(index, own);
  let others: u32 = 0;
  for (let i: u32 = 0; i < candidate_count; i++) {
    const value = load<u64>(candidates + ((<usize>i) << 3));
    const at = record(index, layout.SECTION_GRAPH, index.graph, pool.number_of(value));
    if (at == 0) return false;
    if (!is_compared(index, at)) {
      store<u64>(candidates + ((<usize>others) << 3), value);
      others++;
      continue;
    }
    if ((load<u32>(at + index.meta_at, layout.META_UPPER) & layout.UPPER_REMOVED) != 0) continue;
    keep_copy(pool.number_of(value), most);
  }
  candidate_count = others;
  return true;
}

/** Puts a copy among the chosen, which are in order of their numbers; of too many the one in the middle goes. */
function keep_copy(number: u32, most: u32): void {
  let at = chosen + ((<usize>chosen_count) << 2);
  for (; at > chosen && load<u32>(at - 4) > number; at -= 4) store<u32>(at, load<u32>(at - 4));
  store<u32>(at, number);
  chosen_count++;
  if (chosen_count <= most) return;
  chosen_count--;
  const middle = chosen + (((<usize>most) >> 1) << 2);
  memory.copy(middle, middle + 4, (<usize>(chosen_count - (most >> 1))) << 2);
}

function choose_among(index: Index, most: u32, with_removed: bool): bool {
  for (let i: u32 = 0; i < candidate_count && chosen_count < most; i++) {
    const value = load<u64>(candidates + ((<usize>i) << 3));
    const number = pool.number_of(value);
    const at = record(index, layout.SECTION_GRAPH, index.graph, number);
    if (at == 0) return false;
    const upper = load<u32>(at + index.meta_at, layout.META_UPPER);
    if (!with_removed && (upper & layout.UPPER_REMOVED) != 0) continue;
    compare(index, at);
    const is_apart = apart(index, <u32>(value >> 32));
    if (index.failure < 0) return false;
    if (!is_apart) continue;
    store<u32>(chosen + ((<usize>chosen_count) << 2), number);
    chosen_count++;
  }
  return true;
}

/** Is what `compared` holds no nearer to any of the chosen than `order` says? Copies are as far as the centre itself. */
function apart(index: Index, order: u32): bool {
  for (let i = copies_count; i < chosen_count; i++) {
    const other = record(index, layout.SECTION_GRAPH, index.graph, chosen_number(i));
    if (other == 0 || ordered(distance(index, compared, other)) < order) return false;
  }
  return true;
}

/** The links of a vector at a level, to be written to; 0: failure is set. */
export function writable_links(index: Index, number: u32, level: u32): usize {
  if (level == 0) {
    const at = writable_record(index, layout.SECTION_GRAPH, index.graph, number);
    return at == 0 ? 0 : at + index.links_at;
  }
  if (links_of(index, number, level) == 0) return 0;
  const at = record(index, layout.SECTION_GRAPH, index.graph, number);
  if (at == 0) return 0;
  const place = (load<u32>(at + index.meta_at, layout.META_UPPER) & layout.UPPER_PLACE) + level - 1;
  return writable_record(index, layout.SECTION_UPPER, index.upper, place);
}

/** What was chosen becomes the links of a vector. */
export function write_links(index: Index, number: u32, level: u32): bool {
  const links = writable_links(index, number, level);
  if (links == 0) return false;
  const most = links_max(index, level);
  for (let i: u32 = 0; i < most; i++)
    store<u32>(links + ((<usize>i) << 2), i < chosen_count ? chosen_number(i) : layout.NONE);
  return true;
}

/** Adds a link from `from` to `to`; where there is no room, the neighbours are chosen anew among those and it. */
export function link(index: Index, from: u32, to: u32, level: u32): bool {
  const links = writable_links(index, from, level);
  if (links == 0) return false;
  const most = links_max(index, level);
  for (let i: u32 = 0; i < most; i++) {
    const number = load<u32>(links + ((<usize>i) << 2));
    if (number == to) return true;
    if (number == layout.NONE) {
      store<u32>(links + ((<usize>i) << 2), to);
      return true;
    }
  }
  memory.copy(held, links, (<usize>most) << 2);
  no_candidates();
  if (!add_measured(index, from, held, most, from, layout.NONE) || !add_one(index, to)) return false;
  return choose(index, from, most) && write_links(index, from, level);
}

/** Adds the vectors of a list of links as candidates for `centre`, but for two. */
export function add_measured(index: Index, centre: u32, links: usize, most: u32, except: u32, other: u32): bool {
  const own = record(index, layout.SECTION_GRAPH, index.graph, centre);
  if (own == 0) return false;
  compare(index, own);
  for (let i: u32 = 0; i < most; i++) {
    const number = load<u32>(links + ((<usize>i) << 2));
    if (number == layout.NONE) break;
    if (number == except || number == other || number >= index.count) continue;
    if (!add_one(index, number)) return false;
  }
  return true;
}

/** Adds one, measured from what `compared` holds. */
function add_one(index: Index, number: u32): bool {
  const at = record(index, layout.SECTION_GRAPH, index.graph, number);
  if (at == 0) return false;
  add_candidate(ordered(distance(index, compared, at)), number);
  return true;
}
