// A second client of the store: maps the pages of a file that store-load.ts has mapped too, and looks at them until it sees there what that one writes.
import { KIND_FILE, Vdfs } from "../../../build/interfaces/vdfs/client";
import { map, REGION_READ } from "../../../services/lib/region";
import * as notification from "../../../services/lib/notification";
import { self } from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";

const WINDOW: usize = 0xa000_0000;
const PAUSE_NS: u64 = 5_000_000;
const LOOKS: u32 = 100_000;
const text = new Text(memory.data(64), 64);
const timer = <u64>notification.create(self());

function pause(): void {
  notification.wait(timer, notification.now_ns() + PAUSE_NS);
}

function lookup(files: Vdfs, root: u64, name: string): i64 {
  text.clear().string(name);
  return files.lookup(root, text.start, text.length);
}

function make(files: Vdfs, root: u64, name: string): void {
  text.clear().string(name);
  files.create(root, text.start, text.length, KIND_FILE);
}

export function start(): void {
  const files = Vdfs.connect("vdfs");
  files.root();
  const root = files.node;
  for (let look: u32 = 0; look < LOOKS && lookup(files, root, "begin") < 0; look++) pause();
  if (lookup(files, root, "shared") < 0) return;
  const node = files.node;
  const window = files.window(node, 0);
  if (map(window, WINDOW, 0, 1, REGION_READ) < 0 || files.fill(node, 0, 1) < 0) return;
  make(files, root, "mapped");
  for (let look: u32 = 0; look < LOOKS && load<u64>(WINDOW) != 0x1234_5678_9abc_def0; look++) pause();
  if (load<u64>(WINDOW) == 0x1234_5678_9abc_def0) make(files, root, "seen");
}

export function event(_bits: u64): void {}
