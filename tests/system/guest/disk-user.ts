// A client of a disk whose host file says in every 8 bytes where they lie: reads singly, in batches and in large pieces, writes, flushes, is refused, and
// reads on while its driver is killed. Says what it found, a line for each. Numbers of its image entry: `rounds` of reading at the end;
// `read_only`; `failing`, a block that the host cannot read, + 1.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Disk, REQUEST_BYTES, TRANSFER_READ } from "../../../build/interfaces/disk/client";
import { REGION_PIN } from "../../../kernel/abi/rights";
import { E_PEER_FAULT, E_STATE } from "../../../services/lib/errors";
import { create_contiguous, map, REGION_MAP, REGION_READ, REGION_WRITE } from "../../../services/lib/region";
import { number, self } from "../../../services/lib/startup";
import { counter } from "../../../services/lib/system";
import { Text } from "../../../services/lib/text";

const MEMORY: usize = 0x9000_0000;
const PAGES: u64 = 512;
const PAGE: u32 = 4096;
const MEASURED: u64 = 200;
const BATCH: u32 = 16;
const WRITTEN_BLOCK: u64 = 1000;
const ATTEMPTS: u32 = 3;

const text = new Text(memory.data(512), 512);
let printer: Console | null = null;
let region: u64 = 0;
let attached: u32 = 0;
let block_bytes: u32 = 512;
let repeated: u64 = 0;

function say(): void {
  text.newline();
  printer!.write(STREAM_OUTPUT, text.start, text.length);
  text.clear();
}

function line(name: string): Text {
  return text.string("disk-user: ").string(name);
}

function attach(disk: Disk): i64 {
  const answer = disk.attach(region, REGION_READ | REGION_WRITE | REGION_MAP | REGION_PIN, <u32>PAGES);
  if (answer > 0) attached = <u32>answer;
  return answer;
}

/** Do the bytes at `offset` of the memory come from `block`? */
function is_right(offset: u32, block: u64, bytes: u32): bool {
  for (let at: u32 = 0; at < bytes; at += 8) {
    if (load<u64>(MEMORY + offset + at) != block * block_bytes + at) return false;
  }
  return true;
}

/** A read that is repeated when its driver dies, three times. */
function read(disk: Disk, offset: u32, block: u64, count: u32): i64 {
  let answer = disk.read(attached, offset, block, count);
  for (let attempt: u32 = 0; attempt < ATTEMPTS && (answer == E_PEER_FAULT || answer == E_STATE); attempt++) {
    repeated++;
    attach(disk);
    answer = disk.read(attached, offset, block, count);
  }
  return answer;
}

function single_reads(disk: Disk, blocks: u64): void {
  const span = PAGE / block_bytes;
  let wrong: u32 = 0,
    place: u64 = 12345;
  // Waiting counts as time that passes, so the least is what the instructions are.
  let least: u64 = u64.MAX_VALUE;
  for (let i: u64 = 0; i < MEASURED; i++) {
    place = (place * 1103515245 + 12345) & 0x7fff_ffff;
    const block = (place % (blocks / span - 256)) * span;
    const before = counter();
    const answer = disk.read(attached, <u32>(i & 255) * PAGE, block, span);
    least = min(least, counter() - before);
    if (answer != 0 || !is_right(<u32>(i & 255) * PAGE, block, PAGE)) wrong++;
  }
  line("single reads wrong ").number(wrong).string(" instructions ").number(least);
  say();
}

function large_reads(disk: Disk, transfer_max: u32): void {
  const count = min(transfer_max, <u32>(PAGES * PAGE) / block_bytes);
  const before = counter();
  const answer = disk.read(attached, 0, 8, count);
  const spent = counter() - before;
  line("large read of ")
    .number(count * block_bytes)
    .string(" answers ")
    .signed(answer);
  text
    .string(is_right(0, 8, count * block_bytes) ? " right" : " wrong")
    .string(" instructions ")
    .number(spent);
  say();
}

function set_request(at: usize, operation: u32, offset: u64, block: u64, count: u32): void {
  store<u32>(at, operation);
  store<u32>(at, attached, 4);
  store<u64>(at, offset, 8);
  store<u64>(at, block, 16);
  store<u32>(at, count, 24);
  store<i32>(at, 99, 28);
}

