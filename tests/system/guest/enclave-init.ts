// init of tests/system/enclave.test.ts: makes an enclave and an ordinary instance (user mode) of the same module, and tries to reach into
// the one and out of it. The machine's exit status is 0, or the number of the first check that failed.
import * as rights from "../../../kernel/abi/rights";
import { DOMAIN_ENCLAVE, ISOLATION_HW } from "../../../kernel/abi/layout";
import { E_ABSENT, E_ARGUMENT, E_STATE, E_UNTRUSTED } from "../../../kernel/abi/errors";
import * as domain from "../../../services/lib/domain";
import * as endpoint from "../../../services/lib/endpoint";
import * as region from "../../../services/lib/region";
import * as phi from "../../../services/lib/phi";
import { load_module, root_begin, self, system, uart_entry } from "../../guest/root";
import { entry_handle } from "../../../services/lib/startup";

const PAGE: usize = 0xb000_0000;
const GIVEN: usize = 0xb000_1000;
const STARTUP: u64 = 0x8000_0000;
const VIEW: u64 = 0xc000_0000;
const BUDGET: u64 = 0x10_0000;
const PRIORITY: u64 = 4 << 8;
const BOTH: u64 = region.REGION_READ | region.REGION_WRITE;
/** As the word "kind" of the page says: enclave-body.ts. */
const MINE: u64 = 7;
const OTHERS: u64 = 9;

let checks: u64 = 0;

function check(held: bool): void {
  checks++;
  if (!held) phi.system_power(system, checks);
}

function made(handle: i64): u64 {
  check(handle > 0);
  return <u64>handle;
}

function instance(code: u64, kind: u64): u64 {
  return made(phi.domain_create(self, code, (<u64>ISOLATION_HW) | kind | PRIORITY, BUDGET));
}

/** What the body finds at STARTUP: its domain, the machine's capability with DMA, a word. */
function furnish(target: u64, page: u64): void {
  store<u64>(PAGE, made(phi.cap_grant(target, target, rights.DOMAIN_ALLOCATE, 0)));
  store<u64>(PAGE, made(phi.cap_grant(target, system, rights.SYSTEM_DMA, 0)), 8);
  store<u64>(PAGE, MINE, 16);
  check(phi.domain_map(target, page, STARTUP, (<u64>1) << 32, region.REGION_READ) == 0);
}

function serve(target: u64): u64 {
  const door = made(phi.endpoint_create(self));
  check(phi.endpoint_bind(door, target) == 0);
  check(phi.domain_start(target) == 0);
  check(phi.call(door, 1, 0, 0, 0, 0, 0, 0) == 0); // waits until its start() is over
  return door;
}

export function start(): void {
  root_begin();
  const code = made(load_module(1));
  const page = made(region.create(self, 1));
  const given = made(region.create(self, 1));
  check(region.map(page, PAGE, 0, 1, BOTH) == 0 && region.map(given, GIVEN, 0, 1, BOTH) == 0);
  // Only measured code becomes one.
  check(phi.domain_create(self, code, (<u64>ISOLATION_HW) | DOMAIN_ENCLAVE | PRIORITY, BUDGET) == E_STATE);
  const verdict = domain.verify_code(code);
  check(verdict == 0 || verdict == E_UNTRUSTED);
  check(phi.domain_create(self, code, DOMAIN_ENCLAVE | PRIORITY, BUDGET) == E_ARGUMENT);
  const enclave = instance(code, DOMAIN_ENCLAVE);
  const plain = instance(code, 0);
  // Into it: no memory, no device, no view, no writable copy.
  const all = <u64>phi.cap_info(given, 1);
  check(phi.cap_grant(enclave, given, all, 0) == E_STATE && phi.cap_move(enclave, given) == E_STATE);
  check(phi.cap_grant(enclave, entry_handle(uart_entry()), rights.DEVICE_LOAD, 0) == E_STATE);
  check(phi.domain_map(enclave, given, STARTUP + 0x1000, (<u64>1) << 32, BOTH) == E_ARGUMENT);
  check(phi.domain_memory(enclave, VIEW) == E_STATE);
  check(phi.cap_grant(plain, given, all, 0) > 0);
  furnish(enclave, page);
  const door = serve(enclave);
  furnish(plain, page);
  const other = serve(plain);
  check(phi.domain_map(enclave, given, STARTUP + 0x1000, (<u64>1) << 32, region.REGION_READ) == E_STATE);
  check(phi.domain_memory(enclave, VIEW) == E_STATE);
  // It keeps its copy of the page; the other sees the page itself.
  store<u64>(PAGE, OTHERS, 16);
  check(phi.call(door, 2, 0, 0, 0, 0, 0, 0) == <i64>MINE && phi.call(other, 2, 0, 0, 0, 0, 0, 0) == <i64>OTHERS);
  // No DMA: where its memory lies is told to nobody, not even with the right.
  check(phi.call(door, 3, 0, 0, 0, 0, 0, 0) == E_STATE && phi.call(other, 3, 0, 0, 0, 0, 0, 0) > 0);
  // Out of it and in with messages: regions do not travel either.
  check(phi.call(other, 4, 0, 0, 0, 0, 0, 0) == 0 && endpoint.accept(other) > 0);
  check(phi.call(door, 4, 0, 0, 0, 0, 0, 0) == 0 && endpoint.accept(door) == E_STATE);
  check(endpoint.offer(other, given, all) == 0 && phi.call(other, 5, 0, 0, 0, 0, 0, 0) > 0);
  check(endpoint.offer(door, given, all) == 0 && phi.call(door, 5, 0, 0, 0, 0, 0, 0) == E_STATE);
  // Who may call it learns from the kernel what it is; of others the kernel says nothing.
  for (let word: u32 = 0; word < 8; word++) check(endpoint.attest(door, word) == domain.code_hash(code, word));
  check(endpoint.attest(door, 0) >= 0 && endpoint.attest(other, 0) == E_ABSENT);
  phi.system_power(system, 0);
}
