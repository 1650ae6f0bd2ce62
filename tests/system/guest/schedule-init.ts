// init of tests/system/scheduling.test.ts: makes workers and scheduler services itself, measures who ran how much, says so
// on the serial line, and powers off with the number of the first expectation that failed.
import { STATUS_TIME_NS } from "../../../kernel/abi/status";
import { ANY_CPU } from "../../../kernel/abi/schedule";
import { entry_handle, hash } from "../../../services/lib/startup";
import * as phi from "../../../services/lib/phi";
import { load_module, root_begin, self, system, uart_entry } from "../../guest/root";
import { spin } from "./schedule-spin";

const STARTUP: usize = 0x8000_0000;
const PAGES: usize = 0xb000_0000;
const RINGS: usize = 0xb800_0000;
const RING_INDEX: u64 = 0x8100_0000;
const BUDGET: u64 = 0x20_0000;
const MS: u64 = 1_000_000;

let device: u64 = 0;
let clock: u64 = 0;
let pages: usize = 0;
let rings: usize = 0;

function put(byte: u64): void {
  phi.device_store(device, (<u64>1) << 32, byte);
}

function say(text: string, value: u64): void {
  for (let i = 0; i < text.length; i++) put(text.charCodeAt(i));
  let scale: u64 = 1;
  while (value / scale >= 10) scale *= 10;
  for (; scale > 0; scale /= 10) put(0x30 + ((value / scale) % 10));
  put(10);
}

function expect(number: u64, holds: bool): void {
  if (holds) return;
  say("failed ", number);
  phi.system_power(system, number);
}

function must(answer: i64): u64 {
  if (answer < 0) say("error ", <u64>-answer);
  expect(1, answer >= 0);
  return <u64>answer;
}

function create(entry: usize, mode: u64, priority: u64): u64 {
  const code = must(load_module(entry));
  const domain = must(phi.domain_create(self, code, mode | (priority << 8), BUDGET));
  phi.cap_delete(code);
  return domain;
}

function rest(ns: u64): void {
  phi.wait(clock, phi.now() + ns);
}

// Workers: domain and page of each.
const workers = memory.data(8 * 8, 8);
let count: usize = 0;

function worker(i: usize): u64 {
  return load<u64>(workers + (i << 3));
}

function page(i: usize): usize {
  return PAGES + (pages - count + i) * 4096;
}

/** A worker in either mode, not started; its page is zero. */
function add(mode: u64, priority: u64): u64 {
  const domain = create(2, mode, priority),
    index = PAGES + pages * 4096;
  const region = must(phi.region_create(self, 1, 0));
  must(phi.region_map(region, index, 0, 1, 3));
  must(phi.domain_map(domain, region, STARTUP, (<u64>1) << 32, 3));
  store<u64>(workers + (count << 3), domain);
  count++;
  pages++;
  return domain;
}

function periodic(mode: u64, priority: u64, period: u64, turns: u64): u64 {
  const domain = add(mode, priority),
    at = PAGES + (pages - 1) * 4096;
  store<u64>(at, 1);
  store<u64>(at, period, 8);
  store<u64>(at, turns, 16);
  store<u64>(at, must(phi.cap_grant(domain, must(phi.notification_create(self)), 2, 0)), 24);
  return domain;
}

function remove_workers(): void {
  for (let i: usize = 0; i < count; i++) {
    phi.domain_stop(worker(i));
    must(phi.domain_destroy(worker(i)));
  }
  count = 0;
}

function time(i: usize): u64 {
  return must(phi.domain_status(worker(i), STATUS_TIME_NS));
}

// The scheduler service that lives now.
let service: u64 = 0;
let scheduler: u64 = 0;
let ring: usize = 0;

function entry(at: usize, kind: u32, name: string, handle: u64, a: u64): void {
  store<u32>(at, kind);
  store<u32>(at, name.length == 0 ? 0 : hash(name), 4);
  store<u64>(at, handle, 8);
  store<u64>(at, a, 16);
}

