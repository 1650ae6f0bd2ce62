// The store's disk as a driver offers it (services/disk/interface.ts): one region that the driver's device reaches, and its transfers.
// Called by index.ts; the store calls through store/disk/disk.ts. A driver that died is waited for, gets the region again, and the transfer is
// repeated: reads and writes of the same blocks may be. After TRIES of that the disk counts as failed.
import { Disk } from "../../build/interfaces/disk/client";
import { PAGE_SIZE, REGION_READ, REGION_WRITE } from "../lib/region";
import { REGION_PIN, RIGHT_SHARE } from "../../kernel/abi/rights";
import * as region from "../lib/region";
import { capability, self } from "../lib/startup";
import { E_ABSENT, E_DEVICE, E_FULL, E_PEER_FAULT, E_PEER_GONE, E_STATE } from "../lib/errors";
import { bind, PAGE_BYTES } from "./store/disk/disk";

/** Where the region lies in the window, far behind the clients' buffers. */
const ARENA_INDEX: u64 = 0x9000_0000;
const TRIES: u32 = 4;

/** Drivers of disks, by what the image calls them. */
const NAMES: StaticArray<string> = ["virtio-blk", "nvme", "disk"];
const drivers = new StaticArray<Disk | null>(3);
/** The first of them that has a disk; null: none has had one yet. */
let disk: Disk | null = null;
/** The region, its pages, how many are given out, and its number with the driver. */
export let arena: u64 = 0;
let arena_pages: u64 = 0;
let given: usize = 0;
let number: u32 = 0;
let blocks_of_page: u32 = 8;
let pages_max: u32 = 1;
let disk_pages: i64 = E_ABSENT;

/** Makes the region; the driver may not be there yet. 0, or an error of the kernel's. */
export function open_disk(pages: u64): i64 {
  const made = region.create_contiguous(self(), pages);
  if (made < 0) return made;
  arena = <u64>made;
  arena_pages = pages;
  bind(read, write, write_through, flush, (): i64 => disk_pages, memory_for);
  return region.map(arena, ARENA_INDEX, 0, pages, REGION_READ | REGION_WRITE);
}

/** Page of the region that an address lies in. */
export function arena_page(address: usize): u64 {
  return (<u64>address - ARENA_INDEX) / PAGE_SIZE;
}

function memory_for(bytes: usize): usize {
  const from = given;
  given += (bytes + 4095) & ~4095;
  return <u64>given > arena_pages * PAGE_SIZE ? 0 : <usize>ARENA_INDEX + from;
}

/** Takes the first driver that does not say that it has no disk: its word on the disk, or an error. */
function choose(): i64 {
  for (let at = 0; at < NAMES.length; at++) {
    const name = unchecked(NAMES[at]);
    if (capability(name) == 0) continue;
    if (drivers[at] == null) drivers[at] = Disk.connect(name);
    const known = drivers[at]!.geometry();
    if (known == E_ABSENT) continue;
    if (known >= 0) disk = drivers[at];
    return known;
  }
  return E_ABSENT;
}

/** Asks what the disk is and lets its device reach the region: 0, or an error. */
export function attach_disk(): i64 {
  const known = disk == null ? choose() : disk!.geometry();
  if (known < 0) return known;
  const driver = disk!;
  if (driver.block_bytes == 0 || driver.block_bytes > PAGE_BYTES) return E_DEVICE;
  blocks_of_page = PAGE_BYTES / driver.block_bytes;
  pages_max = max<u32>(driver.transfer_blocks_max / blocks_of_page, 1);
  disk_pages = <i64>(driver.blocks / blocks_of_page);
  // a driver lets each client attach a few regions only, and what it calls an earlier time's is none to one that was restarted
  if (number != 0) driver.detach_memory(number);
  number = 0;
  const rights = REGION_READ | REGION_WRITE | REGION_PIN | RIGHT_SHARE;
  const attached = driver.attach(arena, rights, <u32>arena_pages);
  if (attached < 0) return attached;
  number = <u32>attached;
  return 0;
}

/** True if what the driver answered can be mended by asking again. */
function may_repeat(answer: i64, attempt: u32): bool {
  if (attempt >= TRIES) return false;
  if (answer == E_STATE || answer == E_PEER_FAULT || answer == E_PEER_GONE) return attach_disk() == 0;
  return answer == E_FULL;
}

/** What the store gets to know: the driver's own troubles are the disk's. */
function verdict(answer: i64): i64 {
  if (answer >= 0) return 0;
  return answer == E_STATE || answer == E_PEER_FAULT || answer == E_PEER_GONE ? E_ABSENT : answer;
}

const READ: u32 = 0;
const WRITE: u32 = 1;
/** A write that takes several transfers is durable with the last of them. */
const WRITE_THROUGH: u32 = 2;


@inline
function transfer(how: u32, place: u64, block: u64, blocks: u32): i64 {
  if (how == READ) return disk!.read(number, place, block, blocks);
  if (how == WRITE) return disk!.write(number, place, block, blocks);
  return disk!.write_through(number, place, block, blocks);
}

/** Pages from `page` on, between the disk and the region. */
function move(page: u64, count: u32, at: usize, how: u32): i64 {
  const offset = <u64>at - ARENA_INDEX;
  for (let done: u32 = 0; done < count; ) {
    const piece = min(count - done, pages_max);
    const place = offset + <u64>done * PAGE_BYTES;
    const block = (page + done) * blocks_of_page;
    const blocks = piece * blocks_of_page;
    let answer: i64 = 0;
    for (let attempt: u32 = 0; ; attempt++) {
      // `number` changes when the region is attached again
      answer = transfer(how, place, block, blocks);
      if (answer >= 0 || !may_repeat(answer, attempt)) break;
    }
    if (answer < 0) return verdict(answer);
    done += piece;
  }
  return 0;
}

function read(page: u64, count: u32, at: usize): i64 {
  return move(page, count, at, READ);
}

function write(page: u64, count: u32, at: usize): i64 {
  return move(page, count, at, WRITE);
}

function write_through(page: u64, count: u32, at: usize): i64 {
  return move(page, count, at, WRITE_THROUGH);
}

function flush(): i64 {
  let answer: i64 = 0;
  for (let attempt: u32 = 0; ; attempt++) {
    answer = disk!.flush();
    if (answer >= 0 || !may_repeat(answer, attempt)) break;
  }
  return verdict(answer);
}
