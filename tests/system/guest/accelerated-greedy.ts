// A client of an accelerator that takes every place that it can get, and completes nothing.
import { Accelerator } from "../../../build/interfaces/accelerator/client";
import { OPERATION_DOT } from "../../../build/interfaces/accelerator/constants";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Text } from "../../../services/lib/text";

const text = new Text(memory.data(64), 64);

export function start(): void {
  const console = Console.connect("console");
  const device = Accelerator.connect("accelerator.0");
  let held: u32 = 0;
  for (let queue: u32 = 0; queue < 2; queue++) {
    while (device.submit(queue, OPERATION_DOT, 4, 4, 0, 0x1000) > 0) held++;
  }
  text.string("greedy: holds ").number(held).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

export function call(_b: u64, _m: u64, _0: u64, _1: u64, _2: u64, _3: u64, _4: u64, _5: u64): i64 {
  return -32;
}

export function event(_bits: u64): void {}
