// What happens when a deadline passes: a notification gets its bits, a waiting domain its time-out.

import { E_TIMEOUT } from "../abi/errors";
import { irq_let_go } from "../irq";
import { irq_of_timer, notification_of } from "../object/object";
import { domain_of_timer } from "../object/domain";
import { signal } from "../ipc/notification";
import { control_expire } from "./control";
import { wait_break } from "../ipc/waiting";
import { thread_of_timer } from "./thread";
import { TIMER_IRQ, TIMER_NOTIFICATION, TIMER_PAUSE, timer_first, timer_first_deadline, timer_remove } from "./timer";

/** Handles a bounded number of deadlines; the rest follow at the next tick, which is due at once. */
const EXPIRE_MAX: u32 = 64;

export function expire_timers(now: u64): void {
  for (let i: u32 = 0; i < EXPIRE_MAX; i++) {
    if (timer_first_deadline() > now) return;
    const node = timer_first();
    timer_remove(node);
    if (node.kind == TIMER_NOTIFICATION) {
      const notification = notification_of(node);
      signal(notification, notification.timer_bits);
    } else if (node.kind == TIMER_IRQ) {
      irq_let_go(irq_of_timer(node));
    } else if (node.kind == TIMER_PAUSE) {
      control_expire(thread_of_timer(node));
    } else {
      wait_break(domain_of_timer(node), E_TIMEOUT);
    }
  }
}
