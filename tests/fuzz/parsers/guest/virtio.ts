// What the worlds of virtio drivers share: the device of device.ts where its driver finds it, behind PCI's structures or MMIO, and how the input
// has it lie. Called by drivers.ts and gpu.ts.
import * as bytes from "./bytes";
import * as d from "./device";
import * as g from "./driver";
import * as host from "./host";
import * as m from "./memory";
import { finding, tell } from "./say";

const NET: u32 = 1;
const CONSOLE: u32 = 3;
const RNG: u32 = 4;
const TRANSPORT_PCI: u64 = 1;
const TRANSPORT_MMIO: u64 = 2;
const VENDOR: u64 = 0x1af4;
const MESSAGES: u32 = 2;
const SECOND_NS: u64 = 1_000_000_000;
/** Where PCI's structures lie in the one BAR, as driver.ts answers for the bus. */
const ISR_AT: u32 = 0x1000;
const CONFIGURATION_AT: u32 = 0x2000;
const NOTIFY_AT: u32 = 0x3000;
const NOTIFY_MULTIPLIER: u32 = 4;

let is_mmio = false;

/** Device `number` with so many queues of `size`; `waits_for_input`: what queue 0 takes comes when the input says so. */
export function plug(
  way: u32,
  number: u32,
  features: u64,
  queues: u32,
  size: u32,
  waits_for_input: bool,
  serve: (queue: u32) => u32,
): void {
  is_mmio = way == g.WAY_MMIO;
  const identity = VENDOR | ((<u64>number) << 16),
    transport = is_mmio ? TRANSPORT_MMIO : TRANSPORT_PCI;
  g.plug_in(identity, transport, MESSAGES, load_register, store_register, is_line_high, finish, limit);
  d.plug(number, features, queues, size, waits_for_input, serve, g.raise);
}

function load_register(offset: u32, width: u32): u64 {
  if (is_mmio) return d.load_mmio(offset, width);
  if (offset >= NOTIFY_AT) finding("the driver reads where it notifies");
  if (offset >= CONFIGURATION_AT) return d.load_field(offset - CONFIGURATION_AT, width);
  return offset < ISR_AT ? d.load_common(offset, width) : <u64>d.take_isr();
}

function store_register(offset: u32, value: u64): void {
  if (is_mmio) d.store_mmio(offset, value);
  else if (offset >= NOTIFY_AT) d.run((offset - NOTIFY_AT) / NOTIFY_MULTIPLIER);
  else if (offset < ISR_AT) d.store_common(offset, value);
}

function is_line_high(): bool {
  return d.isr != 0;
}

function finish(): void {
  if (d.kept > 0 && (bytes.byte() & 1) == 0) d.finish_kept(bytes.byte());
}

/** Network, console, random bytes: what a caller gets is of one buffer that the device has written. */
function limit(): u32 {
  return d.identity == NET || d.identity == CONSOLE || d.identity == RNG ? d.largest_part : 0;
}

/** The device writes anywhere in the memory that it shares with its driver. */
export function write_somewhere(): void {
  if (m.region_count == 0) return;
  const region = bytes.below(m.region_count),
    offset = <u64>bytes.half() % (m.region_pages(region) * 4096 - 3);
  const value = bytes.word();
  if (m.region_index(region) == 0 || host.ended() != 0) return;
  m.poke();
  tell("the device writes", region, offset, value);
  host.store32(m.region_index(region) + offset, value);
}

/** What the device does of its own accord; false: this number is none of it. */
export function device_step(what: u32): bool {
  switch (what) {
    case 13:
      d.finish_kept(bytes.byte());
      break;
    case 14:
      d.keep_requests(!d.keeps);
      break;
    case 15:
    case 16:
      // who says that he is done with a request and is not has nothing to say about where its memory is
      m.poke();
      tell("the device lies", 0, 0, 0);
      d.lie_about_used(
        what == 15 ? bytes.byte() : <u32>bytes.odd_number(),
        <u32>bytes.odd_number(),
        bytes.byte() < 128 ? 1 : bytes.byte(),
      );
      break;
    case 17:
    case 18:
      write_somewhere();
      break;
    case 19:
      g.advance(<u64>bytes.byte() * SECOND_NS);
      break;
    case 20:
      g.raise(bytes.byte() & 1);
      break;
    case 21:
      tell("the registers lie", 0, 0, 0);
      d.note_lie();
      d.lie_about_registers(bytes.byte() & 15, bytes.odd_number());
      break;
    case 22:
      d.change(bytes.byte() > 128);
      break;
    case 23:
      d.pull(bytes.byte() > 200, bytes.byte() > 200);
      break;
    case 24:
      d.run(bytes.byte() & 3);
      break;
    default:
      return false;
  }
  return true;
}
