// What the fault injection counts, by the kind of fault and by what became of it, and the line in which it says so.
import * as page from "./page";
import { print, print_count } from "./print";

/** How a fault showed: the instance trapped, ended, did not come to an end, answered wrongly; or not at all. */
export const TRAPPED: u32 = 0;
export const ENDED: u32 = 1;
export const STUCK: u32 = 2;
export const WRONG: u32 = 3;
const WAYS: u32 = 4;

/** Injected: met by a victim in the midst of a call, or done to it by init. */
export const met = new StaticArray<u64>(15);
const shown = new StaticArray<u64>(60);

export let injected: u64 = 0;
/** Restarts after which the victim answered; of those that another fault met before it could; and those that failed. */
export let recovered: u64 = 0;
export let again: u64 = 0;
export let unrecovered: u64 = 0;
/** Callers in a call that no living service holds, or that got no answer while all services were well. */
export let lost: u64 = 0;
/** Wrong answers of a service in whose memory nothing was flipped; errors that nobody's fault explains. */
export let unexplained: u64 = 0;
export let unexpected: u64 = 0;
/** Frames and capabilities that were not back when everybody was gone; how often that was looked at. */
export let leaked_frames: u64 = 0;
export let leaked_capabilities: u64 = 0;
export let accounts: u64 = 0;
let frames_before: i64 = 0;
let capabilities_before: i64 = 0;

export function count_met(fault: u32): void {
  met[fault]++;
  injected++;
}

export function count_shown(fault: u32, way: u32): void {
  shown[fault * WAYS + way]++;
}

export function count_restart(works: bool): void {
  if (!works) unrecovered++;
}

export function count_outlived(answered: bool): void {
  if (answered) recovered++;
  else again++;
}

export function count_lost(): void {
  lost++;
}

export function count_unexplained(): void {
  unexplained++;
}

export function count_unexpected(answers: u64): void {
  unexpected += answers;
}

/** Between two campaigns: free frames, and capabilities. The first time is what the next one is compared with. */
export function count_left(frames: i64, capabilities: i64): void {
  if (frames_before != 0) {
    accounts++;
    leaked_frames += <u64>abs(frames_before - frames);
    leaked_capabilities += <u64>abs(capabilities - capabilities_before);
  }
  frames_before = frames;
  capabilities_before = capabilities;
}

/** Nothing is amiss. */
export function is_clean(): bool {
  return lost + unexplained + unexpected + unrecovered + leaked_frames + leaked_capabilities == 0;
}

function name_of(fault: u32): string {
  if (fault == page.FAULT_UNREACHABLE) return "unreachable";
  if (fault == page.FAULT_STORE) return "wild_store";
  if (fault == page.FAULT_LOAD) return "wild_load";
  if (fault == page.FAULT_DIVIDE) return "divide";
  if (fault == page.FAULT_STACK) return "stack";
  if (fault == page.FAULT_FUNCTION) return "no_function";
  if (fault == page.FAULT_LOOP) return "loop";
  if (fault == page.FAULT_YIELD_LOOP) return "yield_loop";
  if (fault == page.FAULT_WAIT) return "wait";
  if (fault == page.FAULT_EXIT) return "exit";
  if (fault == page.FAULT_FLIP) return "flip";
  if (fault == page.FAULT_KILL) return "kill";
  if (fault == page.FAULT_KILL_CLIENT) return "kill_client";
  return "cancel";
}

function way_total(way: u32): u64 {
  let sum: u64 = 0;
  for (let fault: u32 = 1; fault < page.FAULT_KINDS; fault++) sum += shown[fault * WAYS + way];
  return sum;
}

function print_ways(): void {
  print_count(" trapped=", way_total(TRAPPED));
  print_count(" ended=", way_total(ENDED));
  print_count(" stuck=", way_total(STUCK));
  print_count(" wrong=", way_total(WRONG));
}

/** Two lines: `faults: …` with all sums, `kinds: …` with injected/trapped/ended/stuck/wrong for each kind. */
export function print_counts(): void {
  print("kinds:");
  for (let fault: u32 = 1; fault < page.FAULT_KINDS; fault++) {
    print(" ");
    print(name_of(fault));
    print_count("=", met[fault]);
    for (let way: u32 = 0; way < WAYS; way++) print_count("/", shown[fault * WAYS + way]);
  }
  print("\nfaults:");
  print_count(" injected=", injected);
  print_ways();
  print_count(" recovered=", recovered);
  print_count(" again=", again);
  print_count(" unrecovered=", unrecovered);
  print_count(" lost=", lost);
  print_count(" unexplained=", unexplained);
  print_count(" unexpected=", unexpected);
  print_count(" leaked=", leaked_frames);
  print_count(" leakedcaps=", leaked_capabilities);
  print_count(" accounts=", accounts);
}
