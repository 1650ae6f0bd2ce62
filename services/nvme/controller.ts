// An NVMe controller (Base specification 2.0, 3.5): switched off and on, asked what it is, given queues. Called by disk.ts when the driver starts.
// Invariant: every wait ends, and what the controller says about itself is used only in the ranges that are checked here.
import { TRANSPORT_PCI } from "../../build/interfaces/bus/client";
import { load_register, store_register } from "../lib/device";
import {
  address_of,
  allow_interrupt,
  arrange,
  bar_registers,
  bind_vector,
  claim_device,
  events,
  open_dma,
  share_anew,
  shared,
  transport_kind,
  vectors,
} from "../lib/driver";
import { E_ABSENT, E_DEVICE, E_FORMAT, E_NO_MEMORY, E_TIMEOUT } from "../lib/errors";
import { now_ns, wait } from "../lib/notification";
import { COMMAND_BYTES, COMPLETION_BYTES, ENTRIES, Pair, SLOTS } from "./pair";

const PAGE: u32 = 4096;
const CAPABILITIES: u32 = 0;
const CONFIGURATION: u32 = 0x14;
const STATUS: u32 = 0x1c;
const ADMIN_SIZES: u32 = 0x24;
const ADMIN_COMMANDS: u32 = 0x28;
const ADMIN_COMPLETIONS: u32 = 0x30;
const DOORBELLS: u32 = 0x1000;

const ENABLE: u32 = 1;
/** 64 bytes a command, 16 a completion. */
const ENTRY_SIZES: u32 = (6 << 16) | (4 << 20);
const READY: i64 = 1;
const FATAL: i64 = 2;
const TIMEOUT_UNIT_NS: u64 = 500_000_000;
const LOOK_NS: u64 = 1_000_000;
/** An admin command that takes longer has failed. */
const ADMIN_NS: u64 = 60_000_000_000;

const ADMIN_CREATE_COMMANDS: u32 = 1;
const ADMIN_CREATE_COMPLETIONS: u32 = 5;
const ADMIN_IDENTIFY: u32 = 6;
const ADMIN_SET_FEATURES: u32 = 9;
const FEATURE_QUEUES: u32 = 7;
const IDENTIFY_NAMESPACE: u32 = 0;
const IDENTIFY_CONTROLLER: u32 = 1;
const CONTIGUOUS: u32 = 1;
const INTERRUPTS: u32 = 2;

/** Bits of the driver's events. */
export const EVENT_QUEUES: u64 = 1;
export const EVENT_TIMER: u64 = 2;

export const QUEUES_MAX: u32 = 4;
/** Shared memory: a page for what the controller tells, the pairs, and a page of addresses for each slot. */
const PAIR_BYTES: u32 = 2 * PAGE;
const SHARED_BYTES: u32 = PAGE + (QUEUES_MAX + 1) * PAIR_BYTES + QUEUES_MAX * SLOTS * PAGE;

let registers: u64 = 0;
let doorbell_bytes: u32 = 4;
let admin: Pair | null = null;
/** What identify() fills. */
let told: usize = 0;
export let queue_count: u32 = 0;
/** Messages below this are bound already. */
let bound: u32 = 1;
export const pairs = new StaticArray<Pair>(<i32>QUEUES_MAX);

/** Claims the controller, and its first message or its line; then begin_controller(). */
export function open_controller(): i64 {
  let answer = claim_device();
  if (answer < 0) return answer;
  if (transport_kind != TRANSPORT_PCI) return E_ABSENT;
  const bar = bar_registers(0);
  if (bar < 0) return bar;
  registers = <u64>bar;
  answer = bind_vector(0, EVENT_QUEUES);
  if (answer == 0) answer = open_dma();
  return answer == 0 ? arrange(SHARED_BYTES) : answer;
}

/** Switches the controller off and on and gives it an admin pair: ready for identify() when this answers 0. What was in flight is forgotten. */
export function begin_controller(): i64 {
  share_anew();
  queue_count = 0;
  told = shared(PAGE, PAGE);
  const low = load_register(registers, CAPABILITIES, 4),
    high = load_register(registers, CAPABILITIES + 4, 4);
  if (low < 0 || high < 0 || low == 0xffff_ffff) return E_ABSENT;
  // Queues of ENTRIES and pages of 4 KiB are what this driver makes.
  if (<u32>(low & 0xffff) + 1 < ENTRIES || ((high >> 16) & 15) != 0) return E_FORMAT;
  const stride = (<u32>high) & 15;
  doorbell_bytes = 4 << stride;
  const patience_ns = max<u64>(((<u64>low) >> 24) & 0xff, 1) * TIMEOUT_UNIT_NS;
  store_register(registers, CONFIGURATION, 4, 0);
  const answer = await_ready(0, patience_ns);
  if (answer < 0) return answer;
  const pair = make_pair(0);
  if (pair == null) return E_NO_MEMORY;
  admin = pair;
  store_register(registers, ADMIN_SIZES, 4, (ENTRIES - 1) | ((ENTRIES - 1) << 16));
  store_address(ADMIN_COMMANDS, address_of(pair.commands));
  store_address(ADMIN_COMPLETIONS, address_of(pair.completions));
  store_register(registers, CONFIGURATION, 4, ENABLE | ENTRY_SIZES);
  return await_ready(READY, patience_ns);
}

