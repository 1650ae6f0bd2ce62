// The world of a virtio driver: what the input has its device and its clients do. One world for all of them; the target says by its parameter which
// device is plugged in. Judges: every call is answered once, a device is named memory that is its own, no answer has more bytes than were asked for, a
// disk's request succeeds only if its device said so, and a device that is honest again works again.
import * as bytes from "./bytes";
import * as d from "./device";
import * as g from "./driver";
import * as host from "./host";
import * as m from "./memory";
import * as ninep from "./ninep-host";
import { must, tell } from "./say";
import * as disk from "../../../../build/interfaces/disk/constants";
import * as files from "../../../../build/interfaces/ninep/constants";
export * from "./driver";

// @ts-ignore: decorator
@external("host", "parameter")
declare function parameter(): u32;

const NET: u32 = 1;
const BLK: u32 = 2;
const CONSOLE: u32 = 3;
const RNG: u32 = 4;
const NINEP: u32 = 9;
const ACCESS_PLATFORM: u64 = 1 << 33;
const EVENT_INDEX: u64 = 1 << 29;
const SECOND_NS: u64 = 1_000_000_000;
const CANARY: u32 = 0xa5;
const SECTORS: u64 = 64;
const E_DEVICE: i64 = -36;
const E_ABSENT: i64 = -15;
const ALICE: u64 = 0x101;
const CLIENTS: StaticArray<u64> = [0x101, 0x202, 0x901, 0x0100_0000_0000_0303];

/** Disk requests that the device has finished well. */
let well: u32 = 0;

function serve(queue: u32): u32 {
  switch (d.identity) {
    case BLK:
      return serve_disk();
    case NINEP:
      if (d.parts < 2) return 0;
      return ninep.answer_ninep(d.part_address[0], d.part_bytes[0], d.part_address[1], d.part_bytes[1]);
    default: {
      if (d.part_written[0] == 0) return 0;
      const length = min(d.part_bytes[0], d.identity == 18 ? 8 : bytes.byte());
      for (let i: u32 = 0; i < length; i++) m.store_byte(d.part_address[0] + i, 65 + i);
      return length;
    }
  }
}

function serve_disk(): u32 {
  const last = d.parts - 1;
  let written: u32 = 1;
  if (d.parts < 3) return 0;
  const type = m.load_number(d.part_address[0], 4),
    sector = m.load_number(d.part_address[0] + 8, 8);
  for (let i: u32 = 1; i < last; i++) {
    if (!m.is_poked && type < 2) must(sector + d.part_bytes[i] / 512 <= SECTORS, "a transfer beyond the disk", sector);
    if (d.part_written[i] == 0) continue;
    written += d.part_bytes[i];
    m.store_byte(d.part_address[i], <u32>sector);
    m.store_byte(d.part_address[i] + d.part_bytes[i] - 1, <u32>sector);
  }
  const status = bytes.byte() < 200 ? 0 : bytes.byte();
  m.store_byte(d.part_address[last], status);
  if (status == 0) well++;
  return written;
}

export function setup(): void {
  g.driver_setup();
}

/** What the device is like: the input's first bytes. */
function plug(): u32 {
  const way = bytes.below(3),
    look = bytes.byte();
  const identity = parameter();
  let features = d.VERSION_1 | EVENT_INDEX | (way == g.WAY_MESSAGES ? ACCESS_PLATFORM : 0) | 0x0001_3261;
  if (identity == BLK) features ^= 32; // it may be written
  if ((look & 1) != 0) features = bytes.long();
  else if ((look & 2) != 0) features ^= <u64>bytes.word();
  if (identity == BLK) {
    store<u64>(d.configuration, SECTORS);
    store<u32>(d.configuration + 20, 512);
    store<u16>(d.configuration + 34, 2);
    store<u32>(d.configuration + 36, 16);
  } else if (identity == NINEP) store<u64>(d.configuration, 0x7473_6f68_0004);
  else if (identity == 18) store<u64>(d.configuration, 0x20_0000);
  if ((look & 4) != 0) {
    // a disk stays as large as the judge knows it
    d.read_configuration(64);
    if (identity == BLK) store<u64>(d.configuration, SECTORS);
  }
  if (identity == BLK && (features & 64) != 0 && load<u32>(d.configuration + 20) != 512) features &= ~(<u64>64);
  const size: u32 = (look & 8) != 0 ? bytes.half() : 64;
  d.plug(identity, features, bytes.below(4) + 1, size, identity != BLK && identity != NINEP, serve, g.raise);
  return way;
}

