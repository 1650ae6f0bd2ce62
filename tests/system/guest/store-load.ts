// A client of the store whose disk's driver is killed in the midst of its writes, again and again: what was synced is to be there, its numbers and mapped
// pages stay good. Then a second client (store-reader.ts) maps the same pages. Says what came of it in one line.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Crasher } from "../../../build/interfaces/crasher/client";
import { Init } from "../../../build/interfaces/init/client";
import { KIND_FILE, Vdfs } from "../../../build/interfaces/vdfs/client";
import { map, REGION_READ } from "../../../services/lib/region";
import * as notification from "../../../services/lib/notification";
import { number, self } from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";

const WINDOW: usize = 0xa000_0000;
const BYTES: u32 = 12000;
const LOOKS: u32 = 2000;
const PAUSE_NS: u64 = 5_000_000;

const text = new Text(memory.data(256), 256);
const data = memory.data(12000, 8);
const timer = <u64>notification.create(self());

function fill(file: u32): void {
  for (let at: u32 = 0; at < BYTES; at++) store<u8>(data + at, <u8>(at * 13 + (at >> 8) * 7 + file * 31));
}

function make(files: Vdfs, root: u64, name: string): i64 {
  text.clear().string(name);
  return files.create(root, text.start, text.length, KIND_FILE);
}

/** Waits until the other client has made a file of this name. */
function await_file(files: Vdfs, root: u64, name: string): bool {
  text.clear().string(name);
  for (let look: u32 = 0; look < LOOKS; look++) {
    if (files.lookup(root, text.start, text.length) >= 0) return true;
    notification.wait(timer, notification.now_ns() + PAUSE_NS);
  }
  return false;
}

export function start(): void {
  const console = Console.connect("console");
  const files = Vdfs.connect("vdfs");
  const init = Init.connect("init");
  const crasher = Crasher.connect("crasher");
  const count = <u32>number("files", 10);
  const driver = "virtio-blk";
  const id = init.find(changetype<usize>(String.UTF8.encode(driver)), driver.length);
  files.root();
  const root = files.node;
  // Mapped before any driver is killed, and looked at after all were.
  const shared = make(files, root, "shared");
  fill(99);
  let trouble: i64 = files.write(shared, 0, data, BYTES);
  const window = files.window(shared, 0);
  trouble = min(trouble, map(window, WINDOW, 0, 3, REGION_READ));
  trouble = min(trouble, files.sync(0));
  let synced: u32 = 0;
  for (let file: u32 = 0; file < count; file++) {
    crasher.crash_in(id, 20_000 + <u64>file * 40_000);
    text.clear().string("file-").number(file);
    const node = files.create(root, text.start, text.length, KIND_FILE);
    fill(file);
    let answer: i64 = node < 0 ? node : files.write(node, 0, data, BYTES);
    if (answer >= 0) answer = files.sync(0);
    if (answer >= 0) synced++;
    else trouble = min(trouble, answer);
    // The timer may come late: the next one would take its place.
    for (let look: u32 = 0; look < LOOKS && <u64>crasher.crashes() <= file; look++)
      notification.wait(timer, notification.now_ns() + PAUSE_NS);
  }
  fill(99);
  trouble = min(trouble, files.fill(shared, 0, 3));
  const is_same = memory.compare(WINDOW, data, BYTES) == 0;
  // The other client maps the pages that we have mapped: nobody copies anything for it, and what is written shows at both.
  files.statistics();
  const copied = files.copied;
  make(files, root, "begin");
  const is_mapped = await_file(files, root, "mapped");
  files.statistics();
  const more = files.copied - copied;
  store<u64>(data, 0x1234_5678_9abc_def0);
  trouble = min(trouble, files.write(shared, 0, data, 8));
  const is_seen = await_file(files, root, "seen");
  trouble = min(trouble, files.sync(0));
  text.clear().string("store-load: synced ").number(synced).string(" crashes ").signed(crasher.crashes());
  text
    .string(" trouble ")
    .signed(trouble)
    .string(is_same ? " same" : " other")
    .string(is_mapped ? " mapped" : " alone");
  text
    .string(" copied ")
    .number(more)
    .string(is_seen ? " seen" : " unseen")
    .newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

export function event(_bits: u64): void {}
