// init of the fault injection (tests/faults/): services in both isolation modes under load of clients in both modes; traps,
// flipped bits, stuck loops and sudden ends are injected into them at random, and every service that fails is restarted.
// Prints one line of counts and powers off: status 0 if no caller lost a reply without an error and no frame was lost.
import * as phi from "../../../services/lib/phi";
import { content_of, load_module, root_begin, self, system } from "../../guest/root";
import * as page from "./page";
import { print, print_begin, print_count } from "./print";

const STARTUP: usize = 0x8000_0000;
const PAGES: u64 = 0xb000_0000;
const PRIORITY: u64 = 10;
const BUDGET: u64 = 0x20_0000;
const VICTIMS: u32 = 4;
const CLIENTS: u32 = 4;
const E_TIMEOUT: i64 = -9;
const STATE_CREATED: i64 = 1;
const STATE_IDLE: i64 = 2;
const STATE_BUSY: i64 = 3;
const STATE_TRAPPED: i64 = 5;
const INFO_FRAMES_FREE: u64 = 1;
/** Between two injections: some calls' worth. */
const PERIOD_NS: u64 = 8_000;
const PERIOD_SPREAD_NS: u64 = 24_000;
/** A call that takes longer is stuck, and its server is stopped. */
const WATCHDOG_NS: u64 = 300_000;
/** A client without an answer for so long has lost it. */
const LOST_NS: u64 = 20_000_000;
const RIGHT_ALLOCATE: u64 = 32;

let bell: u64 = 0;
let seed: u64 = 0;
const code = new StaticArray<u64>(3);
const victims = new StaticArray<u64>(4);
const endpoints = new StaticArray<u64>(4);
const regions = new StaticArray<u64>(8);
const clients = new StaticArray<u64>(4);
const done_before = new StaticArray<u64>(4);
const progress_at = new StaticArray<u64>(4);

let injected: u64 = 0;
let by_trap: u64 = 0;
let by_watchdog: u64 = 0;
let by_answer: u64 = 0;
let by_end: u64 = 0;
let recovered: u64 = 0;
let failed_restarts: u64 = 0;
let lost: u64 = 0;

function random(limit: u64): u64 {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed % limit;
}

function page_of(i: u32): usize {
  return <usize>(PAGES + <u64>i * 4096);
}

function mode_of(i: u32): u64 {
  return <u64>(i & 1);
}

function fail(what: string): void {
  print("faults: ");
  print(what);
  print("\n");
  phi.system_power(system, 100);
}

/** A domain of module `module` with page `number` at its start-up index; 0: it cannot be made. */
function make(module: i32, number: u32): u64 {
  const domain = phi.domain_create(self, code[module], mode_of(number) | (PRIORITY << 8), BUDGET);
  if (domain < 0) return 0;
  if (phi.domain_map(<u64>domain, regions[number], STARTUP, (<u64>1) << 32, 3) < 0) return 0;
  return <u64>domain;
}

function victim_start(i: u32): bool {
  const at = page_of(i);
  const domain = make(1, i);
  if (domain == 0) return false;
  memory.fill(at, 0, 4096);
  store<u64>(at, <u64>phi.cap_grant(domain, domain, RIGHT_ALLOCATE, 0), page.VICTIM_SELF);
  // Half of the victims call the next one in the midst of their work.
  if (i < 2) store<u64>(at, <u64>phi.cap_grant(domain, endpoints[i + 2], 1, 0), page.VICTIM_NEXT);
  victims[i] = domain;
  if (phi.domain_supervise(domain, bell, (<u64>1) << i) < 0) return false;
  if (phi.endpoint_bind(endpoints[i], domain) < 0) return false;
  return phi.domain_start(domain) >= 0;
}

function domain_remove(domain: u64): void {
  phi.domain_stop(domain);
  while (phi.domain_destroy(domain) == 1) continue;
  phi.cap_delete(domain);
}

function restart(i: u32): void {
  domain_remove(victims[i]);
  if (victim_start(i)) recovered++;
  else failed_restarts++;
}

function client_start(i: u32): void {
  const number = VICTIMS + i,
    at = page_of(number);
  const domain = make(2, number);
  if (domain == 0) fail("a client cannot be made");
  memory.fill(at, 0, 4096);
  for (let k: u32 = 0; k < VICTIMS; k++) {
    store<u64>(at + (k << 3), <u64>phi.cap_grant(domain, endpoints[k], 1, <u64>(i + 1)), page.CLIENT_ENDPOINTS);
  }
  store<u64>(at, <u64>(i * 7919 + 1), page.CLIENT_SEED);
  clients[i] = domain;
  phi.domain_start(domain);
}

function begin(): void {
  for (let i = 0; i < 3; i++) {
    code[i] = <u64>load_module(<usize>i);
  }
  bell = <u64>phi.notification_create(self);
  for (let i: u32 = 0; i < VICTIMS + CLIENTS; i++) {
    regions[i] = <u64>phi.region_create(self, 1, 0);
    if (phi.region_map(regions[i], PAGES + <u64>i * 4096, 0, 1, 3) < 0) fail("no window");
  }
  for (let i: u32 = 0; i < VICTIMS; i++) endpoints[i] = <u64>phi.endpoint_create(self);
  for (let i: u32 = 0; i < VICTIMS; i++) {
    if (!victim_start(i)) fail("a victim cannot be made");
  }
  for (let i: u32 = 0; i < CLIENTS; i++) client_start(i);
}

