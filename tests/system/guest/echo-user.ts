// A client of the echo service for tests/system/echo.test.ts; docs/services.md shows both whole.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Echo } from "../../../build/interfaces/echo/client";
import { Text } from "../../../services/lib/text";

const text = new Text(memory.data(128), 128);

export function start(): void {
  const console = Console.connect("console");
  const echo = Echo.connect("echo");
  const sum = echo.add(1, 20, 300, 4000); // an error is below zero: services/lib/errors.ts
  text.string("a sentence");
  const length = echo.shout(text.start, text.length); // the answer lies at echo.buffer
  text.clear().string("echo-user: ").number(sum).string(" ");
  if (length >= 0) text.bytes(echo.buffer, <u32>length);
  text.newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}
