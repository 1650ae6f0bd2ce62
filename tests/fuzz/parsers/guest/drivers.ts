// The world of a virtio driver: what the input has its device and its clients do. One world for all of them; the target says by its parameter which
// device is plugged in. Judges: every call is answered once, a device is named memory that is its own, no answer has more bytes than were asked for, a
// disk's request succeeds only if its device said so, and a device that is honest again works again.
import * as bytes from "./bytes";
import * as d from "./device";
import * as g from "./driver";
import * as host from "./host";
import * as m from "./memory";
import * as ninep from "./ninep-host";
import * as r from "./resources";
import { disk_call, must_recover } from "./disk-client";
import { must } from "./say";
import { device_step, plug } from "./virtio";
import * as files from "../../../../build/interfaces/ninep/constants";
import { MESSAGE } from "../../../../kernel/abi/layout";
export * from "./driver";

const NET: u32 = 1;
const BLK: u32 = 2;
const CONSOLE: u32 = 3;
const RNG: u32 = 4;
const NINEP: u32 = 9;
const INPUT: u32 = 18;
const ACCESS_PLATFORM: u64 = 1 << 33;
const CONTROL_AND_PAIRS: u64 = (1 << 17) | (1 << 22);
const COMMAND_BYTES: u32 = 4;
const CANARY: u32 = 0xa5;
const SECTORS: u64 = 64;
const ALICE: u64 = 0x101;
/** A role of the 9P service's clients. */
const ROLE_READ_ONLY: u64 = 1;
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
      if (d.identity == NET && d.parts == 2 && d.part_bytes[0] == COMMAND_BYTES) return serve_command();
      if (d.part_written[0] == 0) return 0;
      const length = min(d.part_bytes[0], d.identity == INPUT ? 8 : bytes.byte());
      for (let i: u32 = 0; i < length; i++) m.store_byte(d.part_address[0] + i, 65 + i);
      return length;
    }
  }
}

/** A network card's control queue: how many pairs of queues are used. */
function serve_command(): u32 {
  const wanted = m.load_number(d.part_address[0] + 2, 2);
  if (!m.is_poked)
    must(wanted > 0 && wanted <= load<u16>(d.configuration, 8), "pairs of queues that there are not", wanted);
  m.store_byte(d.part_address[1], bytes.byte() < 200 ? 0 : 1);
  return 1;
}

