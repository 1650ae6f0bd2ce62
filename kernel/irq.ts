// Interrupts: the line is masked, its notification signalled, and the driver's acknowledgement unmasks it. A storm therefore
// costs one interrupt for each acknowledgement; a line that goes on for STORM_COUNT of them without a pause is held back for a
// while, so that whoever is less urgent than its driver gets on. A message that a device sends is a line without a mask.

import { TYPE_IRQ } from "./abi/rights";
import * as hal from "../hal/interrupts";
import { now_ns } from "../hal/timer";
import { log, log_line, log_number } from "./log";
import { is_none, none } from "./none";
import { signalled } from "./ipc/notification";
import { Domain } from "./object/domain";
import { Irq, Notification, object_create, timer_of_irq } from "./object/object";
import { object_hold, object_release } from "./object/release";
import { timer_interrupt } from "./thread/scheduler";
import { Thread } from "./thread/thread";
import { TIMER_IRQ, timer_insert } from "./thread/timer";
import { trace, TRACE_INTERRUPT } from "./trace";

const LINES: u32 = 1024;
/** So many interrupts within so long are a storm: 250,000 a second. */
const STORM_COUNT: u32 = 1024;
const STORM_NS: u64 = 4_000_000;
/** How long the line stays masked then. */
const HOLD_NS: u64 = 10_000_000;
/** Irq.since counts these. */
const SINCE_SHIFT: u64 = 16;
const lines: usize = memory.data(1024 * 4, 8);
let interrupts: u64 = 0;
let storms: u32 = 0;

@inline export function interrupt_count(): u64 { return interrupts; }
/** How often a line was held back. */
@inline export function storm_count(): u32 { return storms; }

@inline
function irq_of(line: u32): Irq {
  return load<Irq>(lines + (line << 2));
}

/** The one object of a line. */
export function irq_object(line: u32): Irq {
  if (line >= LINES) return none<Irq>();
  const known = irq_of(line);
  if (!is_none(known)) return known;
  const irq = changetype<Irq>(object_create(TYPE_IRQ, none<Domain>()));
  if (is_none(irq)) return irq;
  irq.line = <u16>line;
  store<Irq>(lines + (line << 2), irq);
  return irq;
}

/** A message that nobody holds, silent; none: all are taken. */
export function irq_message(): Irq {
  for (let i: u32 = 0; i < hal.message_count(); i++) {
    const irq = irq_object(hal.message_first() + i);
    if (is_none(irq) || irq.holders != 0) continue;
    if (!is_none(irq.notification)) object_release(irq.notification);
    irq.notification = none<Notification>();
    return irq;
  }
  return none<Irq>();
}

/** From now on the line signals the notification. */
export function irq_bind(irq: Irq, notification: Notification, bits: u64): void {
  object_hold(notification);
  if (!is_none(irq.notification)) object_release(irq.notification);
  irq.notification = notification;
  irq.bits = bits;
  irq_acknowledge(irq);
}

/** The driver waits for the next one. */
export function irq_acknowledge(irq: Irq): void {
  if (timer_of_irq(irq).position != 0) irq.acknowledged = 1;
  else hal.irq_unmask(irq.line);
}

/** After STORM_COUNT interrupts: did they take long enough? If not, the line stays masked until a timer goes off. */
function storm_check(irq: Irq): void {
  const now = now_ns();
  const passed = <u32>(now >> SINCE_SHIFT) - irq.since;
  irq.since = <u32>(now >> SINCE_SHIFT);
  irq.count = 0;
  const timer = timer_of_irq(irq);
  if (passed > <u32>(STORM_NS >> SINCE_SHIFT) || timer.position != 0) return;
  timer.kind = TIMER_IRQ;
  if (!timer_insert(timer, now + HOLD_NS)) return;
  hal.irq_hold(irq.line, true);
  storms++;
  if ((storms & (storms - 1)) != 0) return; // said once, twice, four times ...
  log("phios: interrupt line ");
  log_number(irq.line);
  log(" does not rest: held back, ");
  log_number(storms);
  log_line(" times in all");
}

/** The pause is over. */
export function irq_let_go(irq: Irq): void {
  irq.since = <u32>(now_ns() >> SINCE_SHIFT);
  irq.count = 0;
  hal.irq_hold(irq.line, false);
  if (irq.acknowledged == 0) return;
  irq.acknowledged = 0;
  hal.irq_unmask(irq.line);
}

/**
 * An interrupt has arrived, while a service ran or from idle, or was deferred by the gate. The thread that can run because of it,
 * which is not ready yet; none: nobody, or all is done.
 */
@inline
export function interrupt(vector: u32): Thread {
  const line = hal.vector_irq(vector);
  interrupts++;
  trace(TRACE_INTERRUPT, vector, <u64>line);
  if (line < 0) return own_interrupt(vector, line);
  hal.irq_mask(<u32>line);
  hal.irq_complete(vector);
  if (<u32>line >= LINES) return none<Thread>();
  const irq = irq_of(<u32>line);
  if (is_none(irq)) return none<Thread>();
  if (++irq.count == STORM_COUNT) storm_check(irq);
  return is_none(irq.notification) ? none<Thread>() : signalled(irq.notification, irq.bits);
}

/** The timer's, or another CPU wants this one to choose again, or nobody's. */
function own_interrupt(vector: u32, line: i32): Thread {
  if (line == -1 || line == -3) hal.irq_complete(vector);
  if (line == -1) timer_interrupt();
  return none<Thread>();
}
