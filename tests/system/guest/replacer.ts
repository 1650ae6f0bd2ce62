// Replaces the console a while after it was started, several times, so that whoever reads there meanwhile is waiting (replace.test.ts).
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Init } from "../../../build/interfaces/init/client";
import * as notification from "../../../services/lib/notification";
import { self } from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";

const ROUNDS: u32 = 3;
const PAUSE_NS: u64 = 300_000_000;
const text = new Text(memory.data(128), 128);
const name = memory.data<u8>([0x63, 0x6f, 0x6e, 0x73, 0x6f, 0x6c, 0x65]);

export function start(): void {
  const console = Console.connect("console");
  const init = Init.connect("init");
  const sleeper = <u64>notification.create(self());
  const id = <u64>init.find(name, 7);
  let answer: i64 = 0;
  for (let round: u32 = 0; round < ROUNDS && answer == 0; round++) {
    notification.wait(sleeper, notification.now_ns() + PAUSE_NS);
    answer = init.replace(id, 0, 0, 0, 0, 0, false);
  }
  text
    .string("replacer: answer ")
    .signed(answer)
    .string(", state of ")
    .number(init.state_bytes)
    .string(" bytes")
    .newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}
