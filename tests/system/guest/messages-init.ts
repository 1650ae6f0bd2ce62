// init of tests/system/messages.test.ts: scenes with a server and clients in every combination of isolation modes, then a crowd of 1,000
// callers with detached replies. Exit status 0, or the number of the scene that failed × 4 + its combination.
import { STATE_IDLE, STATUS_STATE } from "../../../kernel/abi/status";
import { DOMAIN_ALLOCATE, ENDPOINT_CALL, NOTIFICATION_SIGNAL, NOTIFICATION_WAIT } from "../../../kernel/abi/rights";
import * as phi from "../../../services/lib/phi";
import { load_module, root_begin, self, system } from "../../guest/root";

const STARTUP: usize = 0x8000_0000;
const SERVER_PAGE: usize = 0xb000_0000;
const BOARD: usize = 0xb000_1000;
const CLIENT_PAGES: usize = 0xb000_2000;
/** The scene could not be set. */
const BROKEN: u64 = 31;
const CROWD: u32 = 1000;
const KILLED: u32 = 100;
const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;
const HW: u64 = 1;

let server_code: u64 = 0;
let client_code: u64 = 0;
let combination: u64 = 0;

// One scene's cast.
let server: u64 = 0;
let endpoint: u64 = 0;
let wake: u64 = 0;
let told: u64 = 0;
let board: u64 = 0;
let server_region: u64 = 0;
const clients = memory.data(1024 * 8, 8);
/** Their pages' regions: what is mapped by a capability goes with it. */
const regions = memory.data(1024 * 8, 8);
let client_count: u32 = 0;

function need(good: bool, scene: u64): void {
  if (!good) phi.system_power(system, scene * 4 + combination);
}

function code(entry: usize): u64 {
  const loaded = load_module(entry);
  need(loaded > 0, BROKEN);
  return <u64>loaded;
}

function domain(module: u64, mode: u64, priority: u64, budget: u64): u64 {
  const made = phi.domain_create(self, module, mode | (priority << 8), budget);
  need(made > 0, BROKEN);
  return <u64>made;
}

/** A page of the domain at its STARTUP, which init sees at `at`. */
function page(target: u64, at: usize): u64 {
  const region = <u64>phi.region_create(self, 1, 0);
  need(phi.region_map(region, at, 0, 1, 3) == 0, BROKEN);
  need(phi.domain_map(target, region, STARTUP, (<u64>1) << 32, 3) == 0, BROKEN);
  return region;
}

function open(mode: u64): void {
  client_count = 0;
  endpoint = <u64>phi.endpoint_create(self);
  wake = <u64>phi.notification_create(self);
  told = <u64>phi.notification_create(self);
  board = <u64>phi.region_create(self, 1, 0);
  phi.region_map(board, BOARD, 0, 1, 3);
  server = domain(server_code, mode, 4, 0x40_0000);
  server_region = page(server, SERVER_PAGE);
  store<u64>(SERVER_PAGE, <u64>phi.cap_grant(server, wake, NOTIFICATION_WAIT, 0));
  store<u64>(SERVER_PAGE, <u64>phi.cap_grant(server, told, NOTIFICATION_SIGNAL, 0), 8);
  store<u64>(SERVER_PAGE, <u64>phi.cap_grant(server, server, DOMAIN_ALLOCATE, 0), 48);
  phi.endpoint_bind(endpoint, server);
  phi.domain_start(server);
  settle();
}

/** Lets everybody else run for a while. */
function settle(): void {
  const pause = <u64>phi.notification_create(self);
  phi.wait(pause, phi.now() + 2 * MILLISECOND);
  phi.cap_delete(pause);
}

function client(mode: u64, priority: u64, what: u64, number: u64, at: usize): u64 {
  const made = domain(client_code, mode, priority, 0x4_0000);
  const region = page(made, at);
  store<u64>(at, <u64>phi.cap_grant(made, endpoint, ENDPOINT_CALL, client_count + 1));
  store<u64>(at, what, 8);
  store<u64>(at, number, 16);
  store<u64>(at, <u64>phi.cap_grant(made, told, NOTIFICATION_SIGNAL, 0), 24);
  store<u64>(at, <u64>phi.cap_grant(made, made, DOMAIN_ALLOCATE, 0), 96);
  if (what == 3) phi.domain_map(made, board, STARTUP + 4096, (<u64>1) << 32, 3);
  store<u64>(clients + ((<usize>client_count) << 3), made);
  store<u64>(regions + ((<usize>client_count) << 3), region);
  client_count++;
  phi.domain_start(made);
  return made;
}

function result(at: usize, place: u32): i64 {
  return load<i64>(at + 32 + ((<usize>place) << 3));
}

function end(target: u64): void {
  phi.domain_stop(target);
  let answer: i64 = 1;
  while (answer == 1) answer = phi.domain_destroy(target);
  need(answer == 0, BROKEN);
}

function close(pages: u32): void {
  for (let i: u32 = 0; i < client_count; i++) {
    end(load<u64>(clients + ((<usize>i) << 3)));
    phi.cap_delete(load<u64>(regions + ((<usize>i) << 3)));
  }
  end(server);
  for (let i: u32 = 0; i < pages; i++) phi.region_unmap(self, CLIENT_PAGES + ((<usize>i) << 12), 1);
  phi.region_unmap(self, SERVER_PAGE, 1);
  phi.region_unmap(self, BOARD, 1);
  phi.cap_delete(server_region);
  phi.cap_delete(board);
}

