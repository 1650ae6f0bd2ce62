// What ends in another thread: yield, a notification to somebody more urgent, an interrupt to its handler's event().
// The one who is woken reads the counter first thing and leaves it in the shared page.
import * as phi from "../../../services/lib/phi";
import { begin, end_mode, print_mode, ROUNDS, span, worker_figures_begin } from "./figure";
import { IRQ_AT, NOTIFICATION_AT, OWN, SHARED, STAMP_AT, STRIDE_AT, UART_AT } from "./page";

/** Of a 16550: interrupt enable and identification; "transmitter empty", which it is whenever nobody prints. */
const INTERRUPT_ENABLE: u64 = 1;
const INTERRUPT_IDENTIFICATION: u64 = 2;
const ENABLE_TRANSMITTER: u64 = 2;

function place(register: u64): u64 {
  return (register * load<u64>(OWN, STRIDE_AT)) | ((<u64>1) << 32);
}

/** Another thread of the same priority does the same: each round is two switches. */
export function measure_yield(): void {
  worker_figures_begin();
  phi.yield_now();
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) phi.yield_now();
  end_mode("yield", 2);
}

export function give_way(): void {
  for (;;) phi.yield_now();
}

export function wait_for_ever(): void {
  const notification = load<u64>(OWN, NOTIFICATION_AT);
  for (;;) {
    phi.wait(notification, u64.MAX_VALUE);
    store<u64>(SHARED, phi.counter(), STAMP_AT);
  }
}

export function measure_notify(): void {
  worker_figures_begin();
  const notification = load<u64>(OWN, NOTIFICATION_AT);
  let total: u64 = 0;
  for (let i: u64 = 0; i < ROUNDS; i++) {
    const first = phi.counter();
    phi.notify(notification, 1);
    total += span(first, load<u64>(SHARED, STAMP_AT));
  }
  print_mode("notify-to-waiter", total / ROUNDS);
}

export function prepare_events(): void {
  const notification = load<u64>(OWN, NOTIFICATION_AT);
  phi.notification_bind(notification);
  phi.irq_bind(load<u64>(OWN, IRQ_AT), notification, 1);
}

export function handle_event(): void {
  store<u64>(SHARED, phi.counter(), STAMP_AT);
  const uart = load<u64>(OWN, UART_AT);
  phi.device_store(uart, place(INTERRUPT_ENABLE), 0);
  phi.device_load(uart, place(INTERRUPT_IDENTIFICATION));
  phi.irq_ack(load<u64>(OWN, IRQ_AT));
}

/** The device raises its line while the store is executed; what the store itself costs is taken away. */
export function measure_interrupts(): void {
  worker_figures_begin();
  const uart = load<u64>(OWN, UART_AT),
    enable = place(INTERRUPT_ENABLE);
  let total: u64 = 0,
    stores: u64 = 0;
  for (let i: u64 = 0; i < ROUNDS; i++) {
    const first = phi.counter();
    phi.device_store(uart, enable, 0);
    const second = phi.counter();
    phi.device_store(uart, enable, ENABLE_TRANSMITTER);
    total += span(second, load<u64>(SHARED, STAMP_AT));
    stores += span(first, second);
  }
  print_mode("interrupt-to-handler", (total - stores) / ROUNDS);
}