function client_call(): void {
  const badge = CLIENTS[bytes.byte() & 3],
    slot = badge & 0xff;
  const choice = bytes.byte();
  if (choice >= 250) return g.open_buffer(badge);
  switch (parameter()) {
    case BLK:
      return disk_call(badge, choice);
    case NINEP:
      return files_call(badge, choice, slot);
    default: {
      const method = <u64>(choice % 5),
        limit = bytes.odd_number();
      const is_limit = method == (parameter() == NET || parameter() == 18 ? 3 : parameter() == CONSOLE ? 2 : 1);
      g.ask(badge, method, is_limit && limit >> 32 == 0 ? limit : 0, limit, bytes.odd_number(), 0, 0);
    }
  }
}

function disk_call(badge: u64, choice: u32): void {
  const method = <u64>(choice % 10);
  if (method == disk.METHOD_ATTACH) {
    g.offer_region(<u64>bytes.below(9));
    g.ask(badge, method, 0, 1, (choice & 128) != 0 ? bytes.odd_number() : <u64>(choice & 7), 0, 0);
  } else if (method == disk.METHOD_TRANSFER) {
    const count = bytes.below(6);
    for (let i: u32 = 0; i < count; i++) {
      const at = g.BUFFERS + (badge & 0xff) * g.STRIDE + i * disk.REQUEST_BYTES;
      if (host.is_there(at, disk.REQUEST_BYTES) == 0) break;
      host.store32(at, bytes.below(5));
      host.store32(at + 4, bytes.below(4));
      host.store64(at + 8, <u64>bytes.below(8) * 512);
      host.store64(at + 16, (choice & 64) != 0 ? bytes.odd_number() : <u64>bytes.below(66));
      host.store32(at + 24, bytes.below(10));
    }
    g.ask(badge, method, 0, (<u64>(count * disk.REQUEST_BYTES)) << 32, 0, 0, 0);
  } else if ((choice & 128) != 0) {
    g.ask(badge, method, 0, bytes.odd_number(), bytes.odd_number(), bytes.odd_number(), bytes.odd_number());
  } else {
    g.ask(badge, method, 0, <u64>bytes.below(4), <u64>bytes.below(8) * 512, <u64>bytes.below(66), <u64>bytes.below(10));
  }
}

const nodes: StaticArray<u64> = [1, 0, 0, 0];

function files_call(badge: u64, choice: u32, slot: u64): void {
  const method = <u64>(choice % 20),
    buffer = g.BUFFERS + slot * g.STRIDE;
  const node = (choice & 128) != 0 ? bytes.odd_number() : nodes[bytes.byte() & 3];
  let name: u64 = 0;
  const has_buffer = host.is_there(buffer, g.BUFFER_BYTES) != 0;
  if (has_buffer) {
    for (let i: u32 = 0; i < g.BUFFER_BYTES; i += 4) host.store32(buffer + i, CANARY * 0x0101_0101);
    if (method == files.METHOD_SYMLINK || method == files.METHOD_RENAME) {
      host.store32(buffer, 0x62_0061); // "a", NUL, "b"
      name = (<u64>3) << 32;
    } else {
      const length = bytes.byte() & 7;
      for (let i: u32 = 0; i < length; i++) host.store8(buffer + i, 97 + i);
      name = (<u64>length) << 32;
    }
    if ((choice & 64) != 0) name = bytes.odd_number();
  }
  ninep.deliver_nothing();
  let answer: i64 = 0,
    limit: u64 = 0;
  if (method == files.METHOD_READ) {
    limit = <u64>bytes.byte() * 8 + 1;
    answer = g.ask(badge, method, limit, node, bytes.odd_number(), limit, 0);
  } else if (method == files.METHOD_LINK || method == files.METHOD_RENAME) {
    answer = g.ask(badge, method, 0, node, nodes[bytes.byte() & 3], name, 0);
  } else if (method == files.METHOD_WRITE) {
    answer = g.ask(badge, method, 0, node, bytes.odd_number(), name, 0);
  } else if (method == files.METHOD_LIST || method == files.METHOD_READLINK) {
    limit = g.BUFFER_BYTES;
    answer = g.ask(badge, method, limit, node, <u64>bytes.byte(), 0, 0);
  } else {
    const kind =
      method == files.METHOD_TIMES || method == files.METHOD_TRUNCATE ? bytes.odd_number() : <u64>bytes.below(3);
    answer = g.ask(badge, method, 0, node, method == files.METHOD_TRUNCATE ? kind : name, kind, bytes.odd_number());
  }
  if (answer >= 0 && (method == files.METHOD_LOOKUP || method == files.METHOD_ROOT)) nodes[1] = host.load64(24);
  if (answer > 0 && (method == files.METHOD_CREATE || method == files.METHOD_SYMLINK)) nodes[2] = <u64>answer;
  if (answer <= 0 || limit == 0 || !has_buffer || host.ended() != 0) return;
  if (method == files.METHOD_READ) {
    must(<u32>answer <= ninep.delivered, "more bytes than the host has delivered", answer);
    for (let i = <u32>answer; i < g.BUFFER_BYTES; i++) {
      if (host.load8(buffer + i) != CANARY && i >= 8) must(false, "bytes behind the answer were written, at", i);
    }
  }
}