function store_address(register: u32, address: u64): void {
  store_register(registers, register, 4, <u32>address);
  store_register(registers, register + 4, 4, address >> 32);
}

function await_ready(wanted: i64, patience_ns: u64): i64 {
  const deadline_ns = now_ns() + patience_ns;
  while (true) {
    const status = load_register(registers, STATUS, 4);
    if (status < 0 || status == 0xffff_ffff) return E_ABSENT;
    if ((status & READY) == wanted) return 0;
    // One that failed under another driver says so until it is switched on again.
    if (wanted == READY && (status & FATAL) != 0) return E_DEVICE;
    if (now_ns() > deadline_ns) return E_TIMEOUT;
    wait(events, now_ns() + LOOK_NS);
  }
}

function make_pair(number: u32): Pair | null {
  const commands = shared(ENTRIES * COMMAND_BYTES, PAGE);
  const completions = shared(ENTRIES * COMPLETION_BYTES, PAGE);
  if (completions == 0) return null;
  const doorbell = DOORBELLS + 2 * number * doorbell_bytes;
  return new Pair(commands, completions, registers, doorbell, doorbell + doorbell_bytes);
}

/** An admin command, waited for: its result, or E_DEVICE when the controller refuses it. */
function administer(operation: u32, namespace: u32, address: u64, word_10: u32, word_11: u32): i64 {
  const pair = admin!;
  const slot = pair.take_slot();
  if (slot < 0) return E_DEVICE;
  const command = pair.command(slot, operation, namespace);
  store<u64>(command, address, 24);
  store<u32>(command, word_10, 40);
  store<u32>(command, word_11, 44);
  pair.publish();
  const deadline_ns = now_ns() + ADMIN_NS;
  for (let done = pair.take(); done != slot; done = pair.take()) {
    if (pair.is_broken) return E_DEVICE;
    // An interrupt ends the wait early; one that is lost costs a look, and wait() answers at once while they keep coming.
    if (now_ns() > deadline_ns) return E_TIMEOUT;
    wait(events, now_ns() + LOOK_NS);
    allow_interrupt();
  }
  pair.accept();
  allow_interrupt();
  pair.free_slot(slot);
  return pair.status == 0 ? <i64>pair.result : E_DEVICE;
}

/** What the controller says about itself (namespace 0) or about a namespace: a page at the answer. */
export function identify(namespace: u32): i64 {
  const what = namespace == 0 ? IDENTIFY_CONTROLLER : IDENTIFY_NAMESPACE;
  const answer = administer(ADMIN_IDENTIFY, namespace, address_of(told), what, 0);
  return answer < 0 ? answer : <i64>told;
}

/** Makes as many pairs for reading and writing as there are interrupts for, up to QUEUES_MAX. */
export function open_pairs(): i64 {
  const wanted = min(max<u32>(vectors, 2) - 1, QUEUES_MAX);
  const granted = administer(ADMIN_SET_FEATURES, 0, 0, FEATURE_QUEUES, (wanted - 1) | ((wanted - 1) << 16));
  if (granted < 0) return granted;
  const count = min(wanted, min((<u32>granted) & 0xffff, (<u32>granted) >> 16) + 1);
  for (let number: u32 = 1; number <= count; number++) {
    const pair = make_pair(number);
    if (pair == null) return E_NO_MEMORY;
    const vector = vectors > number ? number : 0;
    if (vector >= bound && vector != 0) {
      if (bind_vector(vector, EVENT_QUEUES) < 0) return E_ABSENT;
      bound = vector + 1;
    }
    const size = number | ((ENTRIES - 1) << 16);
    const how = CONTIGUOUS | INTERRUPTS | (vector << 16);
    let answer = administer(ADMIN_CREATE_COMPLETIONS, 0, address_of(pair.completions), size, how);
    if (answer < 0) return answer;
    answer = administer(ADMIN_CREATE_COMMANDS, 0, address_of(pair.commands), size, CONTIGUOUS | (number << 16));
    if (answer < 0) return answer;
    pairs[queue_count++] = pair;
  }
  return 0;
}
