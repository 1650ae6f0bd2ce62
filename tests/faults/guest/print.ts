// Text on the first UART, which init of a test drives itself: one byte to its data register at a time.
import * as phi from "../../../services/lib/phi";

const KIND_UART: u64 = 1;
let uart: u64 = 0;

/** The device of a start-up entry, if it is the UART. */
export function uart_find(handle: u64, kind_and_stride: u64): void {
  if ((kind_and_stride & 0xff) == KIND_UART && uart == 0) uart = handle;
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
