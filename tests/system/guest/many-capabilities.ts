// Calls through one capability, then through a million of them in an order that jumps about: the check must cost the same.
// Prints `calls through N: M instructions`, without the loop's own.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { METHOD_ADD } from "../../../build/interfaces/echo/constants";
import * as capability from "../../../services/lib/capability";
import * as endpoint from "../../../services/lib/endpoint";
import * as startup from "../../../services/lib/startup";
import * as system from "../../../services/lib/system";
import { Text } from "../../../services/lib/text";

const MANY: u32 = 1_000_000;
const CALLS: u32 = 20_000;
/** Coprime to the numbers of capabilities: the order visits far-apart entries. */
const STRIDE: u32 = 611_953;
const text = new Text(memory.data(128), 128);
const console = Console.connect("console");
const handles = (<usize>memory.grow(((MANY * 8) >> 16) + 1)) << 16;

function calls(count: u32): void {
  let place: u32 = 0;
  let failed: u32 = 0;
  const began = system.counter();
  for (let i: u32 = 0; i < CALLS; i++) {
    place = (place + STRIDE) % count;
    if (endpoint.call(load<u64>(handles + (place << 3)), METHOD_ADD, 1, 2, 3, 4) != 10) failed++;
  }
  const each = (system.counter() - began) / CALLS;
  text.clear().string("calls through ").number(count).string(": ").number(each).string(" instructions, failed ");
  text.number(failed).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

export function start(): void {
  const echo = startup.capability("echo");
  let made: u32 = 0;
  for (; made < MANY; made++) {
    const answer = capability.derive(echo, endpoint.ENDPOINT_CALL, 0);
    if (answer < 0) break;
    store<u64>(handles + (made << 3), <u64>answer);
    if (made == 0) calls(1);
  }
  calls(made);
}