function serve_disk(): u32 {
  const last = d.parts - 1;
  let written: u32 = 1;
  if (d.parts < 3) return 0;
  const type = m.load_number(d.part_address[0], 4),
    sector = m.load_number(d.part_address[0] + 8, 8);
  for (let i: u32 = 1; i < last; i++) {
    const is_believed = !m.is_poked && !d.lied_ever();
    if (is_believed && type < 2) must(sector + d.part_bytes[i] / 512 <= SECTORS, "a transfer beyond the disk", sector);
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
function plug_in(): u32 {
  const way = bytes.below(3),
    look = bytes.byte();
  const identity = host.parameter();
  let features = d.VERSION_1 | d.EVENT_INDEX | (way == g.WAY_MESSAGES ? ACCESS_PLATFORM : 0) | 0x0001_3261;
  if (identity == BLK) features ^= 32; // it may be written
  if ((look & 1) != 0) features = bytes.long();
  else if ((look & 2) != 0) features ^= <u64>bytes.word();
  if (identity == BLK) {
    store<u64>(d.configuration, SECTORS);
    store<u32>(d.configuration + 20, 512);
    store<u16>(d.configuration + 34, 2);
    store<u32>(d.configuration + 36, 16);
  } else if (identity == NINEP) store<u64>(d.configuration, 0x7473_6f68_0004);
  else if (identity == INPUT) store<u64>(d.configuration, 0x20_0000);
  if ((look & 4) != 0) {
    // a disk stays as large as the judge knows it
    d.read_configuration(64);
    if (identity == BLK) store<u64>(d.configuration, SECTORS);
  }
  if (identity == BLK && (features & 64) != 0 && load<u32>(d.configuration + 20) != 512) features &= ~(<u64>64);
  const size: u32 = (look & 8) != 0 ? bytes.half() : 64;
  let queues = bytes.below(4) + 1;
  if (identity == NET && (look & 16) != 0) {
    store<u16>(d.configuration, <u16>queues, 8);
    features |= CONTROL_AND_PAIRS;
    queues = 2 * queues + 1;
  }
  plug(way, identity, features, queues, size, identity != BLK && identity != NINEP, serve);
  return way;
}

function client_call(): void {
  const client = bytes.byte();
  let badge = CLIENTS[client & 3];
  const slot = badge & 0xff;
  if (host.parameter() == NINEP && (client & 0x40) != 0) badge |= (<u64>files.ROLE_HANDED) << 56;
  const choice = bytes.byte();
  if (choice >= 250) return g.open_buffer(badge);
  switch (host.parameter()) {
    case BLK:
      return disk_call(badge, choice);
    case NINEP:
      return files_call(badge, choice, slot);
    default: {
      const method = <u64>(choice % 5),
        limit = bytes.odd_number();
      const is_limit =
        method == (host.parameter() == NET || host.parameter() == INPUT ? 3 : host.parameter() == CONSOLE ? 2 : 1);
      g.ask(badge, method, is_limit && limit >> 32 == 0 ? limit : 0, limit, bytes.odd_number(), 0, 0);
    }
  }
}

const nodes: StaticArray<u64> = [1, 0, 0, 0];

function files_call(badge: u64, choice: u32, slot: u64): void {
  const method = <u64>(choice % 21),
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
  ninep.begin_call(badge >> 56 != ROLE_READ_ONLY);
  let answer: i64 = 0,
    limit: u64 = 0;
  if (method == files.METHOD_READ) {
    limit = <u64>bytes.byte() * 8 + 1;
    answer = g.ask(badge, method, limit, node, bytes.odd_number(), limit, 0);
  } else if (method == files.METHOD_LINK || method == files.METHOD_RENAME) {
    answer = g.ask(badge, method, 0, node, nodes[bytes.byte() & 3], name, 0);
  } else if (method == files.METHOD_WRITE) {
    answer = g.ask(badge, method, 0, node, bytes.odd_number(), name, 0);
  } else if (method == files.METHOD_DIRECTORY) {
    answer = g.ask(badge, method, 0, node, <u64>bytes.below(2), 0, 0);
  } else if (method == files.METHOD_ENTER) {
    return enter(badge);
  } else if (method == files.METHOD_LIST || method == files.METHOD_READLINK) {
    limit = g.BUFFER_BYTES;
    answer = g.ask(badge, method, limit, node, <u64>bytes.byte(), 0, 0);
  } else {
    const kind =
      method == files.METHOD_TIMES || method == files.METHOD_TRUNCATE ? bytes.odd_number() : <u64>bytes.below(3);
    answer = g.ask(badge, method, 0, node, method == files.METHOD_TRUNCATE ? kind : name, kind, bytes.odd_number());
  }
  if (answer >= 0 && (method == files.METHOD_LOOKUP || method == files.METHOD_ROOT))
    nodes[1] = host.load64(MESSAGE + 8);
  if (answer > 0 && (method == files.METHOD_CREATE || method == files.METHOD_SYMLINK)) nodes[2] = <u64>answer;
  if (answer <= 0 || limit == 0 || !has_buffer || host.ended() != 0) return;
  if (method == files.METHOD_READ) {
    must(<u32>answer <= ninep.delivered, "more bytes than the host has delivered", answer);
    for (let i: u32 = 0; i < <u32>answer && !ninep.is_spoilt && !m.is_poked; i++)
      must(host.load8(buffer + i) == ninep.CONTENT, "a byte that is not the file's, at", i);
    for (let i = <u32>answer; i < g.BUFFER_BYTES; i++) {
      if (host.load8(buffer + i) != CANARY && i >= 8) must(false, "bytes behind the answer were written, at", i);
    }
  }
}

/** A client comes with a copy of a capability to a directory, or with something else. Who may only read at all brings none. */
function enter(badge: u64): void {
  if (badge >> 56 == ROLE_READ_ONLY) return;
  const copy = bytes.byte() < 224 ? r.some_copy() : r.ENDPOINT;
  g.offer_any(copy);
  const answer = g.ask(badge, files.METHOD_ENTER, 0, copy == 0 ? 0 : 1, 0, 0, 0);
  if (answer != 0 || g.was_detached || host.ended() != 0) return;
  must(r.is_copy(copy), "a directory is entered by a capability that leads to none", copy);
  const may_write = (host.load64(MESSAGE + 16) & files.MAY_WRITE) != 0,
    had_write = (r.rights_of_copy(copy) & files.RIGHT_WRITE) != 0;
  must(had_write || !may_write, "who was handed a directory to read may write there", badge);
  nodes[3] = host.load64(MESSAGE + 8);
}

function step(): void {
  const what = bytes.byte() & 31;
  if (device_step(what)) return;
  switch (what) {
    case 25:
      d.note_lie();
      d.read_configuration(32);
      if (host.parameter() == BLK) store<u64>(d.configuration, SECTORS);
      return;
    case 26:
      return g.open_buffer(CLIENTS[bytes.byte() & 3]);
    default:
      return client_call();
  }
}

export function run(): void {
  bytes.rewind();
  const way = plug_in();
  g.driver_begin(way);
  g.open_buffer(ALICE);
  for (let i: u32 = 0; i < 300 && !bytes.is_over() && host.ended() == 0; i++) step();
  if (host.ended() != 0) return;
  d.reform();
  if (host.parameter() != BLK) return;
  if (!m.is_poked) must(g.good_reads <= well, "more requests went well than the device said", g.good_reads);
  must_recover(d.resets);
}
