// The work of a disk's driver under test: pieces of a page are written, read and compared, alone and in batches, and flushed.
// Called by campaign.ts. Invariant: a page that is compared was wiped before the driver was asked for it.
import {
  Disk,
  MEMORIES_MAX,
  METHOD_ATTACH,
  METHOD_FLUSH,
  METHOD_GEOMETRY,
  METHOD_READ,
  METHOD_TRANSFER,
  METHOD_WRITE,
  REQUEST_BYTES,
  REQUEST_STATUS,
  TRANSFER_READ,
} from "../../../../build/interfaces/disk/client";
import { REGION_PIN } from "../../../../kernel/abi/rights";
import { offer, RIGHT_SHARE } from "../../../../services/lib/endpoint";
import { E_STATE } from "../../../../services/lib/errors";
import * as region from "../../../../services/lib/region";
import * as startup from "../../../../services/lib/startup";
import { next_random } from "./order";
import { FINE, outcome_of, Victim, WRONG } from "./victim";

const PAGES: u32 = 4;
const PAGE: u32 = 4096;
const PIECES: u32 = 8;
const RIGHTS: u64 = region.REGION_READ | region.REGION_WRITE | REGION_PIN | RIGHT_SHARE;
const WIPED: u8 = 0xee;

export class DiskVictim extends Victim {
  private readonly region: u64;
  private readonly versions: StaticArray<u64> = new StaticArray<u64>(<i32>PIECES);
  private number: u64 = 0;
  private blocks_a_piece: u64 = 8;

  constructor(
    name: string,
    disk: Disk,
    private readonly window: usize,
  ) {
    super(name, disk.endpoint, disk.buffer, disk.buffer_bytes);
    this.region = <u64>region.create_contiguous(startup.self(), PAGES);
    region.map(this.region, window, 0, PAGES, region.REGION_READ | region.REGION_WRITE);
  }

  is_new(): void {
    this.number = 0;
  }

  private attach(): i64 {
    offer(this.endpoint, this.region, RIGHTS);
    const answer = this.ask(METHOD_ATTACH, 1, PAGES);
    this.number = answer > 0 && answer <= <i64>MEMORIES_MAX ? <u64>answer : 0;
    return answer;
  }

  /** A driver that began anew knows nobody's memory. */
  private transfer(method: u64, page: u32, piece: u32): i64 {
    let answer: i64 = E_STATE;
    for (let attempt: u32 = 0; attempt < 2 && answer == E_STATE; attempt++) {
      if (attempt == 1) {
        answer = this.attach();
        if (answer < 0) return answer;
      }
      answer = this.ask(method, this.number, page * PAGE, piece * this.blocks_a_piece, this.blocks_a_piece);
    }
    return answer;
  }

  private write(piece: u32): i64 {
    unchecked(this.versions[piece]++);
    for (let at: u32 = 0; at < PAGE; at += 8) store<u64>(this.window + at, this.word(piece, at));
    return this.transfer(METHOD_WRITE, 0, piece);
  }

  private word(piece: u32, at: u32): u64 {
    return ((<u64>piece) << 48) ^ (unchecked(this.versions[piece]) << 16) ^ at;
  }

  private is_right(page: u32, piece: u32): bool {
    for (let at: u32 = 0; at < PAGE; at += 8)
      if (load<u64>(this.window + page * PAGE + at) != this.word(piece, at)) return false;
    return true;
  }

  private read(piece: u32): u32 {
    memory.fill(this.window, WIPED, PAGE);
    const answer = this.transfer(METHOD_READ, 0, piece);
    if (answer < 0) return outcome_of(answer);
    return this.is_right(0, piece) ? FINE : WRONG;
  }

  /** A page from each of several pieces, all at once. */
  private batch(first: u32): u32 {
    memory.fill(this.window, WIPED, PAGES * PAGE);
    for (let i: u32 = 0; i < PAGES; i++) {
      const at = this.buffer + i * REQUEST_BYTES;
      store<u32>(at, TRANSFER_READ);
      store<u32>(at, <u32>this.number, 4);
      store<u64>(at, i * PAGE, 8);
      store<u64>(at, ((first + i) % PIECES) * this.blocks_a_piece, 16);
      store<u32>(at, <u32>this.blocks_a_piece, 24);
      store<i32>(at, 1, REQUEST_STATUS);
    }
    const answer = this.ask(METHOD_TRANSFER, (<u64>(PAGES * REQUEST_BYTES)) << 32);
    if (answer == E_STATE) return outcome_of(this.attach());
    if (answer < 0) return outcome_of(answer);
    for (let i: u32 = 0; i < PAGES; i++) {
      if (load<i32>(this.buffer + i * REQUEST_BYTES, REQUEST_STATUS) != 0) return WRONG;
      if (!this.is_right(i, (first + i) % PIECES)) return WRONG;
    }
    return FINE;
  }

  work(random: u64): u32 {
    const piece = <u32>(random >> 8) % PIECES;
    switch (<u32>(random % 8)) {
      case 0:
        return outcome_of(this.ask(METHOD_FLUSH));
      case 1:
        return this.batch(piece);
      case 2:
        return this.geometry();
      case 3:
      case 4:
      case 5:
        return outcome_of(this.write(piece));
      default:
        return this.read(piece);
    }
  }

  private geometry(): u32 {
    const answer = this.ask(METHOD_GEOMETRY);
    return answer == 0 ? FINE : answer > 0 ? WRONG : outcome_of(answer);
  }

  verify(): u32 {
    let outcome = this.geometry();
    for (let piece: u32 = 0; piece < PIECES && outcome == FINE; piece++) outcome = outcome_of(this.write(piece));
    for (let piece: u32 = 0; piece < PIECES && outcome == FINE; piece++) outcome = this.read(piece);
    return outcome == FINE ? this.batch(<u32>next_random(this.number) % PIECES) : outcome;
  }
}
