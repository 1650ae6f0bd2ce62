// Counts and prints: lines `bench NAME VALUE instructions` on the UART, which the root and every worker hold.
// A mean of ROUNDS rounds; what the loop or the reading of the counter costs is measured first and taken away.
import * as phi from "../../../services/lib/phi";
import { MODE_AT, MODE_HW, MODE_HW_TO_SFI, MODE_SFI_TO_HW, OWN, STRIDE_AT, UART_AT } from "./page";

export const ROUNDS: u64 = 1000;
const LINE_STATUS: u64 = 5;
const TRANSMITTER_EMPTY: i64 = 0x20;

let began: u64 = 0;
/** Of the loop, all rounds. */
let loop_cost: u64 = 0;
/** Of one reading of the counter, from reading to reading. */
let reading_cost: u64 = 0;
let uart: u64 = 0;
let stride: u64 = 0;
const sink = memory.data(8, 8);

/** Keeps what a loop does from being folded away. */
export function keep(value: u64): void {
  store<u64>(sink, value);
}

export function figures_begin(device: u64, register_stride: u64): void {
  uart = device;
  stride = register_stride;
  const first = phi.counter();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(i);
  loop_cost = phi.counter() - first;
  const second = phi.counter();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(phi.counter());
  reading_cost = (phi.counter() - second - loop_cost) / ROUNDS;
  loop_cost -= reading_cost;
}

/** The same for a worker: it finds the UART on its page. */
export function worker_figures_begin(): void {
  figures_begin(load<u64>(OWN, UART_AT), load<u64>(OWN, STRIDE_AT));
}

export function begin(): void {
  began = phi.counter();
}

/** The mean of a loop's ROUNDS rounds, each of `times` operations. */
export function end(name: string, times: u64 = 1): void {
  const total = phi.counter() - began - reading_cost - loop_cost;
  print(name, total / (ROUNDS * times));
}

/** From one reading of the counter to another. */
export function span(first: u64, second: u64): u64 {
  return second - first - reading_cost;
}

/** `name`, with the worker's mode behind it. */
export function print_mode(name: string, value: u64): void {
  const mode = load<u64>(OWN, MODE_AT);
  print(
    mode == MODE_HW
      ? name + ".hw"
      : mode == MODE_SFI_TO_HW
        ? name + ".sfi-to-hw"
        : mode == MODE_HW_TO_SFI
          ? name + ".hw-to-sfi"
          : name + ".sfi",
    value,
  );
}

export function end_mode(name: string, times: u64 = 1): void {
  const total = phi.counter() - began - reading_cost - loop_cost;
  print_mode(name, total / (ROUNDS * times));
}

function put(byte: u32): void {
  const width: u64 = 1;
  while (!(phi.device_load(uart, (LINE_STATUS * stride) | (width << 32)) & TRANSMITTER_EMPTY));
  phi.device_store(uart, width << 32, byte);
}

function put_text(text: string): void {
  for (let i = 0; i < text.length; i++) put(text.charCodeAt(i));
}

export function print(name: string, value: u64): void {
  put_text("bench ");
  put_text(name);
  put_text(" ");
  put_text(value.toString());
  put_text(" instructions\n");
}