/** A service of that policy, and its scheduler. */
function begin(policy: u64): void {
  service = create(1, policy, 30); // fair in sfi, deadlines in hw
  const region = must(phi.region_create(self, 2, 0)),
    news = must(phi.notification_create(self)),
    start = must(phi.region_create(self, 1, 0)),
    at = PAGES + pages * 4096;
  ring = RINGS + rings * 8192;
  must(phi.region_map(region, ring, 0, 2, 3));
  must(phi.region_map(start, at, 0, 1, 3));
  must(phi.domain_map(service, region, RING_INDEX, (<u64>2) << 32, 1));
  must(phi.domain_map(service, start, STARTUP, (<u64>1) << 32, 1));
  pages++;
  rings++;
  scheduler = must(phi.scheduler_create(service, region, news, 1));
  entry(at, 2, "scheduler", must(phi.cap_grant(service, scheduler, 1, 0)), 0);
  entry(at + 32, 2, "news", must(phi.cap_grant(service, news, 2, 0)), 0);
  entry(at + 64, 3, "ring", 0, RING_INDEX);
  entry(at + 96, 8, "policy", 0, policy);
  must(phi.domain_start(service));
}

function end_service(): void {
  phi.domain_stop(service);
  must(phi.domain_destroy(service));
}

function attach(i: usize, weight: u64, budget_us: u64, period_us: u64): void {
  must(phi.scheduler_attach(scheduler, worker(i), weight | (budget_us << 32), period_us));
}

/** Three that count for ever, with weights 1, 2 and 4, under a service of this policy. */
function load_three(policy: u64): void {
  begin(policy);
  for (let i: usize = 0; i < 3; i++) {
    add(<u64>(i & 1), 10);
    attach(i, (<u64>1) << i, 0, 0);
    must(phi.domain_start(worker(i)));
  }
}

/** Every worker gets further while this time passes. */
function all_advance(number: u64, ns: u64): void {
  const before = memory.data(8 * 8, 8);
  for (let i: usize = 0; i < count; i++) store<u64>(before + (i << 3), time(i));
  rest(ns);
  for (let i: usize = 0; i < count; i++) expect(number, time(i) > load<u64>(before + (i << 3)));
}

function fair_share(): void {
  load_three(0);
  rest(20 * MS);
  const t0 = time(0),
    t1 = time(1),
    t2 = time(2);
  rest(140 * MS);
  const a = time(0) - t0,
    b = time(1) - t1,
    c = time(2) - t2;
  say("fair 1: us ", a / 1000);
  say("fair 2: us ", b / 1000);
  say("fair 4: us ", c / 1000);
  // Slices have 4 ms.
  expect(10, a > 15 * MS && a < 25 * MS);
  expect(11, b > 34 * MS && b < 46 * MS);
  expect(12, c > 70 * MS && c < 90 * MS);
}

/** The service is stopped under load: no thread is lost, and equals take turns again. */
function killed(): void {
  end_service();
  all_advance(20, 60 * MS);
  remove_workers();
}

/** A service that never decides: the same after the kernel's patience. */
function hanging(): void {
  const idle = create(2, 0, 30),
    region = must(phi.region_create(self, 1, 0));
  scheduler = must(phi.scheduler_create(idle, region, clock, 1));
  for (let i: usize = 0; i < 3; i++) {
    add(<u64>(i & 1), 10);
    attach(i, 1, 0, 0);
    must(phi.domain_start(worker(i)));
  }
  const began = phi.now();
  rest(20 * MS);
  expect(30, time(0) + time(1) + time(2) == 0);
  while (time(0) == 0 && phi.now() < began + 500 * MS) rest(MS);
  say("hanging service: us ", (phi.now() - began) / 1000);
  all_advance(31, 60 * MS);
  expect(32, phi.scheduler_commit(scheduler, 1 | ((<u64>ANY_CPU) << 32), MS, 1) == -11);
  phi.domain_destroy(idle);
  remove_workers();
}

/** Twenty changes of policy under load. */
function swapped(): void {
  load_three(0);
  rest(10 * MS);
  let longest: u64 = 0;
  for (let round: u64 = 1; round <= 20; round++) {
    const old = service,
      before = phi.now();
    begin(round & 1);
    for (let i: usize = 0; i < count; i++) attach(i, (<u64>1) << i, 0, 0);
    phi.domain_stop(old);
    must(phi.domain_destroy(old));
    longest = max(longest, phi.now() - before);
    all_advance(40 + round, 16 * MS);
  }
  say("longest swap: us ", longest / 1000);
  // Whoever writes into the ring hurts nobody but the service that reads it.
  for (let at: usize = 0; at < 8192; at += 8) store<u64>(ring + at, 0x5a5a_5a5a_0000_0001 * <u64>at);
  rest(200 * MS);
  all_advance(61, 60 * MS);
  end_service();
  remove_workers();
}

