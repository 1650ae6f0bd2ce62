// A hostile program for tests/system/hostile.test.ts: makes objects, capabilities and timers until it is refused, then builds
// a module in its own memory and starts domains of it, threads that all trap, until it is refused. Its exit status: 0 if every
// refusal named a limit, else the number of the bomb that ended otherwise, or 200 when it could not even begin.
import { E_BUDGET, E_NO_MEMORY } from "../../../kernel/abi/errors";
import * as format from "../../../kernel/abi/formats";
import { DOMAIN_ALLOCATE, TYPE_DOMAIN } from "../../../kernel/abi/rights";
import { ISOLATION_HW } from "../../../kernel/abi/layout";
import { ARCHITECTURE } from "../../../hal/layout";
import * as phi from "../../../services/lib/phi";

const INDICES: u64 = 4096;
const WINDOW: u64 = 0xa000_0000;
const MODULE_PAGES: u64 = 6;
const DOMAIN_BYTES: u64 = 0x2_0000;
/** More than any budget of a test allows: a bomb that never meets a limit ends here, as a failure. */
const ATTEMPTS: u32 = 200_000;

let own: u64 = 0;

function find_own(): bool {
  for (let index: u64 = 1; index < INDICES; index++) {
    for (let generation: u64 = 1; generation < 4; generation++) {
      const handle = index | (generation << 32);
      if (phi.cap_info(handle, 0) != TYPE_DOMAIN) continue;
      own = handle;
      return (phi.cap_info(handle, 1) & DOMAIN_ALLOCATE) != 0;
    }
  }
  return false;
}

function limit(answer: i64): bool {
  return answer == E_BUDGET || answer == E_NO_MEMORY;
}

/** A module of one page of zeroes: its first instruction traps, on every architecture. */
function module_write(): void {
  const at = <usize>WINDOW;
  store<u32>(at + format.PHX_MAGIC_AT, format.PHX_MAGIC);
  store<u32>(at + format.PHX_VERSION_AT, format.PHX_VERSION);
  store<u32>(at + format.PHX_ARCHITECTURE_AT, ARCHITECTURE);
  store<u32>(at + format.PHX_TEXT_PAGES_AT, 1);
  store<u32>(at + format.PHX_THUNK_PAGES_AT, 1);
  store<u32>(at + format.PHX_ENTRY_START_AT, 16);
  store<u32>(at + format.PHX_ENTRY_TRAMPOLINE_AT, 4096);
  store<u32>(at + format.PHX_STRUCT_DISTANCE_AT, 512);
  store<u32>(at + format.PHX_STRUCT_SIZE_AT, 512);
  store<u32>(at + format.PHX_STACK_BYTES_AT, 4096);
  store<u32>(at + format.PHX_SLOTS_AT, 1);
  store<u32>(at + format.PHX_LENGTH_AT, <u32>(MODULE_PAGES * 4096));
}

function thread_bomb(): i64 {
  const region = phi.region_create(own, MODULE_PAGES, 1);
  if (region < 0) return region;
  if (phi.region_map(<u64>region, WINDOW, 0, MODULE_PAGES, 3) < 0) return -1;
  module_write();
  const code = phi.code_load(<u64>region, 0, MODULE_PAGES * 4096);
  if (code < 0) return code;
  for (let i: u32 = 0; i < ATTEMPTS; i++) {
    const domain = phi.domain_create(own, <u64>code, ISOLATION_HW, DOMAIN_BYTES);
    if (domain < 0) return domain;
    phi.domain_start(<u64>domain);
    phi.yield_now();
  }
  return 0;
}

function object_bomb(): i64 {
  for (let i: u32 = 0; i < ATTEMPTS; i++) {
    const notification = phi.notification_create(own);
    if (notification < 0) return notification;
    const timer = phi.timer_set(<u64>notification, u64.MAX_VALUE - 1, 1);
    if (timer < 0) return timer;
    const copy = phi.cap_derive(<u64>notification, 1, 7);
    if (copy < 0) return copy;
    const endpoint = phi.endpoint_create(own);
    if (endpoint < 0) return endpoint;
  }
  return 0;
}

function region_bomb(): i64 {
  for (let i: u32 = 0; i < ATTEMPTS; i++) {
    const region = phi.region_create(own, 4, 0);
    if (region < 0) return region;
  }
  return 0;
}

export function start(): void {
  if (!find_own()) phi.exit(200);
  if (!limit(thread_bomb())) phi.exit(1);
  if (!limit(region_bomb())) phi.exit(2);
  if (!limit(object_bomb())) phi.exit(3);
  phi.exit(0);
}
