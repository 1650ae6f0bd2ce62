// A client that keeps things in services which are replaced meanwhile (replace.test.ts): a box of the vault's, a job of an accelerator that
// nobody has asked about yet, and what the policy has learnt. Says how often one of them was not there any more.
import { Accelerator } from "../../../build/interfaces/accelerator/client";
import { OPERATION_DOT } from "../../../build/interfaces/accelerator/constants";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Placement } from "../../../build/interfaces/placement/client";
import { GOAL_TIME } from "../../../build/interfaces/placement/constants";
import { Vault, VaultResource } from "../../../build/interfaces/vault/client";
import { E_NOT_FOUND } from "../../../services/lib/errors";
import * as notification from "../../../services/lib/notification";
import { self } from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";

const ROWS: u32 = 16;
const COLUMNS: u32 = 32;
const RESULT: u32 = 0x2000;
const WORD: u64 = 0x0123_4567_89ab_cdef;
const ROUNDS: u32 = 60;
const PAUSE_NS: u64 = 50_000_000;
const REPORTS: u32 = 64;
const SLOWER: u64 = 4;
const text = new Text(memory.data(128), 128);

function cost_of(placement: Placement): u64 {
  return placement.choose(OPERATION_DOT, ROWS, COLUMNS, GOAL_TIME) == 0 ? placement.cost_ns : 0;
}

export function start(): void {
  const console = Console.connect("console");
  const vault = Vault.connect("vault");
  const device = Accelerator.connect("accelerator.0");
  const placement = Placement.connect("placement");
  const sleeper = <u64>notification.create(self());
  const box = new VaultResource(<u64>vault.create());
  const told_ns = cost_of(placement);
  for (let i: u32 = 0; i < REPORTS; i++) placement.report(0, OPERATION_DOT, cost_of(placement), told_ns * SLOWER);
  const learnt_ns = cost_of(placement);
  for (let i: u32 = 0; i < ROWS * COLUMNS + COLUMNS; i++) store<f32>(device.buffer + (i << 2), 1);
  text.string("holder: begun").newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
  let wrong: u32 = 0;
  for (let round: u32 = 0; round < ROUNDS; round++) {
    const job = device.submit(0, OPERATION_DOT, ROWS, COLUMNS, 0, RESULT);
    if (job <= 0 || box.write(WORD + round) != 0) wrong++;
    notification.wait(sleeper, notification.now_ns() + PAUSE_NS);
    if (box.read() != 0 || box.word != WORD + round) wrong++;
    if (device.complete(<u64>job) != 0 || load<f32>(device.buffer + RESULT) != <f32>COLUMNS) wrong++;
    if (device.complete(<u64>job) != E_NOT_FOUND) wrong++;
    // Each instance of the device measures itself, so estimates differ: not by half of what was learnt.
    if (cost_of(placement) < learnt_ns / 2) wrong++;
  }
  text.clear().string("holder: ").number(ROUNDS).string(" rounds, wrong ").number(wrong).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}
