// A worker of the device tests: what its page says (page.ts). Runs in both isolation modes, unchanged.
import {
  DEVICE_KIND_PCI_CONFIGURATION,
  DEVICE_KIND_PCI_MEMORY,
  DEVICE_KIND_PCI_PORTS,
  DEVICE_KIND_RTC_GOLDFISH,
  DEVICE_KIND_UART,
} from "../../../kernel/abi/formats";
import { obtain_message } from "../../../services/lib/device";
import { E_ABSENT, E_ARGUMENT, E_BUS } from "../../../services/lib/errors";
import { reply_word } from "../../../services/lib/message";
import * as phi from "../../../services/lib/phi";
import { enable_message, find_function, open_bus, open_memory, place_registers } from "../../../services/lib/pci";
import * as at from "./page";

const ONE_BYTE: u64 = 1 << 32;
const WIDTH_4: u64 = 4 << 32;
const SWEPT_BYTES: u64 = 32;
const UART_SCRATCH: u64 = 7;
const UART_INTERRUPT_ENABLE: u64 = 1;
const ENABLE_TRANSMITTER: u64 = 2;
const RTC_ENABLED: u64 = 0x10;

let role: u64 = 0;
let irq: u64 = 0;
let registers: u64 = 0;

function word(place: usize): u64 {
  return load<u64>(at.OWN + place);
}

function count(place: usize, add: u64): void {
  store<u64>(at.OWN + place, load<u64>(at.OWN + place) + add);
}

/** An access that a driver may make: it is answered, or refused by the device or by the gate. */
function met(answer: i64): void {
  if (answer == E_BUS) count(at.COUNT_AT, 1);
  else if (answer < 0 && answer != E_ARGUMENT) count(at.WRONG_AT, 1);
}

function sweep(): void {
  for (let entry = at.OWN + at.DEVICES_AT; load<u64>(entry) != 0; entry += at.DEVICE_BYTES) {
    const device = load<u64>(entry),
      kind = <u32>(load<u64>(entry, 8) & 0xff);
    for (let width: u64 = 1; width <= 8; width *= 2) {
      for (let offset: u64 = 0; offset < SWEPT_BYTES; offset++) met(phi.device_load(device, offset | (width << 32)));
      // Stores only where they do no harm.
      if (kind == DEVICE_KIND_UART) met(phi.device_store(device, (UART_SCRATCH * word(at.STRIDE_AT)) | ONE_BYTE, 1));
      if (kind == DEVICE_KIND_PCI_MEMORY) met(phi.device_store(device, width << 32, 0));
      if (kind != DEVICE_KIND_RTC_GOLDFISH) continue;
      const answer = phi.device_store(device, RTC_ENABLED | (width << 32), 0);
      met(answer);
      if (width == 1 && answer != E_BUS) count(at.WRONG_AT, 1);
    }
  }
}

/** Finds the device, obtains a message, programs it. */
function prepare(): i64 {
  for (let entry = at.OWN + at.DEVICES_AT; load<u64>(entry) != 0; entry += at.DEVICE_BYTES) {
    const kind = <u32>(load<u64>(entry, 8) & 0xff);
    if (kind == DEVICE_KIND_PCI_PORTS || kind == DEVICE_KIND_PCI_CONFIGURATION) open_bus(load<u64>(entry), kind);
    if (kind != DEVICE_KIND_PCI_MEMORY) continue;
    registers = load<u64>(entry);
    open_memory(load<u64>(entry, 8), load<u64>(entry, 16));
  }
  const target = find_function(at.EDU_IDENTITY);
  if (target < 0) return E_ABSENT;
  const offset = place_registers(target, 0);
  if (offset < 0) return offset;
  store<u64>(at.OWN, <u64>offset, at.OFFSET_AT);
  const message = obtain_message(word(at.SYSTEM_AT));
  if (message < 0) return message;
  irq = <u64>message;
  const answer = enable_message(target, reply_word(1), reply_word(2));
  if (answer < 0) return answer;
  const notification = word(at.NOTIFICATION_AT);
  phi.notification_bind(notification);
  return phi.irq_bind(irq, notification, 1);
}

function edu(register: u64): u64 {
  return (load<u64>(at.OWN, at.OFFSET_AT) + register) | WIDTH_4;
}

/** The transmitter is empty, and the UART says so again: to controllers that look at the level, and to those that look at its rise. */
function interrupt_again(): void {
  const enable = (UART_INTERRUPT_ENABLE * word(at.STRIDE_AT)) | ONE_BYTE;
  phi.device_store(registers, enable, 0);
  phi.device_store(registers, enable, ENABLE_TRANSMITTER);
}

/** A driver of lower priority raises; the one that handles leaves the counter in the page that both see. */
function raise(): void {
  registers = word(at.REGISTERS_AT);
  let late: u64 = 0;
  for (let i: u64 = 0; i < at.RAISED; i++) {
    const first = phi.counter();
    phi.device_store(registers, at.EDU_ACKNOWLEDGE | WIDTH_4, 0);
    const second = phi.counter();
    phi.device_store(registers, at.EDU_RAISE | WIDTH_4, 1);
    late += load<u64>(at.OWN, at.STAMP_AT) - second - (second - first);
  }
  store<u64>(at.OWN, late, at.TOTAL_AT);
}

export function start(): void {
  role = load<u64>(at.OWN, at.ROLE_AT);
  let state: i64 = 1;
  if (role == at.ROLE_SWEEP) {
    sweep();
  } else if (role == at.ROLE_MESSAGES || role == at.ROLE_MESSAGE_STORM) {
    const answer = prepare();
    if (answer < 0) state = answer;
    else if (role == at.ROLE_MESSAGE_STORM) phi.device_store(registers, edu(at.EDU_RAISE), 1);
  } else if (role == at.ROLE_RAISES) {
    raise();
  } else if (role == at.ROLE_LINE_STORM) {
    registers = word(at.UART_AT);
    irq = word(at.IRQ_AT);
    phi.notification_bind(word(at.NOTIFICATION_AT));
    phi.irq_bind(irq, word(at.NOTIFICATION_AT), 1);
    interrupt_again();
  } else {
    // A gate each time: a compiler may leave out stores that a loop without an end and without calls makes.
    for (;;) count(at.COUNT_AT, phi.own_id() != 0 ? 1 : 0);
  }
  store<u64>(at.OWN, <u64>state, at.STATE_AT);
}

export function event(bits: u64): void {
  store<u64>(at.OWN, phi.counter(), at.STAMP_AT);
  count(at.COUNT_AT, 1);
  if (bits != 1) count(at.WRONG_AT, 1);
  if (role == at.ROLE_MESSAGES) {
    if (phi.device_load(registers, edu(at.EDU_STATUS)) != 1) count(at.WRONG_AT, 1);
    phi.device_store(registers, edu(at.EDU_ACKNOWLEDGE), 1);
  } else if (role == at.ROLE_MESSAGE_STORM) {
    phi.device_store(registers, edu(at.EDU_RAISE), 1);
  } else {
    interrupt_again();
  }
  if (phi.irq_ack(irq) != 0) count(at.WRONG_AT, 1);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}
