// Revokes subtrees of 100,000 capabilities, flat ones and deep ones, beside a ticker of higher priority, and says for each how
// long the ticker had to wait at worst, how many gates it took, and whether the subtree was dead after the first.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import * as capability from "../../../services/lib/capability";
import * as endpoint from "../../../services/lib/endpoint";
import * as notification from "../../../services/lib/notification";
import * as phi from "../../../services/lib/phi";
import * as startup from "../../../services/lib/startup";
import * as system from "../../../services/lib/system";
import { Text } from "../../../services/lib/text";

const COUNT: u32 = 100_000;
const text = new Text(memory.data(256), 256);
const console = Console.connect("console");
const ticker = startup.capability("ticker");
const root = <u64>notification.create(startup.self());
const ALL = <u64>capability.rights_of(root);

let last: u64 = 0;
let made: u32 = 0;

/** `depth` derivations in a row, one below the other, from `from`. */
function chain(from: u64, depth: u32): void {
  let at = from;
  for (let i: u32 = 0; i < depth; i++) {
    const answer = capability.derive(at, ALL, 0);
    if (answer < 0) return;
    made++;
    at = <u64>answer;
    last = at;
  }
}

function measure(name: string, depth: u32): void {
  const branch = <u64>capability.derive(root, ALL, 0);
  made = 0;
  for (let i: u32 = 0; i < COUNT / depth; i++) chain(branch, depth);
  const first = last;
  endpoint.call(ticker, 1);
  let gates: u64 = 1;
  const began = system.counter();
  let answer = phi.cap_revoke(branch);
  const first_gate = system.counter() - began;
  const is_dead = notification.notify(first, 1) < 0;
  const lives = notification.notify(branch, 1) == 0 && notification.notify(root, 1) == 0;
  while (answer == 1) {
    answer = phi.cap_revoke(branch);
    gates++;
  }
  const instructions = system.counter() - began;
  text.clear().string("revoked ").string(name).byte(0x20).number(made);
  text
    .string(": worst delay ")
    .number(<u64>endpoint.call(ticker, 2))
    .string(" ns of ");
  text
    .number(<u64>endpoint.call(ticker, 3))
    .string(" ticks, first gate ")
    .number(first_gate);
  text.string(", all ").number(instructions).string(" in ").number(gates).string(" gates, dead ");
  text
    .number(is_dead ? 1 : 0)
    .string(", beside ")
    .number(lives ? 1 : 0)
    .newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
  capability.drop(branch);
}

/** What the ticker sees when nothing is revoked. */
function baseline(): void {
  endpoint.call(ticker, 1);
  for (let i: u32 = 0; i < 20_000; i++) capability.rights_of(root);
  text
    .clear()
    .string("idle: worst delay ")
    .number(<u64>endpoint.call(ticker, 2))
    .string(" ns")
    .newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

export function start(): void {
  baseline();
  measure("flat", 1);
  measure("deep", 250);
}
