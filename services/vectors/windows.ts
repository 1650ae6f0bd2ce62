// The store's own pages in this instance's window: a MiB of a file at a time, mapped once and held until the index is closed. A search walks through
// them where they are, and nothing is copied. Called by storage.ts and methods.ts. What has no place here is read into the index's cache instead.
// Invariant: an address that `show` answered holds what the store verified, as long as the window is mapped: a store that dies leaves its region to whoever
// has it mapped. But its successor's windows are others, and what is written by that one changes those alone; so every method asks `were_lost` first.
import { Vdfs, WINDOW_BYTES } from "../../build/interfaces/vdfs/client";
import * as capability from "../lib/capability";
import * as region from "../lib/region";
import * as startup from "../lib/startup";

/** Where they lie: far behind everything else, 256 MiB at most. */
export const WINDOWS_AT: usize = 0x9000_0000;
const WINDOWS_MAX: u32 = 256;
/** How many may be mapped; the image says so, and that of those which the store has others want some. */
const WINDOWS = min(<u32>startup.number("windows", 0), WINDOWS_MAX);
export const WINDOWS_BYTES: usize = <usize>WINDOWS * WINDOW_BYTES;
const WINDOW_PAGES: u64 = WINDOW_BYTES / region.PAGE_SIZE;

/** By window: file (0: free), its MiB, how many bytes of that are the file's; the file's node, and the capability. */
const files = memory.data(1024, 4);
const numbers = memory.data(1024, 4);
const ends = memory.data(1024, 4);
const nodes = memory.data(2048, 8);
const handles = memory.data(2048, 8);
let is_lost = false;

// @ts-ignore: decorator
@inline
function word(table: usize, window: u32): usize {
  return table + ((<usize>window) << 2);
}

// @ts-ignore: decorator
@inline
function pair(table: usize, window: u32): usize {
  return table + ((<usize>window) << 3);
}

// @ts-ignore: decorator
@inline
function address(window: u32): usize {
  return WINDOWS_AT + <usize>window * WINDOW_BYTES;
}

// @ts-ignore: decorator
@inline
function is_mapped(window: u32): bool {
  return load<u32>(word(files, window)) != 0;
}

/** The window of a MiB of a file, or a free one; WINDOWS: there is none. `file`: any number but 0. */
function find(file: u32, number: u32): u32 {
  let free = WINDOWS;
  for (let window: u32 = 0; window < WINDOWS; window++) {
    const own = load<u32>(word(files, window));
    if (own == file && load<u32>(word(numbers, window)) == number) return window;
    if (own == 0 && free == WINDOWS) free = window;
  }
  return free;
}

function open(server: Vdfs, window: u32, file: u32, node: u64, number: u32): bool {
  const shared = server.window(node, <u64>number * WINDOW_BYTES);
  if (shared < 0) return false;
  if (region.map(<u64>shared, address(window), 0, WINDOW_PAGES, region.REGION_READ) < 0) {
    region.unmap(startup.self(), address(window), WINDOW_PAGES);
    capability.drop(<u64>shared);
    return false;
  }
  store<u32>(word(files, window), file);
  store<u32>(word(numbers, window), number);
  store<u32>(word(ends, window), 0);
  store<u64>(pair(nodes, window), node);
  store<u64>(pair(handles, window), shared);
  return true;
}

/** Are the first `bytes` of the window the file's? A file that is shorter than an index says is damaged, and reading tells so. */
function is_inside(server: Vdfs, window: u32, bytes: u32): bool {
  if (bytes <= load<u32>(word(ends, window))) return true;
  if (server.status(load<u64>(pair(nodes, window))) < 0) return false;
  const from = <u64>load<u32>(word(numbers, window)) * WINDOW_BYTES;
  const end = server.size <= from ? 0 : min<u64>(server.size - from, WINDOW_BYTES);
  store<u32>(word(ends, window), <u32>end);
  return <u64>bytes <= end;
}

/** Where `bytes` from `offset` of a node lie, verified; they are within a MiB. 0: they are to be read. */
export function show(server: Vdfs, file: u32, node: u64, offset: u64, bytes: u32): usize {
  if (WINDOWS == 0 || is_lost) return 0;
  const window = find(file, <u32>(offset / WINDOW_BYTES));
  if (window == WINDOWS) return 0;
  if (!is_mapped(window) && !open(server, window, file, node, <u32>(offset / WINDOW_BYTES))) return 0;
  const inside = <u32>(offset % WINDOW_BYTES);
  if (!is_inside(server, window, inside + bytes)) return 0;
  // whatever is wrong with the page, a read tells it
  if (server.fill(node, offset, bytes / <u32>region.PAGE_SIZE) < 0) return 0;
  return address(window) + inside;
}

function close(window: u32): void {
  region.unmap(startup.self(), address(window), WINDOW_PAGES);
  capability.drop(load<u64>(pair(handles, window)));
  store<u32>(word(files, window), 0);
}

/** The files [from, end) are closed: their windows are free. */
export function leave(from: u32, end: u32): void {
  for (let window: u32 = 0; window < WINDOWS; window++) {
    const file = load<u32>(word(files, window));
    if (file != 0 && file >= from && file < end) close(window);
  }
}

/** The store was started again: what is mapped, if anything, is its predecessor's, and nothing more is until `were_lost` was asked. */
export function lose(): void {
  is_lost = first_mapped() < WINDOWS;
}

function first_mapped(): u32 {
  let first: u32 = 0;
  while (first < WINDOWS && !is_mapped(first)) first++;
  return first;
}

/** True if the windows that were mapped are another store's than the one that is there now: none is any more. */
export function were_lost(server: Vdfs): bool {
  const first = first_mapped();
  const was_lost = is_lost;
  is_lost = false;
  if (first == WINDOWS) return false;
  const from = <u64>load<u32>(word(numbers, first)) * WINDOW_BYTES;
  if (!was_lost && server.fill(load<u64>(pair(nodes, first)), from, 1) >= 0) return false;
  for (let window = first; window < WINDOWS; window++) if (is_mapped(window)) close(window);
  return true;
}
