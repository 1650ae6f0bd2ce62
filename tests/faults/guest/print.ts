// Text on the first UART, which init of a test drives itself: one byte to its data register at a time.
import * as phi from "../../../services/lib/phi";
import { entry_handle } from "../../../services/lib/startup";
import { uart_entry } from "../../guest/root";

let uart: u64 = 0;

/** After root_begin(). */
export function print_begin(): void {
  uart = entry_handle(uart_entry());
}

export function print(text: string): void {
  for (let i = 0; i < text.length; i++) phi.device_store(uart, (<u64>1) << 32, <u64>text.charCodeAt(i));
}

export function print_count(name: string, value: u64): void {
  print(name);
  digits(value);
}

function digits(value: u64): void {
  if (value >= 10) digits(value / 10);
  phi.device_store(uart, (<u64>1) << 32, 48 + (value % 10));
}
