// A client of the drivers of frames, bytes, random numbers and events: asks the host's router who it is, writes a line to the host, takes random bytes,
// and waits for a key. Says what it found, a line for each.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Stream } from "../../../build/interfaces/virtio-console/client";
import { EVENT_BYTES, EVENT_KEY, Input } from "../../../build/interfaces/virtio-input/client";
import { Network } from "../../../build/interfaces/virtio-net/client";
import { Random } from "../../../build/interfaces/virtio-rng/client";
import { Text } from "../../../services/lib/text";

const RANDOM_BYTES: u32 = 256;
const FRAMES: u32 = 20;
const ARP: u16 = 0x0608;
const ARP_BYTES: u32 = 42;
const EVENTS: u32 = 8;

const text = new Text(memory.data(512), 512);
const first = memory.data(256);
let printer: Console | null = null;

function say(): void {
  text.newline();
  printer!.write(STREAM_OUTPUT, text.start, text.length);
  text.clear();
}

function line(name: string): Text {
  return text.string("streams-user: ").string(name);
}

/** Two answers of random bytes: how many of them differ, and how many values the first has. */
function random(): void {
  const rng = Random.connect("virtio-rng");
  let got = rng.fill(RANDOM_BYTES);
  line("random ").signed(got);
  if (<u32>got == RANDOM_BYTES) {
    memory.copy(first, rng.buffer, RANDOM_BYTES);
    got = rng.fill(RANDOM_BYTES);
    let differ: u32 = 0;
    for (let i: u32 = 0; i < RANDOM_BYTES; i++) if (load<u8>(first + i) != load<u8>(rng.buffer + i)) differ++;
    text.string(differ > RANDOM_BYTES / 2 ? " fresh" : " stale");
  }
  say();
}

/** Who has 10.0.2.2? (RFC 826) */
function set_request(frame: usize, address: u64): void {
  memory.fill(frame, 0, ARP_BYTES);
  memory.fill(frame, 0xff, 6);
  for (let i: u32 = 0; i < 6; i++) {
    store<u8>(frame + 6 + i, <u8>(address >> (8 * i)));
    store<u8>(frame + 22 + i, <u8>(address >> (8 * i)));
  }
  store<u16>(frame, ARP, 12);
  store<u32>(frame, 0x0008_0100, 14);
  store<u32>(frame, 0x0100_0406, 18);
  store<u32>(frame, 0x0f02_000a, 28);
  store<u32>(frame, 0x0202_000a, 38);
}

function network(): void {
  const net = Network.connect("virtio-net");
  const known = net.hardware();
  line("network ").signed(known);
  if (known == 0) {
    text
      .string(" address ")
      .hexadecimal(net.address)
      .string(" link ")
      .number(net.link)
      .string(" pairs ")
      .number(net.pairs);
    set_request(net.buffer, net.address);
    text.string(" sent ").signed(net.send(net.buffer, ARP_BYTES));
    for (let i: u32 = 0; i < FRAMES; i++) {
      const bytes = net.receive(net.buffer_bytes);
      if (bytes < <i64>ARP_BYTES || load<u16>(net.buffer, 12) != ARP) continue;
      text.string(" answer from ").hexadecimal(load<u32>(net.buffer, 28));
      break;
    }
    net.counters();
    text
      .string(" counted ")
      .number(net.sent)
      .string(net.received > 0 ? " in" : " none");
  }
  say();
}

function stream(): void {
  const port = Stream.connect("virtio-console");
  const words = "a line for the host\n";
  String.UTF8.encodeUnsafe(changetype<usize>(words), words.length, port.buffer);
  line("stream ").signed(port.write(port.buffer, words.length));
  say();
}

function keys(): void {
  const input = Input.connect("virtio-input");
  const bytes = input.name();
  line("input ");
  if (bytes < 0) text.signed(bytes);
  else text.bytes(input.buffer, <u32>bytes);
  say();
  if (bytes < 0) return;
  for (let i: u32 = 0; i < EVENTS; i++) {
    const got = input.events(EVENT_BYTES);
    if (<u32>got != EVENT_BYTES || load<u16>(input.buffer) != EVENT_KEY) continue;
    line("key ")
      .number(load<u16>(input.buffer, 2))
      .string(load<u32>(input.buffer, 4) == 1 ? " down" : " up");
    say();
    if (load<u32>(input.buffer, 4) == 0) break;
  }
}

export function start(): void {
  printer = Console.connect("console");
  random();
  network();
  stream();
  keys();
  line("done");
  say();
}

export function event(_bits: u64): void {}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}
