// init of the device tests: hands devices to drivers in both isolation modes, lets them be refused, be interrupted by messages, and storm.
// Prints one line for each; the exit status is the number of what went wrong, 0 if nothing did.
import { INFO_STORMS, STATE_IDLE, STATUS_STATE } from "../../../kernel/abi/status";
import { STARTUP_DEVICE, STARTUP_ENTRY_SIZE } from "../../../kernel/abi/formats";
import { derive_part } from "../../../services/lib/device";
import { E_ABSENT, E_ARGUMENT } from "../../../services/lib/errors";
import * as phi from "../../../services/lib/phi";
import { entry_a, entry_b, entry_handle, find } from "../../../services/lib/startup";
import { print, print_begin, print_count } from "../../faults/guest/print";
import { load_module, root_begin, self, system, uart_entry } from "../../guest/root";
import * as at from "./page";

const PAGES: usize = 0xb000_0000;
const PAGE: usize = 4096;
const BUDGET: u64 = 0x20_0000;
const HIGH: u64 = 30;
const LOW: u64 = 20;
const LOWEST: u64 = 10;
const ALL: u64 = 3;
const SYSTEM_MESSAGES: u64 = 64;
const MILLISECOND: u64 = 1_000_000;
const WINDOW_NS: u64 = 40 * MILLISECOND;
/** Of what it gets alone a witness gets at least so much beside a storm, in per cent: 10 ms of every pause, and some. */
const SHARE: u64 = 60;
const KIND_PCI_MEMORY: u64 = 6;

let code: u64 = 0;
let nap: u64 = 0;
let wrong: u64 = 0;
let pages: usize = PAGES;
let page: u64 = 0;

function check(answer: i64): u64 {
  if (answer < 0) phi.system_power(system, <u64>(100 - answer));
  return <u64>answer;
}

function expect(good: bool, number: u64): void {
  if (!good && wrong == 0) wrong = number;
}

function rest(duration_ns: u64): void {
  phi.wait(nap, phi.now() + duration_ns);
}

function give(domain: u64, place: usize, handle: u64, rights: u64): void {
  store<u64>(pages + place, check(phi.cap_grant(domain, handle, rights, 0)));
}

/** A worker that has not started; its page lies at `pages`. Page of `mate`, if one is given. */
function worker(mode: u64, priority: u64, role: u64, shared: u64 = 0): u64 {
  const domain = check(phi.domain_create(self, code, mode | (priority << 8), BUDGET));
  pages += PAGE;
  page = shared != 0 ? shared : check(phi.region_create(self, 1, 0));
  check(phi.region_map(page, pages, 0, 1, ALL));
  check(phi.domain_map(domain, page, at.OWN, (<u64>1) << 32, ALL));
  store<u64>(pages, role, at.ROLE_AT);
  const uart = uart_entry();
  store<u64>(pages, (entry_a(uart) >> 8) & 0xff, at.STRIDE_AT);
  return domain;
}

function devices(domain: u64): void {
  let place = at.DEVICES_AT;
  for (let i: u32 = 0; ; i++) {
    const entry = find(STARTUP_DEVICE, 0, i);
    if (entry == 0) break;
    give(domain, place, entry_handle(entry), ALL);
    store<u64>(pages + place, entry_a(entry), 8);
    store<u64>(pages + place, entry_b(entry), 16);
    place += at.DEVICE_BYTES;
  }
  store<u64>(pages + place, 0);
}

function end(domain: u64): void {
  phi.domain_stop(domain);
  while (check(phi.domain_destroy(domain)) != 0);
  phi.cap_delete(domain);
}

function named(what: string, mode: u64): void {
  print(what);
  print(mode == 0 ? ".sfi" : ".hw");
}

function sweep(mode: u64): void {
  const domain = worker(mode, HIGH, at.ROLE_SWEEP);
  devices(domain);
  check(phi.domain_start(domain));
  rest(10 * MILLISECOND);
  expect(load<i64>(pages, at.STATE_AT) == 1 && load<u64>(pages, at.WRONG_AT) == 0, 1);
  named("devices sweep", mode);
  print_count(" refused ", load<u64>(pages, at.COUNT_AT));
  print_count(" wrong ", load<u64>(pages, at.WRONG_AT));
  print("\n");
  end(domain);
}

/** The driver of the educational device, ready; its page is at `pages`. */
function driver(mode: u64, role: u64): u64 {
  const domain = worker(mode, HIGH, role);
  devices(domain);
  give(domain, at.SYSTEM_AT, system, SYSTEM_MESSAGES);
  give(domain, at.NOTIFICATION_AT, check(phi.notification_create(self)), ALL);
  check(phi.domain_start(domain));
  rest(5 * MILLISECOND);
  return domain;
}

