// The fuzzer's driver: bytes become gates of whichever domain the kernel lets run, and every answer must be the model's.
// run() plays one input from the state that setup() left behind. Invariant: model and kernel have seen the same gates.

import { World } from "../model/world";
import { begin_world } from "./begin";
import { word } from "./bytes";
import * as host from "./host";
import { finding, idle_step, is_abandoned, settle, world, world_set } from "./processor";
import { op_step } from "./operations";
import { say, say_number } from "./say";

const STEPS_MAX: u32 = 400;

/** From boot to a handful of domains that know each other; the state that every input starts from. */
export function setup(): void {
  world_set(new World());
  begin_world();
  word.start(0);
}

export function run(): void {
  word.start(host.host_input_length());
  for (let i: u32 = 0; i < STEPS_MAX && word.left() && !is_abandoned(); i++) {
    if (world.current === null) idle_step();
    else op_step();
  }
  const rule = host.kernel_check();
  if (rule != 0) {
    say("invariant ");
    say_number(rule);
    say(" does not hold at ");
    say_number(<i64>host.kernel_check_detail());
    finding();
  }
  if (!is_abandoned()) settle();
}
