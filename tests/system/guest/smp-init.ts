// init of tests/system/smp.test.ts: every case needs several CPUs at once, and none looks at a clock to decide. Prints nothing:
// the exit status tells, 0 or the number of the first case that failed (a case that hangs is the test's time limit).
// Workers (smp-worker.ts) share pages with it: see there what each word means.
import {
  INFO_CPUS,
  INFO_CPU_SWITCHES,
  INFO_FRAMES_FREE,
  STATE_TRAPPED,
  STATUS_CPU,
  STATUS_STATE,
} from "../../../kernel/abi/status";
import * as phi from "../../../services/lib/phi";
import { load_module, root_begin, self, system } from "../../guest/root";
import * as domain from "../../../services/lib/domain";

const STARTUP: usize = 0x8000_0000;
const PAGES: usize = 0xb000_0000;
const PRIORITY: u64 = 30;
const BUDGET: u64 = 0x20_0000;
const PAGE: usize = 4096;
const READ_WRITE: u64 = 3;

const ROLE_MEET: u64 = 1;
const ROLE_CALL: u64 = 2;
const ROLE_SPIN: u64 = 3;
const ROLE_READ: u64 = 4;
const ROLE_PING: u64 = 5;
const ROLE_GATES: u64 = 6;

let pages_used: usize = 0;
let nap: u64 = 0;

function fail(number: u64): void {
  phi.system_power(system, number);
}

function create(entry: usize, mode: u64): u64 {
  const code = load_module(entry);
  const made = phi.domain_create(self, <u64>code, mode | (PRIORITY << 8), BUDGET);
  if (code < 0 || made < 0) fail(90);
  phi.cap_delete(<u64>code);
  return <u64>made;
}

/** A little time for others: init has the highest priority here. */
function rest(): void {
  phi.wait(nap, phi.now() + 300_000);
}

/** Pages of which each holds its number. */
const numbers = new StaticArray<u64>(4);
function count_pages(): void {
  for (let i: u32 = 0; i < 4; i++) {
    const region = <u64>phi.region_create(self, 1, 0),
      at = PAGES + 0x100_0000 + i * PAGE;
    phi.region_map(region, at, 0, 1, READ_WRITE);
    store<u64>(at, i);
    unchecked((numbers[i] = region));
  }
}

let shared: u64 = 0;
let shared_at: usize = 0;
/** One zeroed page that every worker of the case maps at STARTUP. */
function share(): void {
  shared = <u64>phi.region_create(self, 1, 0);
  shared_at = PAGES + pages_used++ * PAGE;
  if (phi.region_map(shared, shared_at, 0, 1, READ_WRITE) < 0) fail(91);
}

/** Starts a worker with words of its own in the shared page. `limit`: rounds, 0 = for ever. */
function work(number: u32, mode: u64, role: u64, cpu: u64, handle: u64, rights: u64, limit: u64): u64 {
  const worker = create(1, mode);
  const at = shared_at + 64 * (number + 1);
  store<u64>(at, role);
  memory.fill(at + 8, 0, 56);
  store<u64>(at, limit, 32);
  if (handle != 0) store<u64>(at, <u64>phi.cap_grant(worker, handle, rights, number), 24);
  if (phi.domain_map(worker, shared, STARTUP, (<u64>1) << 32, READ_WRITE) < 0) fail(92);
  if (phi.domain_map(worker, unchecked(numbers[number]), STARTUP + PAGE, (<u64>1) << 32, 1) < 0) fail(92);
  if (cpu != u64.MAX_VALUE && phi.domain_affinity(worker, (<u64>1) << cpu) != 0) fail(93);
  phi.domain_start(worker);
  return worker;
}


@inline function word(number: u32, offset: usize): u64 {
  return load<u64>(shared_at + 64 * (number + 1) + offset);
}
function finished(count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (word(i, 48) == 0) return false;
  return true;
}

/** What the compiler cannot look into: it reads memory again after it. */
let nothing_at: u32 = 0;
function nothing(): void {}

function end(worker: u64): void {
  domain.stop(worker);
  if (domain.destroy(worker) != 0) fail(94);
}

/** The CPUs arrive when they do. */
function case_cpus(): void {
  while (phi.system_info(system, INFO_CPUS) != 4) rest();
}

/** Four workers wait for one another without a gate: only if all run at once does any of them go on. */
function case_meet(mode: u64): void {
  share();
  const a = work(0, mode, ROLE_MEET, u64.MAX_VALUE, 0, 0, 0),
    b = work(1, mode, ROLE_MEET, u64.MAX_VALUE, 0, 0, 0),
    c = work(2, mode, ROLE_MEET, u64.MAX_VALUE, 0, 0, 0);
  // init is the fourth: it must not block, or its CPU would be free for two of them
  store<u64>(shared_at, 1);
  while (word(0, 8) + word(1, 8) + word(2, 8) != 3) call_indirect<void>(nothing_at);
  while (!finished(3)) rest();
  end(a);
  end(b);
  end(c);
}

/** Workers on four CPUs call one server, whose answers carry a count: none is lost, none is answered twice. */
function case_calls(mode: u64, server_mode: u64): void {
  share();
  const endpoint = <u64>phi.endpoint_create(self),
    server = create(2, server_mode);
  phi.endpoint_bind(endpoint, server);
  phi.domain_start(server);
  const workers = new StaticArray<u64>(4);
  for (let i: u32 = 0; i < 4; i++) unchecked((workers[i] = work(i, mode, ROLE_CALL, i, endpoint, 1, 60)));
  while (!finished(4)) rest();
  let sum: u64 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    if (word(i, 16) != 0) fail(31);
    sum += word(i, 8);
  }
  // method 9: how many calls it has counted
  if (phi.call(endpoint, 9, 0, 0, 0, 0, 0, 0) != <i64>sum) fail(32);
  for (let i: u32 = 0; i < 4; i++) end(unchecked(workers[i]));
  end(server);
  phi.cap_delete(endpoint);
}

