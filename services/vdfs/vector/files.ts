// The files that an index lies in, by number: one for each section, and the journal. Who opens an index binds these functions to its
// files: services/vectors to a server of the Files interface, the tools in Node to a disk image. Each answers an error, or 0 or more.
import { E_ABSENT } from "../../lib/errors";
import { SECTIONS } from "./layout";

export const FILE_JOURNAL: u32 = SECTIONS;
export const FILES: u32 = SECTIONS + 1;

export type Move = (handle: u32, file: u32, offset: u64, at: usize, bytes: u32) => i64;
export type Cut = (handle: u32, file: u32, bytes: u64) => i64;
/** The address of a file's bytes where their keeper has them, 0: read them. */
export type Show = (handle: u32, file: u32, offset: u64, bytes: u32) => usize;
export type Sync = (handle: u32) => i64;

function absent_move(_handle: u32, _file: u32, _offset: u64, _at: usize, _bytes: u32): i64 {
  return E_ABSENT;
}
function absent_cut(_handle: u32, _file: u32, _bytes: u64): i64 {
  return E_ABSENT;
}
function absent_sync(_handle: u32): i64 {
  return E_ABSENT;
}

function absent_show(_handle: u32, _file: u32, _offset: u64, _bytes: u32): usize {
  return 0;
}

let show_with: Show = absent_show;
let read_with: Move = absent_move;
let write_with: Move = absent_move;
let cut_with: Cut = absent_cut;
let sync_with: Sync = absent_sync;

export function bind_files(read: Move, write: Move, cut: Cut, sync: Sync): void {
  read_with = read;
  write_with = write;
  cut_with = cut;
  sync_with = sync;
}

export function bind_show(show: Show): void {
  show_with = show;
}

export function show(handle: u32, file: u32, offset: u64, bytes: u32): usize {
  return show_with(handle, file, offset, bytes);
}

/** Reads at most `bytes`: how many, fewer only at the file's end. */
export function read(handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i64 {
  return read_with(handle, file, offset, at, bytes);
}

/** Writes all of them. */
export function write(handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i64 {
  return write_with(handle, file, offset, at, bytes);
}

/** Sets a file's size. */
export function cut(handle: u32, file: u32, bytes: u64): i64 {
  return cut_with(handle, file, bytes);
}

/** Everything written before is durable when it answers 0. */
export function sync(handle: u32): i64 {
  return sync_with(handle);
}
