// Text on the first UART, which init of a test drives itself: one byte to its data register at a time.
import * as phi from "../../../services/lib/phi";
import { entry_handle } from "../../../services/lib/startup";
import { uart_entry } from "../../guest/root";

let uart: u64 = 0;

/** After root_begin(). */
export function print_begin(): void {
  uart = entry_handle(uart_entry());
}

/** The line status register, the bit of it that says that there is room, and how often it is looked at: a reader may be slow. */
const STATUS_PLACE: u64 = 5 | ((<u64>1) << 32);
const STATUS_ROOM: u64 = 0x20;
const LOOKS: u32 = 1_000_000;

function put(byte: u64): void {
  for (let left = LOOKS; left > 0 && (phi.device_load(uart, STATUS_PLACE) & STATUS_ROOM) == 0; left--) continue;
  phi.device_store(uart, (<u64>1) << 32, byte);
}

export function print(text: string): void {
  for (let i = 0; i < text.length; i++) put(<u64>text.charCodeAt(i));
}

export function print_count(name: string, value: u64): void {
  print(name);
  digits(value);
}

function digits(value: u64): void {
  if (value >= 10) digits(value / 10);
  put(48 + (value % 10));
}