function pci_memory(): u64 {
  for (let i: u32 = 0; ; i++) {
    const entry = find(STARTUP_DEVICE, 0, i);
    if (entry == 0) return 0;
    if ((entry_a(entry) & 0xff) == KIND_PCI_MEMORY) return entry_handle(entry);
  }
  return 0;
}

/** 0: this machine has no messages. */
function messages(mode: u64): bool {
  const domain = driver(mode, at.ROLE_MESSAGES),
    its = pages,
    its_page = page;
  const state = load<i64>(its, at.STATE_AT);
  if (state == E_ABSENT) {
    named("devices messages", mode);
    print(" absent\n");
    end(domain);
    return false;
  }
  expect(state == 1, 2);
  // The one who raises reaches the device's registers and nothing else of the bus.
  const part = check(derive_part(pci_memory(), load<u32>(its, at.OFFSET_AT), at.EDU_BYTES, ALL | 0x8000));
  expect(phi.device_load(part, at.EDU_BYTES - 3 + (4 << 32)) == E_ARGUMENT, 3);
  expect(phi.device_load(part, (<u64>at.EDU_BYTES) | (4 << 32)) == E_ARGUMENT, 4);
  expect(phi.device_load(part, (<u64>at.EDU_BYTES - 4) | (4 << 32)) != E_ARGUMENT, 5);
  expect(derive_part(part, 0, 16, ALL) == E_ARGUMENT, 6);
  const raiser = worker(mode, LOW, at.ROLE_RAISES, its_page);
  give(raiser, at.REGISTERS_AT, part, ALL);
  check(phi.domain_start(raiser));
  rest(20 * MILLISECOND);
  expect(phi.domain_status(raiser, STATUS_STATE) == STATE_IDLE, 7);
  expect(load<u64>(its, at.COUNT_AT) == at.RAISED && load<u64>(its, at.WRONG_AT) == 0, 8);
  named("devices messages", mode);
  print_count(" handled ", load<u64>(its, at.COUNT_AT));
  print_count(" wrong ", load<u64>(its, at.WRONG_AT));
  print("\n");
  named("bench message-to-handler", mode);
  print_count(" ", load<u64>(its, at.TOTAL_AT) / at.RAISED);
  print(" instructions\n");
  end(raiser);
  end(domain);
  phi.cap_delete(part);
  return true;
}

/** How far a witness of lower priority counts meanwhile. */
function witness(mode: u64): u64 {
  const domain = worker(mode, LOWEST, at.ROLE_WITNESS);
  check(phi.domain_start(domain));
  rest(WINDOW_NS);
  const counted = load<u64>(pages, at.COUNT_AT);
  end(domain);
  return counted;
}

function storm(name: string, mode: u64, role: u64, number: u64): void {
  const alone = witness(mode),
    before = check(phi.system_info(system, INFO_STORMS));
  let domain: u64 = 0;
  const uart = uart_entry();
  if (role == at.ROLE_MESSAGE_STORM) {
    domain = driver(mode, role);
    expect(load<i64>(pages, at.STATE_AT) == 1, number);
  } else {
    domain = worker(mode, HIGH, role);
    give(domain, at.UART_AT, entry_handle(uart), ALL);
    give(domain, at.IRQ_AT, entry_handle(uart + STARTUP_ENTRY_SIZE), ALL);
    give(domain, at.NOTIFICATION_AT, check(phi.notification_create(self)), ALL);
    check(phi.domain_start(domain));
  }
  const its = pages,
    began = phi.now();
  const beside = witness(mode),
    took_ns = phi.now() - began;
  const stormed = load<u64>(its, at.COUNT_AT);
  end(domain);
  phi.device_store(entry_handle(uart), ((entry_a(uart) >> 8) & 0xff) | (1 << 32), 0);
  const held = check(phi.system_info(system, INFO_STORMS)) - before;
  named(name, mode);
  print_count(" interrupts ", stormed);
  print_count(" held ", held);
  print_count(" witness ", (beside * 100) / alone);
  print(" per cent\n");
  expect(held > 1 && stormed > 1024, number + 1);
  expect(beside * 100 >= alone * SHARE, number + 2);
  expect(took_ns < 2 * WINDOW_NS, number + 3);
}

export function start(): void {
  root_begin();
  print_begin();
  code = check(load_module(1));
  nap = check(phi.notification_create(self));
  let has_messages = false;
  for (let mode: u64 = 0; mode < 2; mode++) {
    sweep(mode);
    has_messages = messages(mode);
  }
  for (let mode: u64 = 0; mode < 2; mode++) {
    storm("devices line-storm", mode, at.ROLE_LINE_STORM, 10);
    if (has_messages) storm("devices message-storm", mode, at.ROLE_MESSAGE_STORM, 20);
  }
  phi.system_power(system, wrong);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