function batch(disk: Disk): void {
  const span = PAGE / block_bytes;
  for (let i: u32 = 0; i < BATCH; i++) {
    set_request(disk.buffer + i * REQUEST_BYTES, TRANSFER_READ, i * PAGE, (i * 37 + 11) * span, span);
  }
  const before = counter();
  const answer = disk.transfer(disk.buffer, BATCH * REQUEST_BYTES);
  const spent = counter() - before;
  let good: u32 = 0;
  for (let i: u32 = 0; i < BATCH; i++) {
    const status = load<i32>(disk.buffer + i * REQUEST_BYTES, 28);
    if (status == 0 && is_right(i * PAGE, (i * 37 + 11) * span, PAGE)) good++;
  }
  line("batch answers ")
    .signed(answer)
    .string(" right ")
    .number(good)
    .string(" instructions each ")
    .number(spent / BATCH);
  say();
}

function writes(disk: Disk): void {
  const count = PAGE / block_bytes;
  for (let at: u32 = 0; at < PAGE; at += 8) store<u64>(MEMORY + at, WRITTEN_BLOCK * block_bytes + at);
  const before = counter();
  const written = disk.write(attached, 0, WRITTEN_BLOCK, count);
  const flushed = written == 0 ? disk.flush() : 0;
  const spent = counter() - before;
  memory.fill(MEMORY, 0, PAGE);
  const back = disk.read(attached, 0, WRITTEN_BLOCK, count);
  line("write ").signed(written).string(" flush ").signed(flushed).string(" instructions ").number(spent);
  text
    .string(" back ")
    .signed(back)
    .string(is_right(0, WRITTEN_BLOCK, PAGE) ? " right" : " wrong");
  say();
}

function refusals(disk: Disk, blocks: u64): void {
  line("refused ")
    .signed(disk.read(attached, 0, blocks, 1))
    .string(" ");
  text
    .signed(disk.read(attached, 0, 0, 0))
    .string(" ")
    .signed(disk.read(attached, <u64>PAGES * PAGE, 0, 1))
    .string(" ");
  text
    .signed(disk.read(attached + 1, 0, 0, 1))
    .string(" ")
    .signed(disk.read(attached, 0, u64.MAX_VALUE, 1));
  text.string(" discard ").signed(disk.discard(2000, 8));
  say();
}

function reads_on(disk: Disk, blocks: u64, rounds: u64): void {
  const span = PAGE / block_bytes;
  let failed: u64 = 0,
    wrong: u64 = 0;
  for (let i: u64 = 0; i < rounds; i++) {
    const block = ((i * 7919) % (blocks / span)) * span;
    if (read(disk, 0, block, span) != 0) failed++;
    else if (!is_right(0, block, PAGE)) wrong++;
    if (i % 1000 == 999) {
      line("reads ").number(i + 1);
      say();
    }
  }
  line("load failed ").number(failed).string(" wrong ").number(wrong).string(" repeated ").number(repeated);
  say();
}

export function start(): void {
  printer = Console.connect("console");
  const disk = Disk.connect("disk");
  const known = disk.geometry();
  if (known < 0) {
    line("no disk ").signed(known);
    return say();
  }
  const blocks = disk.blocks;
  block_bytes = disk.block_bytes;
  line("blocks ").number(blocks).string(" of ").number(block_bytes).string(" flags ").number(disk.flags);
  say();
  region = <u64>create_contiguous(self(), PAGES);
  map(region, MEMORY, 0, PAGES, REGION_READ | REGION_WRITE);
  line("attach ").signed(attach(disk));
  say();
  const failing = number("failing", 0);
  if (failing != 0) {
    line("failing block ")
      .signed(disk.read(attached, 0, failing - 1, 1))
      .string(" next ")
      .signed(disk.read(attached, 0, 0, 1));
    say();
  } else {
    single_reads(disk, blocks);
    large_reads(disk, disk.transfer_blocks_max);
    batch(disk);
    if (number("read_only", 0) != 0) {
      line("read-only ")
        .signed(disk.write(attached, 0, 0, 1))
        .string(" ")
        .signed(disk.discard(0, 1));
      say();
    } else writes(disk);
    refusals(disk, blocks);
    reads_on(disk, blocks, number("rounds", 0));
  }
  line("done");
  say();
}

export function event(_bits: u64): void {}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}
