// The client of `phi bench faults`: reads and writes a disk, undisturbed and then with the driver crashing every second, prints what it
// got done (`bench NAME VALUE UNIT`), and powers off. Every block that it reads holds what it wrote last, or the machine ends with status 1.
import { Console, STREAM_OUTPUT } from "../../build/interfaces/console/client";
import { Crasher } from "../../build/interfaces/crasher/client";
import { Disk } from "../../build/interfaces/disk/client";
import { Init } from "../../build/interfaces/init/client";
import { REGION_PIN } from "../../kernel/abi/rights";
import { INFO_CPU_BUSY_NS, STATUS_TIME_NS } from "../../kernel/abi/status";
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
/** Busy time without a crash, and with one each CRASH_NS of it. */
const CALM_NS: u64 = 200_000_000;
const STORM_NS: u64 = 2_050_000_000;
const CRASH_NS: u64 = 1_000_000_000;
/** A request is under way for some microseconds: each crash comes a little later in it. */
const DELAY_NS: u64 = 2_000;
/** A request is repeated so often before the run counts as failed. */
const ATTEMPTS: u32 = 8;

const console = Console.connect("console");
const init = Init.connect("init");
const crasher = Crasher.connect("crasher");
const disk = Disk.connect("virtio-blk");
const capability = startup.capability("system");
const supervisor = <u64>find("init");
const text = new Text(memory.data(256), 256);

let memory_region: u64 = 0;
let number: u32 = 0;
let blocks_a_piece: u32 = 0;
/** How often each piece was written. */
const rounds = memory.data(64 * 8, 8);
let repeated: u64 = 0;
let slowest_busy_ns: u64 = 0;

function find(name: string): i64 {
  return init.find(changetype<usize>(String.UTF8.encode(name)), <u32>name.length);
}

function busy_ns(): u64 {
  return <u64>system.info(capability, INFO_CPU_BUSY_NS);
}

/** What init has run so far. It looks after drivers four times a second of the machine's clock, however little else is done then. */
function init_ns(): u64 {
  return <u64>init.field(supervisor, STATUS_TIME_NS);
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
  const began = busy_ns();
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
  slowest_busy_ns = max(slowest_busy_ns, busy_ns() - began);
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

/**
 * Transfers in so much busy time, in KiB a second of it. `victim`: who ends each CRASH_NS; 0: nobody. What init does counts while a crash is under way, and
 * not between them: how often it looks depends on how long the host takes for a block.
 */
function phase(is_write: bool, length_ns: u64, victim: u64): u64 {
  const began = busy_ns();
  let looked = init_ns();
  let spent: u64 = 0,
    done: u64 = 0,
    crashes: u64 = 0;
  // Whole rounds are written alike, so that what is read later is known.
  for (let piece: u64 = 0; busy_ns() - began < length_ns; piece = (piece + 1) % PIECES) {
    const is_crash = victim != 0 && busy_ns() - began >= (crashes + 1) * CRASH_NS;
    if (is_crash) {
      spent += init_ns() - looked;
      crasher.crash_in(victim, ++crashes * DELAY_NS);
    }
    if (is_write) mark(piece);
    transfer(is_write, piece);
    if (!is_write) check(piece);
    if (is_crash) looked = init_ns();
    done++;
  }
  spent += init_ns() - looked;
  return (done * (BYTES / 1024) * 1_000_000_000) / (busy_ns() - began - spent);
}

function measure(is_write: bool, id: u64): void {
  slowest_busy_ns = 0;
  const calm = phase(is_write, CALM_NS, 0);
  figure(is_write ? "faults.write.calm" : "faults.read.calm", calm, "KiB");
  const before = crasher.crashes();
  const stormy = phase(is_write, STORM_NS, id);
  figure(is_write ? "faults.write.crashing" : "faults.read.crashing", stormy, "KiB");
  figure(is_write ? "faults.write.crashes" : "faults.read.crashes", <u64>(crasher.crashes() - before), "crashes");
  figure(is_write ? "faults.write.slowest" : "faults.read.slowest", slowest_busy_ns, "instructions");
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
  const id = find("virtio-blk");
  if (id <= 0 || <i64>supervisor <= 0) fail("find", id);
  measure(false, <u64>id);
  measure(true, <u64>id);
  figure("faults.repeated", repeated, "requests");
  init.power_off(0);
}
