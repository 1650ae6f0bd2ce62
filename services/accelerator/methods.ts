// The methods of interface.ts: sizes and places are checked here, against the buffer that the caller shares.
import {
  set_complete_results,
  set_describe_results,
  set_estimate_results,
} from "../../build/interfaces/accelerator/server";
import { KIND_CPU, OPERATION_LAST, QUEUE_DEPTH, QUEUES } from "../../build/interfaces/accelerator/constants";
import { buffer_bytes } from "../lib/buffer";
import { E_ARGUMENT } from "../lib/errors";
import * as startup from "../lib/startup";
import { estimated_ns } from "./cost";
import { VARIANT_SCALAR, VARIANT_SIMD } from "./kernels";
import * as queue_of_jobs from "./queue";

/** No buffer is larger. */
const NUMBERS_MAX: u64 = 16384;
const POWER_OTHERWISE_MW: u64 = 10_000;

export const variant: u64 = startup.number("variant", VARIANT_SCALAR);
const power_mw: u64 = startup.number("milliwatts", POWER_OTHERWISE_MW);
export let wake: u64 = 0;

export function set_wake(notification: u64): void {
  wake = notification;
}

export function describe(_badge: u64): i64 {
  set_describe_results(KIND_CPU, QUEUES, QUEUE_DEPTH, (2 << OPERATION_LAST) - 2, variant == VARIANT_SIMD ? 4 : 1);
  return 0;
}

function is_sized(operation: u32, rows: u32, columns: u32): bool {
  if (operation == 0 || operation > OPERATION_LAST || rows == 0 || columns == 0 || columns % 4 != 0) return false;
  return <u64>rows * columns + columns + rows <= NUMBERS_MAX;
}

export function estimate(_badge: u64, operation: u32, rows: u32, columns: u32): i64 {
  if (!is_sized(operation, rows, columns)) return E_ARGUMENT;
  const cost_ns = estimated_ns(operation, rows, columns);
  set_estimate_results(cost_ns, (cost_ns * power_mw) / 1_000_000 + 1);
  return 0;
}

export function submit(badge: u64, queue: u32, operation: u32, rows: u32, columns: u32, matrix: u32, result: u32): i64 {
  if (queue >= QUEUES || !is_sized(operation, rows, columns)) return E_ARGUMENT;
  const bytes = <u64>buffer_bytes(badge);
  const read = (<u64>rows * columns + columns) << 2,
    written = (<u64>rows) << 2;
  if (((matrix | result) & 15) != 0 || <u64>matrix + read > bytes || <u64>result + written > bytes) return E_ARGUMENT;
  return queue_of_jobs.add(badge, queue, operation, rows, columns, matrix, result, wake);
}

export function complete(badge: u64, job: u64): i64 {
  const answer = queue_of_jobs.finish(badge, job);
  if (answer == 0) set_complete_results(queue_of_jobs.took_ns);
  return answer;
}
