// The first domain of the bench's own system: nothing runs but what a figure needs. It makes the workers of each round, lets
// them print, and powers off; status 0 when every worker ended as it should.
import { STARTUP_ENTRY_SIZE } from "../../../kernel/abi/formats";
import * as phi from "../../../services/lib/phi";
import { entry_a, entry_handle } from "../../../services/lib/startup";
import { load_module, root_begin, self, system, uart_entry } from "../../guest/root";
import { figures_begin, print, span } from "./figure";
import * as at from "./page";

const WORKER_ENTRY: usize = 1;
const BUDGET: u64 = 0x10_0000;
/** Windows of the root: a worker's page while it is written, the shared page. */
const WORKER_PAGE: usize = 0xb000_0000;
const ALL: u64 = 3;
const DOMAIN_ALLOCATE: u64 = 32;
const REGION_ALL: u64 = 7;
const LOW: u64 = 20;
const HIGH: u64 = 30;
const STATE_EXITED: i64 = 4;
const INSTANCES: u64 = 20;

let uart: u64 = 0;
let uart_stride: u64 = 0;
let irq: u64 = 0;
let code: u64 = 0;
let ended: u64 = 0;
let shared: u64 = 0;
let page: u64 = 0;

function check(answer: i64): u64 {
  if (answer < 0) phi.system_power(system, <u64>(100 - answer));
  return <u64>answer;
}

/** A worker that has not started; its page lies at WORKER_PAGE until the next one is made. */
function worker(mode: u64, priority: u64, role: u64): u64 {
  const domain = check(phi.domain_create(self, code, mode | (priority << 8), BUDGET));
  // Deleting the capability would take the page from a worker that still runs: pages of mates stay.
  if (page != 0) phi.region_unmap(self, WORKER_PAGE, 1);
  page = region_of(1);
  check(phi.region_map(page, WORKER_PAGE, 0, 1, ALL));
  check(phi.domain_map(domain, page, at.OWN, (<u64>1) << 32, ALL));
  check(phi.domain_map(domain, shared, at.SHARED, (<u64>1) << 32, ALL));
  store<u64>(WORKER_PAGE, role, at.ROLE_AT);
  store<u64>(WORKER_PAGE, mode, at.MODE_AT);
  give(domain, at.SELF_AT, domain, DOMAIN_ALLOCATE);
  give(domain, at.UART_AT, uart, ALL);
  store<u64>(WORKER_PAGE, uart_stride, at.STRIDE_AT);
  return domain;
}

function region_of(pages: u64): u64 {
  const region = check(phi.region_create(self, pages, 0));
  while (check(phi.region_fill(region)) != 0);
  return region;
}

function give(domain: u64, place: usize, handle: u64, rights: u64): void {
  store<u64>(WORKER_PAGE + place, check(phi.cap_grant(domain, handle, rights, 0)));
}

/** Starts the one who measures, and waits for its end. */
function run(domain: u64): void {
  check(phi.domain_supervise(domain, ended, 1));
  check(phi.domain_start(domain));
  phi.wait(ended, u64.MAX_VALUE);
  if (phi.domain_status(domain, 0) != STATE_EXITED) phi.system_power(system, 99);
  destroy(domain);
  phi.region_unmap(self, WORKER_PAGE, 1);
  phi.cap_delete(page);
  page = 0;
}

function destroy(domain: u64): void {
  phi.domain_stop(domain);
  while (check(phi.domain_destroy(domain)) != 0);
  phi.cap_delete(domain);
}

function server(mode: u64): u64 {
  const domain = worker(mode, HIGH, at.ROLE_SERVER);
  check(phi.domain_start(domain));
  return domain;
}

function serving(domain: u64): u64 {
  const endpoint = check(phi.endpoint_create(self));
  check(phi.endpoint_bind(endpoint, domain));
  return endpoint;
}

function calls(client_mode: u64, server_mode: u64): void {
  const callee = server(server_mode),
    endpoint = serving(callee);
  const client = worker(client_mode, LOW, at.ROLE_CALLS);
  give(client, at.ENDPOINT_AT, endpoint, 1);
  if (client_mode != server_mode)
    store<u64>(WORKER_PAGE, client_mode ? at.MODE_HW_TO_SFI : at.MODE_SFI_TO_HW, at.MODE_AT);
  run(client);
  destroy(callee);
  phi.cap_delete(endpoint);
}

function maps(mode: u64): void {
  const client = worker(mode, LOW, at.ROLE_MAPS);
  const region = region_of(512);
  give(client, at.REGION_AT, region, REGION_ALL);
  run(client);
  phi.cap_delete(region);
}

/** Two threads, `mate` the one whom `role` meets. */
function pair(mode: u64, role: u64, mate: u64, mate_priority: u64): void {
  const notification = check(phi.notification_create(self));
  const other = worker(mode, mate_priority, mate);
  give(other, at.NOTIFICATION_AT, notification, ALL);
  give(other, at.IRQ_AT, irq, ALL);
  check(phi.domain_start(other));
  const measuring = worker(mode, LOW, role);
  give(measuring, at.NOTIFICATION_AT, notification, ALL);
  run(measuring);
  destroy(other);
  phi.cap_delete(notification);
}

function traps(mode: u64): void {
  const domains = memory.data(8 * 16, 8),
    endpoints = memory.data(8 * 16, 8);
  for (let i: u32 = 0; i < at.TRAPS; i++) {
    const domain = server(mode);
    store<u64>(domains + (i << 3), domain);
    store<u64>(endpoints + (i << 3), serving(domain));
  }
  const client = worker(mode, LOW, at.ROLE_TRAPS);
  for (let i: u32 = 0; i < at.TRAPS; i++) give(client, at.TRAPS_AT + (i << 3), load<u64>(endpoints + (i << 3)), 1);
  run(client);
  for (let i: u32 = 0; i < at.TRAPS; i++) {
    destroy(load<u64>(domains + (i << 3)));
    phi.cap_delete(load<u64>(endpoints + (i << 3)));
  }
}

/** As fork, exit and wait: made, furnished, started, ended by itself, waited for, destroyed. */
function instances(mode: u64): void {
  let total: u64 = 0;
  for (let i: u64 = 0; i < INSTANCES + 1; i++) {
    const first = phi.counter();
    const domain = worker(mode, LOW, at.ROLE_ENDS);
    run(domain);
    if (i > 0) total += span(first, phi.counter());
  }
  print(mode ? "instance.create-and-destroy.hw" : "instance.create-and-destroy.sfi", total / INSTANCES);
}

export function start(): void {
  root_begin();
  const device = uart_entry();
  uart = entry_handle(device);
  uart_stride = entry_a(device) >> 8;
  irq = entry_handle(device + STARTUP_ENTRY_SIZE);
  code = check(load_module(WORKER_ENTRY));
  ended = check(phi.notification_create(self));
  shared = region_of(1);
  figures_begin(uart, uart_stride);
  for (let client: u64 = 0; client < 2; client++) for (let callee: u64 = 0; callee < 2; callee++) calls(client, callee);
  for (let mode: u64 = 0; mode < 2; mode++) {
    run(worker(mode, LOW, at.ROLE_GATES));
    pair(mode, at.ROLE_YIELDS, at.ROLE_GIVES_WAY, LOW);
    pair(mode, at.ROLE_NOTIFIES, at.ROLE_WAITS, HIGH);
    pair(mode, at.ROLE_INTERRUPTS, at.ROLE_HANDLES, HIGH);
    maps(mode);
    traps(mode);
    instances(mode);
  }
  phi.system_power(system, 0);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