/** Two periodic workers, 9 tenths of the processor: by fixed priorities in the wrong order, then by deadline. Jobs missed. */
function deadlines(by_deadline: bool, turns_of_ms: u64): u64 {
  if (by_deadline) begin(1);
  periodic(0, 10, 10 * MS, (turns_of_ms * 38) / 10);
  periodic(1, 11, 20 * MS, (turns_of_ms * 96) / 10);
  if (by_deadline) {
    attach(0, 1, 4_000, 10_000);
    attach(1, 1, 10_000, 20_000);
    // A third one that would take all there is: it has no deadline to keep.
    add(0, 10);
    attach(2, 1, 0, 0);
  }
  const release = phi.now() + 5 * MS;
  for (let i: usize = 0; i < count; i++) {
    store<u64>(page(i), release, 48);
    must(phi.domain_start(worker(i)));
  }
  rest(300 * MS);
  const missed = load<u64>(page(0), 40) + load<u64>(page(1), 40);
  const done = load<u64>(page(0), 32) + load<u64>(page(1), 32);
  say(by_deadline ? "deadline first: jobs " : "fixed priorities: jobs ", done);
  say(by_deadline ? "deadline first: missed " : "fixed priorities: missed ", missed);
  expect(70, done > 30);
  if (by_deadline) {
    say("background: us ", time(2) / 1000);
    expect(73, time(2) > 10 * MS);
    end_service();
  }
  remove_workers();
  return missed;
}

/** One counts for ever and was given 2 ms in each 10 by deadline; two count for ever without, and one keeps its deadlines. */
function overrun(turns_of_ms: u64): void {
  begin(1);
  add(0, 10);
  add(1, 10);
  add(0, 10);
  periodic(1, 10, 10 * MS, (turns_of_ms * 35) / 10);
  attach(0, 1, 2_000, 10_000);
  attach(1, 1, 0, 0);
  attach(2, 3, 0, 0);
  attach(3, 1, 4_000, 10_000);
  store<u64>(page(3), phi.now() + 5 * MS, 48);
  for (let i: usize = 0; i < count; i++) must(phi.domain_start(worker(i)));
  rest(20 * MS);
  const t0 = time(0),
    t1 = time(1),
    t2 = time(2);
  rest(300 * MS);
  const greedy = time(0) - t0,
    one = time(1) - t1,
    three = time(2) - t2;
  say("more than its budget of 60 ms: us ", greedy / 1000);
  say("beside it, weight 1: us ", one / 1000);
  say("beside it, weight 3: us ", three / 1000);
  expect(90, load<u64>(page(3), 32) > 25 && load<u64>(page(3), 40) == 0);
  expect(91, greedy > 55 * MS && greedy < 75 * MS);
  expect(92, one > 20 * MS && three > 2 * one);
  end_service();
  remove_workers();
}

function contexts(): void {
  for (let mode: u64 = 0; mode < 2; mode++) {
    add(mode, 10);
    must(phi.context_bind(must(phi.context_create(self, 20 * MS, 100 * MS, 10 + mode)), worker(<usize>mode)));
    must(phi.domain_start(worker(<usize>mode)));
  }
  rest(400 * MS);
  say("context of 20 in 100 ms, in 400 ms, sfi: us ", time(0) / 1000);
  say("context of 20 in 100 ms, in 400 ms, hw: us ", time(1) / 1000);
  for (let i: usize = 0; i < 2; i++) expect(80 + i, time(i) > 79 * MS && time(i) < 81 * MS);
  must(phi.scheduling_release(worker(0)));
  const before = time(0);
  rest(50 * MS);
  expect(82, time(0) - before > 25 * MS);
  remove_workers();
}

export function start(): void {
  root_begin();
  device = entry_handle(uart_entry());
  clock = must(phi.notification_create(self));
  const before = phi.now();
  spin(100_000);
  const turns_of_ms = (100_000 * MS) / (phi.now() - before);
  contexts();
  fair_share();
  killed();
  hanging();
  swapped();
  expect(71, deadlines(false, turns_of_ms) > 5);
  expect(72, deadlines(true, turns_of_ms) == 0);
  overrun(turns_of_ms);
  phi.system_power(system, 0);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