/** A worker that never makes a gate ends when it is told to, wherever it runs, and its frames come back. */
function case_kill(mode: u64): void {
  share();
  end(work(0, mode, ROLE_SPIN, 2, 0, 0, 0)); // what the first one leaves (tables of the case's page) is not its own
  const before = phi.system_info(system, INFO_FRAMES_FREE);
  for (let round: u64 = 0; round < 8; round++) {
    const worker = work(0, mode, ROLE_SPIN, round & 3, 0, 0, 0);
    while (word(0, 8) == 0) rest();
    if (phi.domain_status(worker, STATUS_CPU) != <i64>(round & 3)) fail(41);
    end(worker);
  }
  if (phi.system_info(system, INFO_FRAMES_FREE) != before) fail(42);
}

/** A worker reads a page for ever while init revokes it: the old value up to the revocation's end, zero from then on. */
function case_revoke(mode: u64): void {
  for (let round: u64 = 0; round < 6; round++) {
    share();
    const secret = <u64>phi.region_create(self, 1, 0),
      secret_at = PAGES + 0x200_0000;
    phi.region_map(secret, secret_at, 0, 1, READ_WRITE);
    store<u64>(secret_at, 0x1234_5678);
    // the worker's window is made through a derived capability, whose end takes the page away
    const lent = <u64>phi.cap_derive(secret, 0x8007, 0);
    const worker = work(0, mode, ROLE_READ, (round & 1) + 2, lent, 7, 0);
    while (word(0, 8) < 50) rest(); // it has seen the value fifty times
    store<u64>(shared_at, 1);
    let answer: i64 = 1;
    while (answer == 1) answer = phi.cap_revoke(lent);
    // Whatever it sees from now on must not be what is written now.
    store<u64>(secret_at, 0x8765_4321);
    while (word(0, 56) < 50) rest();
    if (word(0, 16) != 0) fail(51);
    if (phi.domain_status(worker, STATUS_STATE) == STATE_TRAPPED) fail(52);
    end(worker);
    phi.region_unmap(self, secret_at, 1);
    phi.cap_delete(secret);
  }
}

/** Two workers on two CPUs wake each other by notifications: as many as were sent arrived. */
function case_ping(mode: u64): void {
  share();
  const there = <u64>phi.notification_create(self),
    back = <u64>phi.notification_create(self);
  const first = work(0, mode, ROLE_PING, 1, there, 3, 100),
    second = work(1, mode, ROLE_PING, 2, there, 3, 100);
  store<u64>(shared_at + 64 * 1, <u64>phi.cap_grant(first, back, 3, 0), 40);
  store<u64>(shared_at + 64 * 2, <u64>phi.cap_grant(second, back, 3, 0), 40);
  store<u64>(shared_at, 1); // go
  while (!finished(2)) rest();
  if (word(0, 8) != word(1, 8) || word(0, 16) + word(1, 16) != 0) fail(62);
  end(first);
  end(second);
}

/** Four CPUs ask for every kind of short gate as fast as they can. */
function case_gates(mode: u64): void {
  share();
  const a = work(0, mode, ROLE_GATES, 0, 0, 0, 200),
    b = work(1, mode, ROLE_GATES, 1, 0, 0, 200),
    c = work(2, mode, ROLE_GATES, 2, 0, 0, 200),
    d = work(3, mode, ROLE_GATES, 3, 0, 0, 200);
  while (!finished(4)) rest();
  for (let i: u32 = 0; i < 4; i++) if (word(i, 16) != 0) fail(71);
  end(a);
  end(b);
  end(c);
  end(d);
}

/** A server that is killed while callers of other CPUs are in it or wait for it: each gets an error, nobody hangs. */
function case_server_dies(mode: u64, server_mode: u64): void {
  for (let round: u64 = 0; round < 6; round++) {
    share();
    const endpoint = <u64>phi.endpoint_create(self),
      server = create(2, server_mode);
    phi.endpoint_bind(endpoint, server);
    phi.domain_start(server);
    const a = work(0, mode, ROLE_CALL, 1, endpoint, 1, 0),
      b = work(1, mode, ROLE_CALL, 2, endpoint, 1, 0),
      c = work(2, mode, ROLE_CALL, 3, endpoint, 1, 0);
    while (word(0, 8) < 20 + round * 7) rest();
    end(server);
    while (!finished(3)) rest(); // all of them noticed
    end(a);
    end(b);
    end(c);
    phi.cap_delete(endpoint);
  }
}

export function start(): void {
  root_begin();
  nothing_at = nothing.index;
  nap = <u64>phi.notification_create(self);
  count_pages();
  case_cpus();
  for (let mode: u64 = 0; mode < 2; mode++) {
    case_meet(mode);
    case_calls(mode, mode);
    case_kill(mode);
    case_revoke(mode);
    case_ping(mode);
    case_gates(mode);
    case_server_dies(mode, mode);
  }
  case_calls(1, 0);
  case_calls(0, 1);
  for (let cpu: u64 = 0; cpu < 4; cpu++) if (phi.system_info(system, INFO_CPU_SWITCHES + cpu) < 10) fail(80 + cpu);
  phi.system_power(system, 0);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
