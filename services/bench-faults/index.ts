// The client of `phi bench faults`: reads and writes a disk, undisturbed and then with the driver crashing at regular times, prints what it
// got done (`bench NAME VALUE UNIT`), and powers off. Every block that it reads holds what it wrote last, or the machine ends with status 1.
import { Console, STREAM_OUTPUT } from "../../build/interfaces/console/client";
import { Crasher } from "../../build/interfaces/crasher/client";
import { Disk } from "../../build/interfaces/disk/client";
import { Init } from "../../build/interfaces/init/client";
import { REGION_PIN } from "../../kernel/abi/rights";
import { INFO_CPU_BUSY_NS } from "../../kernel/abi/status";
import { RIGHT_SHARE } from "../lib/endpoint";
import { E_PEER_FAULT, E_PEER_GONE, E_STATE } from "../lib/errors";
import * as region from "../lib/region";
import * as startup from "../lib/startup";
import * as system from "../lib/system";
import { Text } from "../lib/text";

const PAGES: u32 = 4;
const WINDOW: usize = 0x9000_0000;
const BYTES: u32 = PAGES * region.PAGE_SIZE;
/** Pieces of the disk that are used, BYTES each. */
const PIECES: u64 = 64;
const PHASE_NS: u64 = 220_000_000;
const CRASH_NS: u64 = 100_000_000;
const NEVER_NS: u64 = 1 << 60;
/** A request is repeated so often before the run counts as failed. */
const ATTEMPTS: u32 = 8;

const console = Console.connect("console");
const init = Init.connect("init");
const crasher = Crasher.connect("crasher");
const disk = Disk.connect("virtio-blk");
const capability = startup.capability("system");
const text = new Text(memory.data(256), 256);

let memory_region: u64 = 0;
let number: u32 = 0;
let blocks_a_piece: u32 = 0;
/** How often each piece was written. */
const rounds = memory.data(64 * 8, 8);
let repeated: u64 = 0;
let slowest_ns: u64 = 0;
let slowest_busy_ns: u64 = 0;

function busy_ns(): u64 {
  return <u64>system.info(capability, INFO_CPU_BUSY_NS);
}

function figure(name: string, value: u64, unit: string): void {
  text.clear().string("bench ").string(name).byte(0x20).number(value).byte(0x20).string(unit).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

function fail(what: string, error: i64): void {
  text.clear().string("failed: ").string(what).byte(0x20).signed(error).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
  init.power_off(1);
}

function attach(): i64 {
  const made = disk.attach(memory_region, region.REGION_READ | region.REGION_WRITE | REGION_PIN | RIGHT_SHARE, PAGES);
  if (made > 0) number = <u32>made;
  return made;
}

/** One transfer, repeated when the driver ended meanwhile: its clients keep their capability, and attach their memory again. */
function transfer(is_write: bool, piece: u64): void {
  const began = system.counter(),
    began_busy = busy_ns();
  let error: i64 = 0;
  for (let attempt: u32 = 0; attempt < ATTEMPTS; attempt++) {
    error = is_write
      ? disk.write(number, 0, piece * blocks_a_piece, blocks_a_piece)
      : disk.read(number, 0, piece * blocks_a_piece, blocks_a_piece);
    if (error >= 0) break;
    if (error != E_PEER_FAULT && error != E_PEER_GONE && error != E_STATE) break;
    repeated++;
    if (error == E_STATE) attach();
  }
  if (error < 0) fail(is_write ? "write" : "read", error);
  slowest_ns = max(slowest_ns, system.counter() - began);
  slowest_busy_ns = max(slowest_busy_ns, busy_ns() - began_busy);
}

/** Every page of a piece begins with its number and how often the piece was written. */
function mark(piece: u64): void {
  const at = rounds + ((<usize>piece) << 3);
  store<u64>(at, load<u64>(at) + 1);
  for (let page: u32 = 0; page < PAGES; page++) {
    store<u64>(WINDOW + page * <u32>region.PAGE_SIZE, piece * PAGES + page);
    store<u64>(WINDOW + page * <u32>region.PAGE_SIZE, load<u64>(at), 8);
  }
}

function check(piece: u64): void {
  for (let page: u32 = 0; page < PAGES; page++) {
    const at = WINDOW + page * <u32>region.PAGE_SIZE;
    if (load<u64>(at) != piece * PAGES + page || load<u64>(at, 8) != load<u64>(rounds + ((<usize>piece) << 3)))
      fail("a page is another", <i64>piece);
  }
}

/** Transfers in PHASE_NS of busy time, in KiB a second of it. */
function phase(is_write: bool): u64 {
  const began = busy_ns();
  let done: u64 = 0;
  // Whole rounds are written alike, so that what is read later is known.
  for (let piece: u64 = 0; busy_ns() - began < PHASE_NS; piece = (piece + 1) % PIECES) {
    if (is_write) mark(piece);
    transfer(is_write, piece);
    if (!is_write) check(piece);
    done++;
  }
  return (done * (BYTES / 1024) * 1_000_000_000) / (busy_ns() - began);
}

function measure(what: string, is_write: bool, id: u64): void {
  slowest_ns = 0;
  slowest_busy_ns = 0;
  // The crasher looks at its clock in both phases, so that what differs are the crashes alone.
  crasher.crash_every(id, NEVER_NS);
  const calm = phase(is_write);
  figure(is_write ? "faults.write.calm" : "faults.read.calm", calm, "KiB");
  const before = crasher.crash_every(id, CRASH_NS);
  const stormy = phase(is_write);
  crasher.crash_every(id, 0);
  crasher.crashes();
  figure(is_write ? "faults.write.crashing" : "faults.read.crashing", stormy, "KiB");
  figure(is_write ? "faults.write.crashes" : "faults.read.crashes", crasher.count - <u64>before, "crashes");
  figure(is_write ? "faults.write.slowest" : "faults.read.slowest", slowest_busy_ns, "instructions");
  figure(is_write ? "faults.write.slowest-time" : "faults.read.slowest-time", slowest_ns, "instructions");
}

export function start(): void {
  const made = region.create_contiguous(startup.self(), PAGES);
  if (made < 0) fail("memory", made);
  memory_region = <u64>made;
  let error = region.map(memory_region, WINDOW, 0, PAGES, region.REGION_READ | region.REGION_WRITE);
  if (error < 0) fail("window", error);
  error = disk.geometry();
  if (error < 0) fail("geometry", error);
  blocks_a_piece = BYTES / disk.block_bytes;
  if (attach() < 0) fail("attach", 0);
  for (let piece: u64 = 0; piece < PIECES; piece++) {
    mark(piece);
    transfer(true, piece);
  }
  const name = "virtio-blk";
  const id = init.find(changetype<usize>(String.UTF8.encode(name)), <u32>name.length);
  if (id <= 0) fail("find", id);
  measure("read", false, <u64>id);
  measure("write", true, <u64>id);
  figure("faults.repeated", repeated, "requests");
  init.power_off(0);
}
