// Live replacement, a service's side. A service that can be replaced while it runs says so once, at start:
//   replaceable(save, take_over, resume)
// save(at, limit) writes the state and answers its bytes; it changes nothing, for the service may have to go on.
// take_over(at, length) runs in the successor, after its start() and before its first caller; what it answers below 0 undoes it all.
// resume() runs in the old service when it goes on after all: whatever the successor may have taken (an interrupt) is taken back.
// Handles in the state stay good, for the successor gets the old service's capabilities; mappings it makes anew.
// Only init calls these methods: its badge is 0.
import * as phi from "./phi";
import * as startup from "./startup";
import { E_ARGUMENT, E_FORMAT, E_METHOD, E_RIGHTS } from "../../kernel/abi/errors";
import { PAGE_SIZE } from "../../kernel/abi/formats";
import { REGION_READ, REGION_WRITE } from "../../kernel/abi/rights";

/** w0 = a region as the service's own handle, w1 = its bytes: the state is written there. Answers its length. */
export const METHOD_EXPORT: u64 = 0xffff_0003;
/** The same, w1 = bytes of state: the state is read from there. */
export const METHOD_IMPORT: u64 = 0xffff_0004;
export const METHOD_RESUME: u64 = 0xffff_0005;

/** Where the state lies while it goes over, and how much there may be. */
export const STATE_INDEX: u64 = 0x8a00_0000;
export const STATE_BYTES_MAX: u64 = 0x10_0000;

let saver: ((at: usize, limit: u32) => i64) | null = null;
let taker: ((at: usize, length: u32) => i64) | null = null;
let resumer: (() => void) | null = null;

export function replaceable(
  save: (at: usize, limit: u32) => i64,
  take_over: (at: usize, length: u32) => i64,
  resume: (() => void) | null = null,
): void {
  saver = save;
  taker = take_over;
  resumer = resume;
}

/** For a service without state of its own: replaceable(nothing_to_save, nothing_to_hand_over). */
export function nothing_to_save(_at: usize, _limit: u32): i64 {
  return 0;
}

export function nothing_to_hand_over(_at: usize, length: u32): i64 {
  return length == 0 ? 0 : E_FORMAT; // state that is none of this service's
}

/** Is this instance about to take a running one's place? Its start() then leaves devices alone until take_over. */
export function is_successor(): bool {
  return startup.number("successor", 0) != 0;
}

export function hand_over(badge: u64, method: u64, region: u64, bytes: u64): i64 {
  if (badge != 0) return E_RIGHTS;
  if (saver == null || taker == null) return E_METHOD;
  if (method == METHOD_RESUME) {
    if (resumer != null) resumer!();
    return 0;
  }
  if (bytes == 0 && method == METHOD_IMPORT) return taker!(<usize>STATE_INDEX, 0);
  if (bytes == 0 || bytes > STATE_BYTES_MAX) return E_ARGUMENT;
  const pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
  const rights = method == METHOD_EXPORT ? REGION_READ | REGION_WRITE : REGION_READ;
  let answer = phi.region_map(region, STATE_INDEX, 0, pages, rights);
  if (answer == 0) {
    answer = method == METHOD_EXPORT ? saver!(<usize>STATE_INDEX, <u32>bytes) : taker!(<usize>STATE_INDEX, <u32>bytes);
    phi.region_unmap(startup.self(), STATE_INDEX, pages);
  }
  phi.cap_delete(region);
  return answer;
}
