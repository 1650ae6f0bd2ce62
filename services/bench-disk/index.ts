// The disk bench's client: reads and writes through the store and its driver, as any reader does, prints one line a figure
// (`bench NAME VALUE UNIT`), and powers off. Counted is the time in which the processor ran anything at all: under -icount that is
// instructions, and waiting for the device is none of them. What BLAKE3 took, of what is read and of what is written, is the store's own
// count, and stands apart.
import { Console, STREAM_OUTPUT } from "../../build/interfaces/console/client";
import { Init } from "../../build/interfaces/init/client";
import { KIND_FILE, Vdfs } from "../../build/interfaces/vdfs/client";
import { copied_bytes_total } from "../lib/buffer";
import * as capability from "../lib/capability";
import { E_DAMAGED } from "../lib/errors";
import * as region from "../lib/region";
import * as startup from "../lib/startup";
import * as system from "../lib/system";
import { Text } from "../lib/text";
import { choose_form, name_of_values, page_value, PAGE_VALUE_BYTES } from "../vdfs/store/hash/wide";

const PAGE_BYTES: u32 = <u32>region.PAGE_SIZE;
const WINDOW_BYTES: u64 = 1 << 20;
const PAGES_OF_WINDOW: u32 = 256;
/** Of each file that the host wrote, `random` and `stream`: as many as the store gives out at a time. */
const WINDOWS: u32 = 16;
const PAGES: u32 = WINDOWS * PAGES_OF_WINDOW;
const RANDOM_READS: u32 = 2000;
const WARMING: u32 = 10;
/** Several times as many as the log holds, so that as many commits are among them as such writes bring about. */
const WRITES: u32 = 1152;
/** Of which one by one is measured how long each took. */
const WATCHED: u32 = 401;
const INDEX: u64 = 0xb000_0000;
/** Odd, so that its multiples visit every page of a file once, in an order that no read-ahead guesses. */
const STRIDE: u32 = 1597;

const console = Console.connect("console");
const files = Vdfs.connect("vdfs");
const init = Init.connect("init");
const text = new Text(memory.data(256), 256);
const system_handle = startup.capability("system");
const page = memory.data(4096, 16);
const mib = memory.data(1048576, 16);
const values = memory.data(8192, 16);
const takes = memory.data(4096, 8);
/** Handles of the windows that are mapped: who drops one loses the window. */
const windows = memory.data(128, 8);

let root: u64 = 0;
let began_ns: u64 = 0;
let began_verifying: u64 = 0;
let began_copied: u64 = 0;
let began_naming: u64 = 0;

export function start(): void {
  measure_hash();
  const error = measure_store();
  if (error < 0) {
    text.clear().string("bench failed ").signed(error);
    print("");
  }
  init.power_off(error < 0 ? 1 : 0);
}

function measure_store(): i64 {
  const rooted = files.root();
  if (rooted < 0) return rooted;
  root = files.node;
  let error = measure_random_reads();
  if (error >= 0) error = measure_stream();
  return error < 0 ? error : measure_writes();
}

/** Busy nanoseconds of the processor, which are instructions under -icount. */
function busy_ns(): u64 {
  return <u64>system.info(system_handle, system.INFO_CPU_BUSY_NS);
}

function begin(): void {
  files.statistics();
  began_verifying = files.verify_instructions;
  began_copied = files.copied + copied_bytes_total();
  files.naming();
  began_naming = files.instructions;
  began_ns = busy_ns();
}

/** The mean of one operation; apart from it what BLAKE3 took of what was read and of what was written, and how much was copied. */
function end(name: string, operations: u64): void {
  const total = busy_ns() - began_ns;
  files.statistics();
  const verifying = files.verify_instructions - began_verifying;
  const copied = files.copied + copied_bytes_total() - began_copied;
  files.naming();
  const naming = files.instructions - began_naming;
  figure(name, "", (total - verifying - naming) / operations, "instructions");
  figure(name, ".naming", naming / operations, "instructions");
  figure(name, ".verifying", verifying / operations, "instructions");
  figure(name, ".copied", copied / operations, "bytes");
}

function figure(name: string, part: string, value: u64, unit: string): void {
  text.clear().string("bench ").string(name).string(part).byte(0x20).number(value).byte(0x20);
  print(unit);
}

