// init of tests/system/preemption.test.ts: for every combination of isolation modes, a server and two clients of equal
// priority, interrupted some hundred times at ever other places by its own timer, on the short path of calls and on the full one. Exit status: combinations that failed.
import { INFO_TRACE_OFF, INFO_TRACE_ON } from "../../../kernel/abi/status";
import * as phi from "../../../services/lib/phi";
import { load_module, root_begin, self, system } from "../../guest/root";

const STARTUP: usize = 0x8000_0000;
const PAGES: u32 = 0xb000_0000;
const PRIORITY: u64 = 30;
const BUDGET: u64 = 0x20_0000;
const INTERRUPTS: u64 = 300;
/** Periods differ by an odd step, so that interrupts drift over the calls. */
const PERIOD_NS: u64 = 53_000;
const STEP_NS: u64 = 370;
const E_TIMEOUT: i64 = -9;

function create(entry: usize, mode: u64): u64 {
  const code = load_module(entry);
  const domain = phi.domain_create(self, <u64>code, mode | (PRIORITY << 8), BUDGET);
  if (code < 0 || domain < 0) phi.system_power(system, 100);
  return <u64>domain;
}

/** True: both clients made progress and saw no wrong answer. */
function round(server_mode: u64, first_mode: u64, second_mode: u64): bool {
  const endpoint = <u64>phi.endpoint_create(self),
    server = create(1, server_mode);
  phi.endpoint_bind(endpoint, server);
  phi.domain_start(server);
  const first = client(endpoint, first_mode, 0),
    second = client(endpoint, second_mode, 1);
  const timer = <u64>phi.notification_create(self);
  let good = true;
  for (let i: u64 = 0; i < INTERRUPTS; i++) {
    // While tracing, every call takes the kernel's full path; else the short one.
    phi.system_info(system, i < INTERRUPTS / 2 ? INFO_TRACE_OFF : INFO_TRACE_ON);
    if (phi.wait(timer, phi.now() + PERIOD_NS + (i % 100) * STEP_NS) != E_TIMEOUT) good = false;
  }
  for (let i: u32 = 0; i < 2; i++) {
    const page = <usize>(PAGES + i * 4096);
    if (load<u64>(page, 16) == 0 || load<u64>(page, 24) != 0) good = false;
    phi.region_unmap(self, page, 1);
  }
  end(first);
  end(second);
  end(server);
  return good;
}

function client(endpoint: u64, mode: u64, number: u32): u64 {
  const domain = create(2, mode),
    page = PAGES + number * 4096;
  const region = <u64>phi.region_create(self, 1, 0);
  phi.region_map(region, page, 0, 1, 3);
  store<u64>(<usize>page, <u64>phi.cap_grant(domain, endpoint, 1, 0));
  store<u64>(<usize>page, 3 + number, 8);
  phi.domain_map(domain, region, STARTUP, (<u64>1) << 32, 3);
  phi.domain_start(domain);
  return domain;
}

function end(domain: u64): void {
  phi.domain_stop(domain);
  let answer: i64 = 1;
  while (answer == 1) answer = phi.domain_destroy(domain);
  if (answer < 0) phi.system_power(system, 101);
}

export function start(): void {
  root_begin();
  let failed: u64 = 0;
  for (let combination: u64 = 0; combination < 8; combination++) {
    if (!round(combination & 1, (combination >> 1) & 1, combination >> 2)) failed |= (<u64>1) << combination;
  }
  phi.system_power(system, failed);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
