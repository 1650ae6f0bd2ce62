// What tests/system/load.test.ts loads: it says that it is here if it has the console, adds, and traps when asked to.
import { control } from "../../../services/lib/buffer";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Text } from "../../../services/lib/text";

const text = new Text(memory.data(64), 64);

export function start(): void {
  const console = Console.connect("console");
  text.string("adder: here").newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

export function call(badge: u64, method: u64, w0: u64, w1: u64, _w2: u64, _w3: u64, _w4: u64, _w5: u64): i64 {
  if (method == 1) return <i64>(w0 + w1);
  if (method == 2) return unreachable();
  return control(badge, method, w0, w1);
}