/** One fault into one victim: it meets it in the midst of its next call. */
function inject(): void {
  const at = page_of(<u32>random(VICTIMS));
  if (load<u64>(at, page.VICTIM_FAULT) != 0) return; // the last one has not been met yet
  store<u64>(at, random(0x7fff_ffff_ffff_ffff), page.VICTIM_ARGUMENT);
  store<u64>(at, 1 + random(page.FAULTS), page.VICTIM_FAULT);
  injected++;
}

/** Restarts who has ended, who is stuck, and whose answers are wrong; counts callers without an answer. */
function attend(ended: u64): void {
  for (let i: u32 = 0; i < VICTIMS; i++) {
    if (((ended >> i) & 1) == 0) continue;
    const state = phi.domain_status(victims[i], 0);
    if (state == STATE_CREATED || state == STATE_IDLE || state == STATE_BUSY) continue; // an older one's end
    if (state == STATE_TRAPPED) by_trap++;
    else by_end++;
    restart(i);
  }
  const now = phi.now();
  for (let i: u32 = 0; i < CLIENTS; i++) {
    const at = page_of(VICTIMS + i);
    const wrong = load<u64>(at, page.CLIENT_WRONG_FROM);
    if (wrong != 0) {
      store<u64>(at, 0, page.CLIENT_WRONG_FROM);
      by_answer++;
      restart(<u32>wrong - 1);
    }
    const done = load<u64>(at, page.CLIENT_DONE);
    if (done != done_before[i]) {
      done_before[i] = done;
      progress_at[i] = now;
    } else if (now - progress_at[i] > LOST_NS) {
      lost++;
      progress_at[i] = now;
    } else if (now - progress_at[i] > WATCHDOG_NS) {
      watchdog(<u32>load<u64>(at, page.CLIENT_VICTIM));
    }
  }
}

const stopped_at = new StaticArray<u64>(4);
/** Whoever calls this victim waits too long: it is stuck, or whom it called. */
function watchdog(i: u32): void {
  const now = phi.now();
  if (now - stopped_at[i] < WATCHDOG_NS) return;
  stopped_at[i] = now;
  by_watchdog++;
  restart(i);
}

/** Faults that were never met go out; then every client must get answers again. */
function settle(): void {
  const until = phi.now() + 2 * LOST_NS;
  while (phi.now() < until) {
    const bits = phi.wait(bell, phi.now() + PERIOD_NS * 10);
    attend(bits == E_TIMEOUT ? 0 : <u64>bits);
  }
}

function inject_until(count: u64): void {
  for (let i: u32 = 0; i < CLIENTS; i++) progress_at[i] = phi.now();
  while (injected < count && failed_restarts == 0) {
    inject();
    const bits = phi.wait(bell, phi.now() + PERIOD_NS + random(PERIOD_SPREAD_NS));
    attend(bits == E_TIMEOUT ? 0 : <u64>bits);
  }
}

/** A new client goes on with its predecessor's counts. */
function client_again(i: u32): void {
  const at = page_of(VICTIMS + i);
  const done = load<u64>(at + page.CLIENT_DONE),
    correct = load<u64>(at + page.CLIENT_CORRECT),
    errors = load<u64>(at + page.CLIENT_ERRORS),
    wrong = load<u64>(at + page.CLIENT_WRONG),
    unexpected = load<u64>(at + page.CLIENT_UNEXPECTED);
  client_start(i);
  store<u64>(at + page.CLIENT_DONE, done);
  store<u64>(at + page.CLIENT_CORRECT, correct);
  store<u64>(at + page.CLIENT_ERRORS, errors);
  store<u64>(at + page.CLIENT_WRONG, wrong);
  store<u64>(at + page.CLIENT_UNEXPECTED, unexpected);
}

function total(field: usize): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < CLIENTS; i++) sum += load<u64>(page_of(VICTIMS + i) + field);
  return sum;
}

function end_all(): void {
  for (let i: u32 = 0; i < CLIENTS; i++) domain_remove(clients[i]);
  for (let i: u32 = 0; i < VICTIMS; i++) domain_remove(victims[i]);
}

export function start(): void {
  root_begin();
  print_begin();
  const parameters = content_of(3);
  const count = load<u64>(parameters);
  seed = load<u64>(parameters, 8) | 1;
  begin();
  inject_until(count / 2);
  settle();
  end_all();
  // The kernel's tables have grown as far as this load takes them: from here to the end no frame may be lost.
  const frames = phi.system_info(system, INFO_FRAMES_FREE);
  for (let i: u32 = 0; i < VICTIMS; i++) victim_start(i);
  for (let i: u32 = 0; i < CLIENTS; i++) client_again(i);
  inject_until(count);
  settle();
  const unexpected = total(page.CLIENT_UNEXPECTED);
  const calls = total(page.CLIENT_DONE),
    correct = total(page.CLIENT_CORRECT),
    errors = total(page.CLIENT_ERRORS),
    wrong = total(page.CLIENT_WRONG);
  end_all();
  const leaked = <u64>(frames - phi.system_info(system, INFO_FRAMES_FREE));
  print("faults:");
  print_count(" injected=", injected);
  print_count(" trapped=", by_trap);
  print_count(" ended=", by_end);
  print_count(" stuck=", by_watchdog);
  print_count(" wrong=", by_answer);
  print_count(" recovered=", recovered);
  print_count(" unrecovered=", failed_restarts);
  print_count(" calls=", calls);
  print_count(" correct=", correct);
  print_count(" errors=", errors);
  print_count(" wronganswers=", wrong);
  print_count(" lost=", lost);
  print_count(" unexpected=", unexpected);
  print_count(" leaked=", leaked);
  print("\n");
  phi.system_power(system, lost + unexpected + leaked + failed_restarts == 0 ? 0 : 1);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
