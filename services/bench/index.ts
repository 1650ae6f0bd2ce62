// The bench image's client: measures calls of ordinary services, generated stubs and all, prints one line a figure
// (`bench NAME VALUE UNIT`), and powers off. Under -icount the counter counts instructions, so the lines are the same every time.
import { Console, STREAM_OUTPUT } from "../../build/interfaces/console/client";
import { Init } from "../../build/interfaces/init/client";
import { METHOD_ADD, METHOD_SHOUT, METHOD_SWAP } from "../../build/interfaces/echo/constants";
import { copied_bytes_total } from "../lib/buffer";
import * as endpoint from "../lib/endpoint";
import * as region from "../lib/region";
import * as startup from "../lib/startup";
import * as system from "../lib/system";
import { Text } from "../lib/text";

const ROUNDS: u64 = 2000;

const console = Console.connect("console");
const init = Init.connect("init");
const text = new Text(memory.data(256), 256);
const system_handle = startup.capability("system");

let began: u64 = 0;
/** What reading the counter and looping costs, for each round. */
let overhead: u64 = 0;

export function start(): void {
  const at_start = system.counter();
  measure_overhead();
  figure("boot.to-bench", at_start - <u64>system.info(system_handle, system.INFO_BOOT_COUNTER), "instructions");
  measure_calls("sfi", "echo");
  measure_calls("hw", "echo-hw");
  const used =
    system.info(system_handle, system.INFO_FRAMES_TOTAL) - system.info(system_handle, system.INFO_FRAMES_FREE);
  figure("memory.in-use", <u64>used * region.PAGE_SIZE, "bytes");
  figure("bytes.copied", copied_bytes_total(), "bytes");
  init.power_off(0);
}

function begin(): void {
  began = system.counter();
}

/** The mean of one round, without the loop's own cost. */
function end(name: string): void {
  const total = system.counter() - began;
  figure(name, total > overhead ? (total - overhead) / ROUNDS : 0, "instructions");
}

function figure(name: string, value: u64, unit: string): void {
  text.clear().string("bench ").string(name).byte(0x20).number(value).byte(0x20).string(unit).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

function measure_overhead(): void {
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(i);
  overhead = system.counter() - began;
}

const sink = memory.data(8, 8);

/** Keeps the loop from being folded away. */
function keep(value: u64): void {
  store<u64>(sink, value);
}

function measure_calls(mode: string, name: string): void {
  const handle = startup.capability(name);
  if (handle == 0) return;
  endpoint.call(handle, METHOD_ADD, 1, 2, 3, 4);
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(<u64>endpoint.call(handle, METHOD_ADD, i, 2, 3, 4));
  end(mode == "sfi" ? "call.sfi" : "call.hw");
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(<u64>endpoint.call_words(handle, METHOD_SWAP, i, 2, 3, 4));
  end(mode == "sfi" ? "call-words.sfi" : "call-words.hw");
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(<u64>endpoint.call(handle, METHOD_SHOUT, 64 << 32));
  end(mode == "sfi" ? "call-64-bytes.sfi" : "call-64-bytes.hw");
}