function print(unit: string): void {
  text.string(unit).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

/** The name of a content of one MiB, as the store makes it: the value of each page, then the tree over them. */
function measure_hash(): void {
  choose_form(system.counter, mib);
  const first = system.counter();
  for (let i: u32 = 0; i < PAGES_OF_WINDOW; i++)
    page_value(mib + i * PAGE_BYTES, i, false, values + i * PAGE_VALUE_BYTES);
  name_of_values(values, PAGES_OF_WINDOW, page);
  const second = system.counter();
  figure("blake3.mib", "", second - first, "instructions");
}

/** The node of a file that the host wrote, all of its windows mapped one behind the other. */
function open_mapped(name: string): i64 {
  text.clear().string(name);
  const found = files.lookup(root, text.start, text.length);
  if (found < 0) return found;
  const node = files.node;
  for (let i: u64 = 0; i < WINDOWS; i++) {
    const window = files.window(node, i * WINDOW_BYTES);
    if (window < 0) return window;
    const mapped = region.map(<u64>window, INDEX + i * WINDOW_BYTES, 0, PAGES_OF_WINDOW, region.REGION_READ);
    store<u64>(windows + ((<usize>i) << 3), window);
    if (mapped < 0) return mapped;
  }
  return <i64>node;
}

function close_mapped(node: u64): i64 {
  const error = region.unmap(startup.self(), INDEX, PAGES);
  for (let i: u32 = 0; i < WINDOWS; i++) capability.drop(load<u64>(windows + (i << 3)));
  return error < 0 ? error : files.forget(node);
}

/** Reads pages of a file, and looks at the first word of each: its number, from 1. */
function read(node: u64, first: u32, count: u32): i64 {
  const error = files.fill(node, <u64>first * PAGE_BYTES, count);
  if (error < 0) return error;
  for (let i = first; i < first + count; i++) if (load<u64>(<usize>INDEX + i * PAGE_BYTES) != i + 1) return E_DAMAGED;
  return 0;
}

function measure_random_reads(): i64 {
  const node = open_mapped("random");
  if (node < 0) return node;
  // what any first read reads besides: the tree's nodes
  let error = read(node, 0, 1);
  begin();
  for (let i: u32 = 1; i <= RANDOM_READS && error >= 0; i++) error = read(node, (i * STRIDE) % PAGES, 1);
  end("vdfs.read-4k", RANDOM_READS);
  return error < 0 ? error : close_mapped(node);
}

function measure_stream(): i64 {
  const node = open_mapped("stream");
  if (node < 0) return node;
  let error: i64 = 0;
  begin();
  for (let i: u32 = 0; i < WINDOWS && error >= 0; i++) error = read(node, i * PAGES_OF_WINDOW, PAGES_OF_WINDOW);
  end("vdfs.read-1m", WINDOWS);
  return error < 0 ? error : close_mapped(node);
}

/** Each page differs from all others, so that nothing is there already. It is made where the store reads it: in the buffer that both have. */
function write_durably(node: u64, first: u32, count: u32): i64 {
  for (let i = first; i < first + count; i++) {
    store<u64>(files.buffer, load<u64>(files.buffer) + 0x9e37_79b9_7f4a_7c15);
    const written = files.write_through(node, <u64>(i % PAGES) * PAGE_BYTES, files.buffer, PAGE_BYTES);
    if (written < 0) return written;
  }
  return 0;
}

/** The same; what each of them took lies at `takes`. */
function write_watched(node: u64): i64 {
  for (let i: u32 = 0; i < WATCHED; i++) {
    const began = busy_ns();
    const written = write_durably(node, WARMING + WRITES + i, 1);
    if (written < 0) return written;
    store<u64>(takes + ((<usize>i) << 3), busy_ns() - began);
  }
  return 0;
}

/** The middle one of `count` numbers at `takes`: as many are less as are more. */
function median(count: u32): u64 {
  for (let i: u32 = 0; i < count; i++) {
    const value = load<u64>(takes + ((<usize>i) << 3));
    let less: u32 = 0;
    let equal: u32 = 0;
    for (let j: u32 = 0; j < count; j++) {
      const other = load<u64>(takes + ((<usize>j) << 3));
      if (other < value) less++;
      else if (other == value) equal++;
    }
    if (less <= count / 2 && less + equal > count / 2) return value;
  }
  return 0;
}

function measure_writes(): i64 {
  text.clear().string("written");
  const node = files.create(root, text.start, text.length, KIND_FILE);
  if (node < 0) return node;
  let error = write_durably(node, 0, WARMING);
  if (error < 0) return error;
  begin();
  error = write_durably(node, WARMING, WRITES);
  end("vdfs.write-4k", WRITES);
  if (error >= 0) error = write_watched(node);
  figure("vdfs.write-4k.median", "", median(WATCHED), "instructions");
  return error;
}
