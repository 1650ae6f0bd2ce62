// A client of two accelerators and of the policy that chooses between them: right results from both, full queues, bad sizes
// and places, jobs completed in any order, and the choice being what was measured. Says what it found, a line for each.
import { Accelerator } from "../../../build/interfaces/accelerator/client";
import { OPERATION_DISTANCE, OPERATION_DOT, QUEUE_DEPTH } from "../../../build/interfaces/accelerator/constants";
import { Placement } from "../../../build/interfaces/placement/client";
import { GOAL_ENERGY, GOAL_TIME } from "../../../build/interfaces/placement/constants";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Text } from "../../../services/lib/text";

const ROWS: u32 = 16;
const COLUMNS: u32 = 32;
const RESULT: u32 = 0x2000;
const text = new Text(memory.data(256), 256);
let printer: Console | null = null;

function say(): void {
  text.newline();
  printer!.write(STREAM_OUTPUT, text.start, text.length);
  text.clear();
}

function matrix_value(row: u32, column: u32): f32 {
  return <f32>((row * 7 + column * 3) % 11) - 5;
}

function vector_value(column: u32): f32 {
  return <f32>(column % 5) - 2;
}

function fill(buffer: usize): void {
  for (let row: u32 = 0; row < ROWS; row++) {
    for (let column: u32 = 0; column < COLUMNS; column++)
      store<f32>(buffer + ((row * COLUMNS + column) << 2), matrix_value(row, column));
  }
  for (let column: u32 = 0; column < COLUMNS; column++)
    store<f32>(buffer + ((ROWS * COLUMNS + column) << 2), vector_value(column));
}

/** The numbers are small whole ones, so that every order of additions gives the same sum. */
function is_right(operation: u32, results: usize): bool {
  for (let row: u32 = 0; row < ROWS; row++) {
    let sum: f32 = 0;
    for (let column: u32 = 0; column < COLUMNS; column++) {
      const a = matrix_value(row, column),
        b = vector_value(column);
      sum += operation == OPERATION_DOT ? a * b : (a - b) * (a - b);
    }
    if (load<f32>(results + (row << 2)) != sum) return false;
  }
  return true;
}

function try_one(name: string, device: Accelerator): void {
  device.describe();
  const lanes = device.lanes;
  fill(device.buffer);
  const first = device.submit(0, OPERATION_DOT, ROWS, COLUMNS, 0, RESULT);
  const second = device.submit(1, OPERATION_DISTANCE, ROWS, COLUMNS, 0, RESULT + 0x1000);
  const second_done = device.complete(<u64>second);
  const first_done = device.complete(<u64>first);
  const both =
    is_right(OPERATION_DOT, device.buffer + RESULT) && is_right(OPERATION_DISTANCE, device.buffer + RESULT + 0x1000);
  text
    .string(name)
    .string(": lanes ")
    .number(lanes)
    .string(both ? " right" : " WRONG");
  text.string(" completed ").signed(first_done).byte(0x20).signed(second_done);
  text.string(" again ").signed(device.complete(<u64>first));
  say();
  text.string(name).string(": refused ");
  text.signed(device.submit(2, OPERATION_DOT, ROWS, COLUMNS, 0, RESULT)).byte(0x20);
  text.signed(device.submit(0, 9, ROWS, COLUMNS, 0, RESULT)).byte(0x20);
  text.signed(device.submit(0, OPERATION_DOT, ROWS, 30, 0, RESULT)).byte(0x20);
  text.signed(device.submit(0, OPERATION_DOT, 0xffff_ffff, 0xffff_fffc, 0, RESULT)).byte(0x20);
  text.signed(device.submit(0, OPERATION_DOT, ROWS, COLUMNS, device.buffer_bytes - 64, RESULT)).byte(0x20);
  text.signed(device.submit(0, OPERATION_DOT, ROWS, COLUMNS, 0, device.buffer_bytes - 32)).byte(0x20);
  text.signed(device.submit(0, OPERATION_DOT, ROWS, COLUMNS, 0, 0xffff_fff0)).byte(0x20);
  text.signed(device.submit(0, OPERATION_DOT, ROWS, COLUMNS, 8, RESULT));
  say();
  let held: u32 = 0;
  let last: i64 = 0;
  for (;;) {
    const job = device.submit(1, OPERATION_DOT, ROWS, COLUMNS, 0, RESULT);
    if (job < 0) {
      text
        .string(name)
        .string(": full at ")
        .number(held)
        .string(held == QUEUE_DEPTH ? " with " : " EARLY with ")
        .signed(job);
      break;
    }
    last = job;
    held++;
  }
  for (let job = last - held + 1; job <= last; job++) if (device.complete(<u64>job) != 0) text.string(" LOST");
  text.string(" then ").signed(min<i64>(device.submit(1, OPERATION_DOT, ROWS, COLUMNS, 0, RESULT), 1));
  say();
}

export function start(): void {
  printer = Console.connect("console");
  const scalar = Accelerator.connect("accelerator.0");
  const simd = Accelerator.connect("accelerator.1");
  const placement = Placement.connect("placement");
  try_one("scalar", scalar);
  try_one("simd", simd);
  scalar.estimate(OPERATION_DOT, 60, 256);
  simd.estimate(OPERATION_DOT, 60, 256);
  const faster: u32 = scalar.cost_ns <= simd.cost_ns ? 0 : 1;
  placement.choose(OPERATION_DOT, 60, 256, GOAL_TIME);
  text.string("chosen by time: ").string(placement.accelerator == faster ? "the faster" : "the SLOWER");
  say();
  placement.choose(OPERATION_DOT, 60, 256, GOAL_ENERGY);
  const thrifty: u32 = scalar.energy_nj <= simd.energy_nj ? 0 : 1;
  text.string("chosen by energy: ").string(placement.accelerator == thrifty ? "the thriftier" : "the OTHER");
  say();
  for (let i = 0; i < 40; i++) {
    placement.choose(OPERATION_DOT, 60, 256, GOAL_TIME);
    if (placement.accelerator != faster) break;
    placement.report(faster, OPERATION_DOT, placement.cost_ns, placement.cost_ns * 20);
  }
  text.string("after reports of slowness: ").string(placement.accelerator != faster ? "another" : "the SAME");
  text
    .string("; nonsense answers ")
    .signed(placement.choose(OPERATION_DOT, 0, 4, GOAL_TIME))
    .byte(0x20);
  text.signed(placement.report(9, OPERATION_DOT, 1, 1));
  say();
  text.string("accelerated: done");
  say();
}
