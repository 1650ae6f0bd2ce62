// The world of the NVMe driver: what the input has the controller and its clients do. Judges, besides those of nvme-device.ts: every call is answered
// once, a request succeeds only if the controller said so, and a controller that is honest again works again.
import * as bytes from "./bytes";
import * as d from "./nvme-device";
import * as g from "./driver";
import * as host from "./host";
import * as m from "./memory";
import { disk_call, must_recover } from "./disk-client";
import { must } from "./say";
import { write_somewhere } from "./virtio";
export * from "./driver";

const IDENTITY: u64 = 0x0010_1b36;
const TRANSPORT_PCI: u64 = 3;
const BLOCKS: u64 = 64;
const SECOND_NS: u64 = 1_000_000_000;
const ALICE: u64 = 0x101;
const CLIENTS: StaticArray<u64> = [0x101, 0x202, 0x901, 0x303];
/** Where identify's answers are read: the first eight of the namespace, the others of the controller. */
const PLACES: StaticArray<u32> = [0, 3, 6, 7, 26, 99, 130, 134, 77, 520, 525];
const OF_NAMESPACE: u32 = 8;
/** A driver that waits in vain so often has time pass faster. */
const WAITS: u32 = 40;
let waits: u32 = 0;

export function setup(): void {
  g.driver_setup();
}

function finish_something(): void {
  if (d.kept_count > 0 && (bytes.byte() & 1) == 0) d.finish(bytes.byte());
  else if (++waits > WAITS) g.oversleep(SECOND_NS);
}

function no_limit(): u32 {
  return 0;
}

/** A byte of what the controller says about itself, and how many queues it grants. */
function describe(): void {
  const choice = bytes.below(PLACES.length + 1),
    value = bytes.byte();
  if (choice == <u32>PLACES.length) d.grant(bytes.word());
  else store<u8>((choice < OF_NAMESPACE ? d.namespace_page : d.controller_page) + PLACES[choice], <u8>value);
}

function plug_in(): u32 {
  const way = (bytes.byte() & 1) == 0 ? g.WAY_MESSAGES : g.WAY_LINE,
    look = bytes.byte();
  const messages = bytes.below(5) + 1;
  d.plug(BLOCKS, (look & 1) != 0 ? bytes.long() : 0, g.raise);
  for (let i: u32 = 0; (look & 2) != 0 && i <= ((look >> 4) & 3); i++) describe();
  d.keep_commands((look & 4) != 0);
  g.plug_in(
    IDENTITY,
    TRANSPORT_PCI,
    messages,
    d.load_register,
    d.store_register,
    d.is_line_high,
    finish_something,
    no_limit,
  );
  return way;
}

function step(): void {
  switch (bytes.byte() & 31) {
    case 12:
    case 13:
      return d.finish(bytes.byte());
    case 14:
      return d.keep_commands(!d.keeps);
    case 15:
      return d.lie((bytes.byte() & 1) != 0 ? bytes.half() : bytes.byte() & 31, (bytes.byte() & 1) != 0);
    case 16:
      return d.complete_nothing(bytes.byte(), (bytes.byte() & 1) != 0 ? bytes.half() : bytes.byte() & 31);
    case 17:
      return write_somewhere();
    case 18:
      return d.fail_with(bytes.half());
    case 19:
      return g.advance(<u64>bytes.byte() * (SECOND_NS >> 4));
    case 20:
      return g.raise(bytes.byte() % 5);
    case 21:
      return d.lie_about_registers(bytes.byte() & 15, bytes.odd_number());
    case 22:
      return d.say_fatal();
    case 23:
      return d.pull(bytes.byte() > 200, bytes.byte() > 200);
    case 24:
      return describe();
    case 25:
      return g.open_buffer(CLIENTS[bytes.byte() & 3]);
    default:
      return disk_call(CLIENTS[bytes.byte() & 3], bytes.byte());
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
  if (!m.is_poked) must(g.good_reads <= d.well, "more requests went well than the controller said", g.good_reads);
  must_recover(d.resets);
}
