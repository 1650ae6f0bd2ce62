// init of the fault injection (tests/faults/): services in both isolation modes under load of clients in both modes; traps, flipped
// bits, stuck loops, sudden ends and kills are injected at random, and every service that fails is restarted. Prints what it counted
// and powers off: status 0 if no caller lost a reply, nothing went wrong unexplained, and nothing is missing at the end.
import { INFO_CAPS, INFO_FRAMES_FREE } from "../../../kernel/abi/status";
import * as domain from "../../../services/lib/domain";
import * as phi from "../../../services/lib/phi";
import { E_TIMEOUT } from "../../../kernel/abi/errors";
import { content_of, root_begin, system } from "../../guest/root";
import {
  bell,
  cast_begin,
  client_make,
  CLIENTS,
  generations,
  handles,
  page_of,
  remove,
  victim_make,
  VICTIMS,
} from "./cast";
import * as counts from "./counts";
import * as page from "./page";
import { print, print_begin, print_count } from "./print";
import { is_lost, is_stuck, status_of } from "./watch";

const STATUS_BROKEN: u64 = 100;
/** Faults between two counts of frames; the first campaign of a boot takes the kernel's tables to their size. */
const CAMPAIGN_FAULTS: u64 = 1_000;
/** Between two injections: some calls' worth. */
const PERIOD_NS: u64 = 10_000;
const PERIOD_SPREAD_NS: u64 = 30_000;
/** Answers that each client must still get when no more faults come, and the looks within which it must. */
const LAST_ANSWERS: u64 = 20;
const LAST_LOOKS: u32 = 10_000;
/** A client that has got no answer at so many looks waits for nothing that happens, whatever its state says. */
const LOOKS_MAX: u32 = 2_000;

let seed: u64 = 0;
/** 1: its last restart has not been judged yet. */
const fresh = new StaticArray<u32>(4);
/** The fault given to the victim and not met yet. */
const armed = new StaticArray<u32>(4);
/** In whose memory something was flipped: one bit for each of the last 64 victims of that number, the present one's the lowest. */
const flipped = new StaticArray<u64>(4);
const done_before = new StaticArray<u64>(4);
const looks = new StaticArray<u32>(4);
let cancels: u64 = 0;

function random(limit: u64): u64 {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (seed >> 11) % limit;
}

function fail(what: string): void {
  print("faults: ");
  print(what);
  print("\n");
  phi.system_power(system, STATUS_BROKEN);
}

/** Counts the fault that was given to victim `i` as soon as it has met it. */
function note_met(i: u32): void {
  const fault = armed[i];
  if (fault == 0 || load<u64>(page_of(i), page.VICTIM_FAULT) != 0) return;
  armed[i] = 0;
  counts.count_met(fault);
  if (fault == page.FAULT_FLIP || fault == page.FAULT_FUNCTION) flipped[i] |= 1;
}

/** The victim is to go: did it serve anybody since it was restarted? */
function judge_restart(i: u32): void {
  if (fresh[i] == 0) return;
  fresh[i] = 0;
  counts.count_outlived(load<u64>(page_of(i), page.VICTIM_DONE) > 1);
}

function victim_remove(i: u32): void {
  note_met(i);
  armed[i] = 0;
  judge_restart(i);
  remove(i);
}

function restart(i: u32): void {
  victim_remove(i);
  const works = victim_make(i);
  flipped[i] <<= 1;
  counts.count_restart(works);
  if (!works) fail("a victim cannot be made again");
  fresh[i] = 1;
}

/** The victim showed a fault in this way: the last one that it met was it. */
function shown(i: u32, way: u32): void {
  note_met(i);
  const fault = load<u32>(page_of(i), page.VICTIM_MET);
  if (fault == 0) counts.count_unexplained();
  else counts.count_shown(fault, way);
}

/** A client got a wrong answer from victim `i`, the one that the client saw before it called, or a later one: it may have been kept from calling. */
function wrong_answer(i: u32, at: usize): void {
  store<u64>(at, 0, page.CLIENT_WRONG_FROM);
  note_met(i);
  const age = generations[i] - load<u64>(at, page.CLIENT_WRONG_GENERATION);
  const could = flipped[i] & (((<u64>2) << age) - 1);
  if (could == 0) counts.count_unexplained();
  else counts.count_shown(page.FAULT_FLIP, counts.WRONG);
  if (age == 0) restart(i);
}

/** One fault: into a victim, which meets it in the midst of its next call; or done by init at this moment, wherever everybody is. */
function inject(): void {
  const fault = 1 + <u32>random(20),
    i = <u32>random(VICTIMS);
  if (fault == page.FAULT_KILL) {
    counts.count_met(fault);
    restart(i);
  } else if (fault == page.FAULT_KILL_CLIENT) {
    counts.count_met(fault);
    client_restart(i);
  } else if (fault == page.FAULT_CANCEL) {
    const wait = status_of(VICTIMS + i, domain.STATUS_WAIT);
    if (wait == domain.WAIT_NONE || wait == domain.WAIT_NOTIFICATION) return;
    if (domain.cancel(handles[VICTIMS + i]) != 0) return; // its deadline was faster
    counts.count_met(fault);
    cancels++;
  } else if (armed[i] == 0) {
    const at = page_of(i);
    armed[i] = min(fault, page.FAULT_FLIP);
    store<u64>(at, random(u64.MAX_VALUE), page.VICTIM_ARGUMENT);
    store<u64>(at, armed[i], page.VICTIM_FAULT);
  }
}

