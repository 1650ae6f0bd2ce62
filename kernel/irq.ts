// Interrupts: the line is masked, its notification signalled, and the driver's acknowledgement unmasks it.
// A storm therefore costs one interrupt for each acknowledgement.

import { TYPE_IRQ } from "./abi/rights";
import { irq_complete, irq_mask, irq_unmask, vector_irq } from "../hal/interrupts";
import { is_none, none } from "./none";
import { signal } from "./ipc/notification";
import { Domain } from "./object/domain";
import { Irq, Notification, object_create } from "./object/object";
import { object_hold, object_release } from "./object/release";
import { timer_interrupt } from "./thread/scheduler";
import { trace, TRACE_INTERRUPT } from "./trace";

const LINES: u32 = 1024;
const lines: usize = memory.data(1024 * 4, 8);
let interrupts: u64 = 0;

@inline export function interrupt_count(): u64 { return interrupts; }

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
  irq.line = line;
  store<Irq>(lines + (line << 2), irq);
  return irq;
}

/** From now on the line signals the notification. */
export function irq_bind(irq: Irq, notification: Notification, bits: u64): void {
  object_hold(notification);
  if (!is_none(irq.notification)) object_release(irq.notification);
  irq.notification = notification;
  irq.bits = bits;
  irq_unmask(irq.line);
}

/** An interrupt has arrived, while a service ran or from idle, or was deferred by the gate. */
export function interrupt(vector: u32): void {
  interrupts++;
  const line = vector_irq(vector);
  trace(TRACE_INTERRUPT, vector, <u64>line);
  if (line == -1) {
    irq_complete(vector);
    timer_interrupt();
    return;
  }
  if (line == -3) irq_complete(vector); // another CPU wants this one to choose again
  if (line < 0) return;
  irq_mask(<u32>line);
  irq_complete(vector);
  if (<u32>line >= LINES) return;
  const irq = irq_of(<u32>line);
  if (is_none(irq) || is_none(irq.notification)) return;
  signal(irq.notification, irq.bits);
}