function is_told(): bool {
  return phi.wait(told, phi.now() + 10 * SECOND) >= 0;
}

/** Deadlines: in time, detached, in the handler, in the queue. The server spins at the lowest priority afterwards. */
function timed(server_mode: u64, client_mode: u64): void {
  open(server_mode);
  client(client_mode, 8, 2, 0, CLIENT_PAGES);
  need(is_told(), 1);
  need(result(CLIENT_PAGES, 0) == 5, 2);
  need(result(CLIENT_PAGES, 1) == 0 || result(CLIENT_PAGES, 1) == 1, 3);
  need(result(CLIENT_PAGES, 2) == -9, 4);
  need(result(CLIENT_PAGES, 3) == 42, 5);
  need(result(CLIENT_PAGES, 4) == -9, 6);
  need(result(CLIENT_PAGES, 5) == -9, 7);
  close(1);
}

/** Whoever waits for a detached reply, or for a handler at work, goes on when init cancels. */
function cancelled(server_mode: u64, client_mode: u64): void {
  for (let method: u64 = 2; method <= 4; method += 2) {
    open(server_mode);
    const waiting = client(client_mode, 8, 5, method, CLIENT_PAGES);
    settle();
    need(phi.cancel(waiting) == 0, 8);
    need(is_told(), 9);
    need(result(CLIENT_PAGES, 0) == -16, 10);
    need(phi.cancel(waiting) == -11, 11);
    close(1);
  }
}

/** The least urgent is in the server, the middle one works, the most urgent calls: it must not wait for the middle one. */
function inversion(server_mode: u64, client_mode: u64): void {
  open(server_mode);
  client(client_mode, 6, 3, 1, CLIENT_PAGES);
  settle();
  client(client_mode, 10, 3, 2, CLIENT_PAGES + 4096);
  client(client_mode, 20, 3, 3, CLIENT_PAGES + 8192);
  for (let i: u32 = 0; i < 500 && load<u64>(BOARD) < 3; i++) settle();
  need(load<u64>(BOARD) == 3, 12);
  need(load<u64>(BOARD, 8) == 3, 13);
  need(load<u64>(BOARD, 16) == 2 && load<u64>(BOARD, 24) == 1, 14);
  close(3);
}

function travel(server_mode: u64, client_mode: u64): void {
  open(server_mode);
  client(client_mode, 8, 4, 0, CLIENT_PAGES);
  need(is_told(), 15);
  need(result(CLIENT_PAGES, 0) == 0, 16);
  need(result(CLIENT_PAGES, 1) == 0, 17);
  need(result(CLIENT_PAGES, 2) == 4, 18);
  need(result(CLIENT_PAGES, 3) == 0, 19);
  need(result(CLIENT_PAGES, 4) == 3, 20);
  need(result(CLIENT_PAGES, 5) == -17, 21);
  need(result(CLIENT_PAGES, 6) == -2, 22);
  need(result(CLIENT_PAGES, 7) == -11, 23); // nothing was offered the second time
  phi.notify(wake, 2);
  need(is_told(), 24);
  need(load<u64>(SERVER_PAGE, 72) == 3, 25);
  close(1);
}

/** 1,000 callers wait for one server at once. Some are killed; all others get their own answer, in random order. */
function crowd(server_mode: u64): void {
  open(server_mode);
  for (let i: u32 = 0; i < CROWD; i++) {
    client(HW, 8, 1, i + 1, CLIENT_PAGES);
    phi.region_unmap(self, CLIENT_PAGES, 1);
  }
  for (let i: u32 = 0; i < 2000 && load<u64>(SERVER_PAGE, 16) < <u64>CROWD; i++) settle();
  need(load<u64>(SERVER_PAGE, 16) == <u64>CROWD, 26);
  need(phi.domain_status(server, STATUS_STATE) == STATE_IDLE, 27);
  for (let i: u32 = 0; i < KILLED; i++)
    need(phi.domain_stop(load<u64>(clients + ((<usize>(i * 7 + 3)) << 3))) == 0, 28);
  phi.wait(told, 0);
  phi.notify(wake, 1);
  for (let i: u32 = 0; i < 2000 && load<u64>(SERVER_PAGE, 24) < <u64>(CROWD - KILLED); i++) settle();
  need(load<u64>(SERVER_PAGE, 24) == <u64>(CROWD - KILLED), 29);
  need(load<u64>(SERVER_PAGE, 32) == 0 && load<u64>(SERVER_PAGE, 40) == <u64>KILLED, 30);
  close(0);
}

export function start(): void {
  root_begin();
  server_code = code(1);
  client_code = code(2);
  for (combination = 0; combination < 4; combination++) {
    const server_mode = combination & 1,
      client_mode = combination >> 1;
    timed(server_mode, client_mode);
    cancelled(server_mode, client_mode);
    inversion(server_mode, client_mode);
    travel(server_mode, client_mode);
  }
  for (combination = 0; combination < 2; combination++) crowd(combination);
  phi.system_power(system, 0);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
