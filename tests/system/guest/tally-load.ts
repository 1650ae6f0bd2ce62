// Load on tally: calls it without a pause, says when an answer is not the next number, and tells when another version answers.
import * as endpoint from "../../../services/lib/endpoint";
import * as startup from "../../../services/lib/startup";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Text } from "../../../services/lib/text";

const REPORT_EVERY: u64 = 50_000;
const text = new Text(memory.data(128), 128);
let printer: Console | null = null;

function print(): void {
  printer!.write(STREAM_OUTPUT, text.start, text.length);
}

export function start(): void {
  printer = Console.connect("console");
  const tally = startup.capability("tally");
  let last: i64 = 0;
  let version: i64 = 0;
  for (let i: u64 = 1; ; i++) {
    const answer = endpoint.call(tally, 1);
    if (answer != last + 1) {
      text.clear().string("load: LOST after ").signed(last).string(": ").signed(answer).newline();
      print();
      return;
    }
    last = answer;
    if (i % REPORT_EVERY != 0) continue;
    const now = endpoint.call(tally, 4);
    if (now == version) continue;
    version = now;
    text.clear().string("load: ").number(i).string(" calls in order, version ").signed(now).newline();
    print();
  }
}