function client_restart(i: u32): void {
  remove(VICTIMS + i);
  client_begin(i);
}

function client_begin(i: u32): void {
  if (!client_make(i)) fail("a client cannot be made");
  looks[i] = 0;
}

/** Everybody's state, after what has ended: who is stuck, whose answers are wrong, who waits for an answer that nobody will give. */
function look(): void {
  for (let i: u32 = 0; i < VICTIMS; i++) {
    note_met(i);
    if (is_lost(i)) counts.count_lost();
    if (!is_stuck(i)) continue;
    shown(i, counts.STUCK);
    restart(i);
  }
  for (let i: u32 = 0; i < CLIENTS; i++) {
    const at = page_of(VICTIMS + i),
      wrong = load<u32>(at, page.CLIENT_WRONG_FROM),
      done = load<u64>(at, page.CLIENT_DONE);
    if (wrong != 0) wrong_answer(wrong - 1, at);
    if (done != done_before[i]) {
      done_before[i] = done;
      looks[i] = 0;
      continue;
    }
    if (!is_lost(VICTIMS + i) && ++looks[i] < LOOKS_MAX) continue;
    counts.count_lost();
    client_restart(i);
  }
}

/** Restarts who has ended. */
function attend(ended: u64): void {
  for (let i: u32 = 0; i < VICTIMS; i++) {
    if (((ended >> i) & 1) == 0) continue;
    const state = status_of(i, domain.STATUS_STATE);
    if (state == domain.STATE_IDLE || state == domain.STATE_BUSY) continue; // its predecessor's end
    shown(i, state == domain.STATE_TRAPPED ? counts.TRAPPED : counts.ENDED);
    restart(i);
  }
}

function step(): void {
  const bits = phi.wait(bell, phi.now() + PERIOD_NS + random(PERIOD_SPREAD_NS));
  if (bits != E_TIMEOUT) attend(<u64>bits);
  look();
}

/** Faults that were not met go out; then every client must get answers, and when the last victim ends, nobody may be left in a call. */
function settle(): void {
  for (let i: u32 = 0; i < VICTIMS; i++) {
    note_met(i);
    armed[i] = 0;
    store<u64>(page_of(i), 0, page.VICTIM_FAULT);
  }
  const until = new StaticArray<u64>(4);
  for (let i: u32 = 0; i < CLIENTS; i++) until[i] = load<u64>(page_of(VICTIMS + i), page.CLIENT_DONE) + LAST_ANSWERS;
  for (let i: u32 = 0; i < CLIENTS; i++) {
    let left = LAST_LOOKS;
    while (load<u64>(page_of(VICTIMS + i), page.CLIENT_DONE) < until[i] && left-- > 0) step();
    if (load<u64>(page_of(VICTIMS + i), page.CLIENT_DONE) < until[i]) counts.count_lost();
  }
  for (let i: u32 = 0; i < VICTIMS; i++) victim_remove(i);
  for (let i: u32 = 0; i < CLIENTS; i++) {
    if (is_lost(VICTIMS + i)) counts.count_lost();
    remove(VICTIMS + i);
  }
}

function campaign(count: u64): void {
  for (let i: u32 = 0; i < VICTIMS; i++) {
    if (!victim_make(i)) fail("a victim cannot be made");
  }
  for (let i: u32 = 0; i < CLIENTS; i++) client_begin(i);
  while (counts.injected < count) {
    inject();
    step();
  }
  settle();
}

function total(field: usize): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < CLIENTS; i++) sum += load<u64>(page_of(VICTIMS + i) + field);
  return sum;
}

/** Everybody is gone: what is there now must be what was there the last time. */
function account(): void {
  counts.count_left(phi.system_info(system, INFO_FRAMES_FREE), phi.system_info(system, INFO_CAPS));
}

export function start(): void {
  root_begin();
  print_begin();
  const parameters = content_of(3);
  const count = load<u64>(parameters);
  seed = load<u64>(parameters, 8) | 1;
  if (!cast_begin()) fail("not enough memory to begin");
  for (let i: u32 = 0; i < CLIENTS; i++) store<u64>(page_of(VICTIMS + i), random(u64.MAX_VALUE), page.CLIENT_SEED);
  while (counts.injected < count) {
    campaign(min(counts.injected + CAMPAIGN_FAULTS, count));
    account();
  }
  counts.count_unexpected(total(page.CLIENT_UNEXPECTED));
  const cancelled = total(page.CLIENT_CANCELLED);
  if (cancelled > cancels) counts.count_unexpected(cancelled - cancels);
  counts.print_counts();
  print_count(" answers=", total(page.CLIENT_DONE));
  print_count(" correct=", total(page.CLIENT_CORRECT));
  print_count(" errors=", total(page.CLIENT_FAULTS));
  print_count(" timeouts=", total(page.CLIENT_TIMEOUTS));
  print_count(" cancelled=", cancelled);
  print_count(" wronganswers=", total(page.CLIENT_WRONG));
  print_count(" microseconds=", phi.now() / 1_000);
  print("\n");
  phi.system_power(system, counts.is_clean() ? 0 : 1);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
