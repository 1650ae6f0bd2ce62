// What tests/system/load.test.ts loads: it adds, traps when asked to, and says hello on the console as far as it shares memory with it.
import { control } from "../../../services/lib/buffer";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Text } from "../../../services/lib/text";

const text = new Text(memory.data(64), 64);
let console: Console | null = null;

export function start(): void {
  console = Console.connect("console");
  text.string("adder: hello").newline();
}

export function call(badge: u64, method: u64, w0: u64, w1: u64, _w2: u64, _w3: u64, _w4: u64, _w5: u64): i64 {
  if (method == 1) return <i64>(w0 + w1);
  if (method == 2) return unreachable();
  if (method == 3) return console!.write(STREAM_OUTPUT, text.start, text.length);
  return control(badge, method, w0, w1);
}