function step(): void {
  const what = bytes.byte() & 31;
  switch (what) {
    case 13:
      d.finish_kept(bytes.byte());
      return;
    case 14:
      d.keep_requests(!d.keeps);
      return;
    case 15:
    case 16:
      // who says that he is done with a request and is not has nothing to say about where its memory is
      m.poke();
      tell("the device lies", 0, 0, 0);
      return d.lie_about_used(
        what == 15 ? bytes.byte() : <u32>bytes.odd_number(),
        <u32>bytes.odd_number(),
        bytes.byte() < 128 ? 1 : bytes.byte(),
      );
    case 17:
    case 18: {
      if (m.region_count == 0) return;
      const region = bytes.below(m.region_count),
        offset = <u64>bytes.half() % (m.region_pages(region) * 4096 - 3);
      const value = bytes.word();
      if (m.region_index(region) == 0 || host.ended() != 0) return;
      m.poke();
      tell("the device writes", region, offset, value);
      return host.store32(m.region_index(region) + offset, value);
    }
    case 19:
      return g.advance(<u64>bytes.byte() * SECOND_NS);
    case 20:
      return g.raise(bytes.byte() & 1);
    case 21:
      d.note_lie();
      return d.lie_about_registers(bytes.byte() & 15, bytes.odd_number());
    case 22:
      return d.change(bytes.byte() > 128);
    case 23:
      return d.pull(bytes.byte() > 200, bytes.byte() > 200);
    case 24:
      return d.run(bytes.byte() & 3);
    case 25:
      d.note_lie();
      d.read_configuration(32);
      if (parameter() == BLK) store<u64>(d.configuration, SECTORS);
      return;
    case 26:
      return g.open_buffer(CLIENTS[bytes.byte() & 3]);
    default:
      return client_call();
  }
}

export function run(): void {
  bytes.rewind();
  const way = plug();
  g.driver_begin(way);
  g.open_buffer(ALICE);
  for (let i: u32 = 0; i < 300 && !bytes.is_over() && host.ended() == 0; i++) step();
  if (host.ended() != 0) return;
  d.reform();
  if (parameter() != BLK) return;
  if (!m.is_poked) must(g.good_reads <= well, "more requests went well than the device said", g.good_reads);
  for (let i = 0; i < 12; i++) g.advance(11 * SECOND_NS);
  must(g.open_calls() == 0 || host.ended() != 0, "calls that nobody answers", g.open_calls());
  if (d.resets > 8 || host.ended() != 0) return;
  const answer = g.ask(0x404, disk.METHOD_FLUSH, 0, 0, 0, 0, 0);
  for (let i = 0; i < 4 && g.was_detached; i++) g.advance(11 * SECOND_NS);
  const last = g.was_detached ? g.answers[g.calls - 1] : answer;
  must(
    last == 0 || last == E_DEVICE || last == E_ABSENT,
    "a device that is honest again does not work again",
    <u64>last,
  );
}
