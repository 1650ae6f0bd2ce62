// The vector index as a module of its own in Node, for tests and tools: the page source and sink are imports, text and vectors pass
// through `exchange`. Never part of a service.
import { bind_files } from "./files";
import * as vectors from "./index";
import * as journal from "./journal";
import { allocate } from "./state";

// @ts-ignore: decorator
@external("pages", "read")
declare function host_read(handle: u32, section: u32, page: u32, at: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external("pages", "write")
declare function host_write(handle: u32, section: u32, page: u32, at: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external("pages", "truncate")
declare function host_truncate(handle: u32, section: u32): i32;
// @ts-ignore: decorator
@external("pages", "commit")
declare function host_commit(handle: u32): i32;

// @ts-ignore: decorator
@external("files", "read")
declare function file_read(handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external("files", "write")
declare function file_write(handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i32;
// @ts-ignore: decorator
@external("files", "cut")
declare function file_cut(handle: u32, file: u32, bytes: u64): i32;
// @ts-ignore: decorator
@external("files", "sync")
declare function file_sync(handle: u32): i32;

// @ts-ignore: decorator
@external("pages", "show")
declare function host_show(handle: u32, section: u32, page: u32, bytes: u32): usize;

const EXCHANGE_BYTES: usize = 65536;
const buffer = allocate(EXCHANGE_BYTES);
const FILTER_BYTES: usize = 256;
const filter = allocate(FILTER_BYTES);

vectors.bind(
  (handle: u32, section: u32, page: u32, at: usize, bytes: u32): i64 => host_read(handle, section, page, at, bytes),
  (handle: u32, section: u32, page: u32, at: usize, bytes: u32): i64 => host_write(handle, section, page, at, bytes),
  (handle: u32, section: u32): i64 => host_truncate(handle, section),
  (handle: u32): i64 => host_commit(handle),
);

bind_files(
  (handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i64 => file_read(handle, file, offset, at, bytes),
  (handle: u32, file: u32, offset: u64, at: usize, bytes: u32): i64 => file_write(handle, file, offset, at, bytes),
  (handle: u32, file: u32, bytes: u64): i64 => file_cut(handle, file, bytes),
  (handle: u32): i64 => file_sync(handle),
);

/** From now on pages are shown in so many bytes of memory, where the host lets them be; answers where those begin. */
export function show_pages(bytes: u32): usize {
  const at = allocate(bytes);
  vectors.bind_shown(
    (handle: u32, section: u32, page: u32, bytes: u32): usize => host_show(handle, section, page, bytes),
    at,
    bytes,
  );
  return at;
}

export function forget_shown(index: vectors.Index): void {
  vectors.forget_shown(index);
}

/** From now on pages lie in files, and commits go through the journal. */
export function use_files(): void {
  vectors.bind(journal.read_page, journal.write_page, journal.truncate, journal.commit);
}

/** Takes up the files of an index before it is created or opened. */
export function begin_files(handle: u32, is_new: bool): i32 {
  return <i32>journal.begin(handle, is_new);
}

export function end_files(handle: u32): void {
  journal.end(handle);
}

/** 64 KiB: a name or a query's values first, a name or values answered. */
export function exchange(): usize {
  return buffer;
}

/** The index, or an error number. */
export function create(
  handle: u32,
  metric: u32,
  kind: u32,
  dimensions: u32,
  links: u32,
  breadth: u32,
  cache: u32,
): i32 {
  const index = vectors.create(handle, metric, kind, dimensions, links, breadth, cache);
  return index == null ? <i32>vectors.refusal : <i32>changetype<usize>(index);
}

export function open(handle: u32, cache: u32): i32 {
  const index = vectors.open(handle, cache);
  return index == null ? <i32>vectors.refusal : <i32>changetype<usize>(index);
}

export function close(index: vectors.Index): void {
  vectors.close(index);
}

export function commit(index: vectors.Index): i32 {
  return <i32>vectors.commit(index);
}

export function size(index: vectors.Index): u32 {
  return vectors.size(index);
}

export function dimensions(index: vectors.Index): u32 {
  return index.dimensions;
}

/** The values lie behind the name, at the next multiple of 4. */
export function insert(index: vectors.Index, length: u32, tags: u64): i32 {
  return <i32>vectors.insert(index, buffer, length, tags, buffer + ((length + 3) & ~3));
}

export function remove(index: vectors.Index, length: u32): i32 {
  return <i32>vectors.remove_named(index, buffer, length);
}

/** Number of the vector whose name is in the buffer; −1: there is none, or an error number below that. */
export function find(index: vectors.Index, length: u32): i32 {
  const number = vectors.find(index, buffer, length);
  return number == u32.MAX_VALUE && index.failure < -1 ? <i32>index.failure : <i32>number;
}

/** Copies a name into the buffer; its length, or an error. */
export function name(index: vectors.Index, number: u32): i32 {
  const length = vectors.name_length(index, number);
  const at = length < 0 ? 0 : vectors.name_of(index, number);
  if (at == 0) return <i32>index.failure;
  memory.copy(buffer, at, length);
  return length;
}

/** Copies a vector's values into the buffer; 0 or an error. */
export function values(index: vectors.Index, number: u32): i32 {
  const at = vectors.values_of(index, number);
  if (at == 0) return <i32>index.failure;
  memory.copy(buffer, at, (<usize>index.dimensions) << 2);
  return 0;
}

/** The filter of the searches that follow: the first bytes of the buffer, and tags. */
export function set_filter(length: u32, tags: u64): void {
  memory.copy(filter, buffer, length);
  vectors.set_filter(filter, length, tags);
}

/** Searches for the values in the buffer; how many were found, or an error. breadth 0: exactly. */
export function search(index: vectors.Index, wanted: u32, breadth: u32): i32 {
  return <i32>(breadth == 0 ? vectors.exact(index, buffer, wanted) : vectors.search(index, buffer, wanted, breadth));
}

export function result_number(place: u32): u32 {
  return vectors.result_number(place);
}

export function result_distance(place: u32): f32 {
  return vectors.result_distance(place);
}

/** Bit of the tag whose name is in the buffer; −1: there is none. */
export function tag_bit(index: vectors.Index, length: u32, is_new: bool): i32 {
  return vectors.tag_bit(index, buffer, length, is_new);
}
