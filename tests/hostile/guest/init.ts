// init of the hostile suite: every attack runs in an instance of its own, in the isolation mode that the parameters name, next
// to a witness service. After each one the witness must answer, and frames, domains and capabilities must be what they were.
// Prints a line an attack, and powers off with the number of attacks that did harm (at most 99).
import {
  INFO_CAPS,
  INFO_DOMAINS,
  INFO_FRAMES_FREE,
  STATE_BUSY,
  STATE_EXITED,
  STATE_IDLE,
  STATE_TRAPPED,
  STATUS_EXIT,
  STATUS_STATE,
} from "../../../kernel/abi/status";
import * as phi from "../../../services/lib/phi";
import {
  archive,
  content_of,
  load_module,
  module_bytes,
  module_offset,
  root_begin,
  self,
  system,
} from "../../guest/root";
import { print, print_begin, print_count } from "../../faults/guest/print";
import { ATTACKS, EXPECT_EITHER, EXPECT_EXIT, EXPECT_KILL, EXPECT_TRAP, expectation, is_bomb } from "./list";

const STARTUP: usize = 0x8000_0000;
const PAGE: u64 = 0xb000_0000;
const SECRET: u64 = 0xb000_1000;
const BUDGET: u64 = 0x40_0000;
const ATTACKER_PRIORITY: u64 = 10;
const WITNESS_PRIORITY: u64 = 20;
const E_TIMEOUT: i64 = -9;
/** Time that an attack gets; one that never ends is stopped then. */
const LIMIT_NS: u64 = 400_000_000;
const KILL_NS: u64 = 10_000_000;

let harm: u64 = 0;

function code_of(i: usize): u64 {
  const code = load_module(i);
  if (code < 0) phi.system_power(system, 100);
  return <u64>code;
}

function info(field: u64): i64 {
  return phi.system_info(system, field);
}

function remove(domain: u64): void {
  phi.domain_stop(domain);
  while (phi.domain_destroy(domain) == 1) continue;
  phi.cap_delete(domain);
}

function verdict(number: u32, what: string): void {
  harm++;
  print_count("attack ", number);
  print(": ");
  print(what);
  print("\n");
}

/** Does the domain's end fit what the attack's entry in the list expects? */
function judge(number: u32, domain: u64, answer: i64): void {
  const wanted = expectation(number),
    state = phi.domain_status(domain, STATUS_STATE);
  if (answer == E_TIMEOUT) {
    if (wanted != EXPECT_KILL) verdict(number, "it never ended");
    return;
  }
  if (state == STATE_EXITED) {
    const status = phi.domain_status(domain, STATUS_EXIT);
    if (wanted == EXPECT_TRAP || wanted == EXPECT_KILL) verdict(number, "it was let do it and ended by itself");
    else if (status != 0) {
      print_count("status ", <u64>status);
      verdict(number, ", it was obeyed");
    }
  } else if (state == STATE_TRAPPED) {
    if (wanted != EXPECT_TRAP && wanted != EXPECT_EITHER)
      verdict(number, "it trapped where it should have been refused");
  } else {
    verdict(number, "it neither ended nor trapped");
  }
}

export function start(): void {
  root_begin();
  print_begin();
  const parameters = content_of(3);
  const mode = load<u64>(parameters);
  const first = <u32>load<u64>(parameters, 8),
    last = <u32>load<u64>(parameters, 16);
  const witness_code = code_of(1),
    attacker_code = code_of(2);
  const bell = <u64>phi.notification_create(self),
    endpoint = <u64>phi.endpoint_create(self),
    page = <u64>phi.region_create(self, 1, 0),
    secret = <u64>phi.region_create(self, 1, 0);
  phi.region_map(page, PAGE, 0, 1, 3);
  phi.region_map(secret, SECRET, 0, 1, 3);
  store<u64>(<usize>SECRET, 0x5ec7_e75e_c7e7_5ec7);
  const witness = <u64>phi.domain_create(self, witness_code, WITNESS_PRIORITY << 8, BUDGET);
  phi.endpoint_bind(endpoint, witness);
  phi.domain_start(witness);
  phi.wait(bell, phi.now() + KILL_NS);
  let frames: i64 = 0,
    domains: i64 = 0,
    caps: i64 = 0,
    run: u64 = 0;
  for (let number = first; number <= last && number < ATTACKS; number++) {
    memory.fill(<usize>PAGE, 0, 4096);
    const made = phi.domain_create(self, attacker_code, mode | (ATTACKER_PRIORITY << 8), BUDGET);
    if (made < 0) {
      verdict(number, "no instance can be made any more");
      break;
    }
    const attacker = <u64>made;
    phi.domain_map(attacker, page, STARTUP, (<u64>1) << 32, 3);
    const at = <usize>PAGE;
    store<u64>(at, number);
    store<u64>(at, <u64>phi.cap_grant(attacker, attacker, 32 | 16 | 4, 0), 8);
    store<u64>(at, <u64>phi.cap_grant(attacker, endpoint, 1, 77), 16);
    store<u64>(at, <u64>phi.cap_grant(attacker, archive, 5, 0), 24);
    store<u64>(at, <u64>phi.cap_grant(attacker, secret, 1 | 4, 0), 32);
    store<u64>(at, module_offset(2), 40);
    store<u64>(at, module_bytes(2), 48);
    store<u64>(at, mode, 56);
    // Handles of others, which it may know but not use.
    store<u64>(at, self, 64);
    store<u64>(at, system, 72);
    store<u64>(at, endpoint, 80);
    store<u64>(at, secret, 88);
    store<u64>(at, witness, 96);
    store<u64>(at, bell, 104);
    phi.domain_supervise(attacker, bell, 1);
    phi.domain_start(attacker);
    const limit = expectation(number) == EXPECT_KILL ? KILL_NS : LIMIT_NS;
    const answer = phi.wait(bell, phi.now() + limit);
    judge(number, attacker, answer);
    remove(attacker);
    phi.wait(bell, 0);
    if (phi.call(endpoint, 1, number, 0, 0, 0, 0, 0) != <i64>number * 3 + 1)
      verdict(number, "the witness does not answer");
    if (load<u64>(<usize>SECRET) != 0x5ec7_e75e_c7e7_5ec7) verdict(number, "it wrote what it may only read");
    const state = phi.domain_status(witness, STATUS_STATE);
    if (state != STATE_IDLE) verdict(number, "the witness is not idle");
    // The first attack that runs lets the kernel's tables grow; from then on nothing may be missing.
    if (run != 0) {
      if (info(INFO_DOMAINS) != domains) verdict(number, "domains are left");
      if (info(INFO_CAPS) != caps) verdict(number, "capabilities are left");
      if (info(INFO_FRAMES_FREE) + growth_allowed(number) < frames) verdict(number, "frames are missing");
    }
    frames = info(INFO_FRAMES_FREE);
    domains = info(INFO_DOMAINS);
    caps = info(INFO_CAPS);
    run++;
    if (frames < lowest) lowest = frames;
    if (highest == 0) highest = frames;
  }
  print_count("hostile: attacks=", run);
  print_count(" harm=", harm);
  print_count(" frames-grown=", <u64>(highest - lowest));
  print("\n");
  phi.system_power(system, harm < 99 ? harm : 99);
}

/** Frames by which one attack may make the kernel's own tables grow for good: a bomb of capabilities or objects fills them. */
function growth_allowed(number: u32): i64 {
  return is_bomb(number) ? 2200 : 16;
}
let highest: i64 = 0;
let lowest: i64 = i64.MAX_VALUE;

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
