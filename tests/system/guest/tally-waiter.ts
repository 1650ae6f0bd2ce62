// Calls one method of tally (the image's number "method") once, and says what came back: 2 waits until somebody calls 3.
import * as endpoint from "../../../services/lib/endpoint";
import * as startup from "../../../services/lib/startup";
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Text } from "../../../services/lib/text";

const text = new Text(memory.data(128), 128);

export function start(): void {
  const printer = Console.connect("console");
  const answer = endpoint.call(startup.capability("tally"), startup.number("method", 2));
  text
    .clear()
    .string("waiter: method ")
    .number(startup.number("method", 2))
    .string(" answered ")
    .signed(answer)
    .newline();
  printer.write(STREAM_OUTPUT, text.start, text.length);
}
