// A client of the store for tests/system/vdfs.test.ts: every boot reads and compares what the boots before it wrote, writes one file more, makes it
// durable, and says what it found. The power goes at any time after that.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { KIND_DIRECTORY, KIND_FILE, UNLINK_FILE, Vdfs } from "../../../build/interfaces/vdfs/client";
import { drop } from "../../../services/lib/capability";
import { E_EXISTS, E_HANDLE, E_IS_DIRECTORY, E_NOT_EMPTY, E_NOT_FOUND, E_RIGHTS } from "../../../services/lib/errors";
import { map, pages_for, REGION_READ, REGION_WRITE, unmap } from "../../../services/lib/region";
import { self } from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";
import { transactions } from "./vdfs-transaction";

const text = new Text(memory.data(256), 256);
const line = new Text(memory.data(256), 256);
const data: usize = memory.data(32768, 8);
const counter: usize = memory.data(16, 8);
const WINDOW_INDEX: u64 = 0xa000_0000;
const PART_INDEX: u64 = 0xa080_0000;
let checks: u32 = 0;
let failed: u32 = 0;
let failure: i64 = 0;

function check(held: bool, answer: i64 = 0): void {
  checks++;
  if (held || failed != 0) return;
  failed = checks;
  failure = answer;
}

function name_of(boot: u64): void {
  text.clear().string("boot-").number(boot);
}

/** The bytes that a boot writes, and how many. */
function pattern(boot: u64): u32 {
  const bytes: u32 = 5000 + <u32>boot * 7001;
  for (let i: u32 = 0; i < bytes; i++) store<u8>(data + i, <u8>(i * 13 + (i >> 8) * 7 + <u32>boot * 31));
  return bytes;
}

function write_boot(store_of: Vdfs, directory: u64, boot: u64): void {
  name_of(boot);
  const node = store_of.create(directory, text.start, text.length, KIND_FILE);
  check(node > 0, node);
  const bytes = pattern(boot);
  for (let done: u32 = 0; done < bytes; ) {
    const written = store_of.write(node, done, data + done, min<u32>(bytes - done, 8192));
    check(written > 0, written);
    if (written <= 0) return;
    done += <u32>written;
  }
  check(store_of.forget(node) == 0);
}

function read_boot(store_of: Vdfs, directory: u64, boot: u64): void {
  name_of(boot);
  const found = store_of.lookup(directory, text.start, text.length);
  check(found >= 0 && store_of.kind == KIND_FILE, found);
  if (found < 0) return;
  const node = store_of.node;
  const bytes = pattern(boot);
  check(store_of.status(node) >= 0 && store_of.size == bytes);
  let same: u32 = 0;
  for (let done: u32 = 0; done < bytes; ) {
    const got = store_of.read(node, done, 8192);
    check(got > 0, got);
    if (got <= 0) return;
    if (memory.compare(store_of.buffer, data + done, <usize>got) == 0) same += <u32>got;
    done += <u32>got;
  }
  check(same == bytes, same);
  read_mapped(store_of, node, bytes);
  check(store_of.forget(node) == 0);
}

/** The same bytes without a copy: a window of the store's pages, and a part of it once more. */
function read_mapped(store_of: Vdfs, node: u64, bytes: u32): void {
  const window = store_of.window(node, 0);
  check(window > 0, window);
  if (window <= 0) return;
  const pages = <u32>pages_for(bytes);
  let answer = map(window, WINDOW_INDEX, 0, 256, REGION_READ);
  check(answer == 0, answer);
  check(map(window, WINDOW_INDEX + 0x20_0000, 0, 257, REGION_READ) < 0);
  check(map(window, WINDOW_INDEX + 0x20_0000, 0, 1, REGION_READ | REGION_WRITE) == E_RIGHTS);
  check(store_of.statistics() >= 0);
  const copied = store_of.copied;
  answer = store_of.fill(node, 0, pages);
  check(answer == 0, answer);
  check(memory.compare(<usize>WINDOW_INDEX, data, bytes) == 0);
  const part = store_of.map(node, 4096, 1);
  check(part > 0, part);
  answer = map(part, PART_INDEX, 0, 1, REGION_READ);
  check(answer == 0, answer);
  check(memory.compare(<usize>PART_INDEX, data + 4096, min<u32>(bytes - 4096, 4096)) == 0);
  check(map(part, PART_INDEX + 0x1000, 1, 1, REGION_READ) < 0);
  check(store_of.statistics() >= 0 && store_of.copied == copied);
  // what is written shows where it is mapped
  store<u8>(data, ~load<u8>(data));
  check(store_of.write(node, 0, data, 1) == 1);
  check(load<u8>(<usize>WINDOW_INDEX) == load<u8>(data));
  store<u8>(data, ~load<u8>(data));
  check(store_of.write(node, 0, data, 1) == 1);
  check(unmap(self(), WINDOW_INDEX, 256) == 0 && unmap(self(), PART_INDEX, 1) == 0);
  check(drop(window) == 0 && drop(part) == 0);
}

/** Names, errors, and that a forgotten number is nobody's. */
function misuse(store_of: Vdfs, root: u64): void {
  text.clear().string("misuse");
  const directory = store_of.create(root, text.start, text.length, KIND_DIRECTORY);
  check(directory > 0, directory);
  const again = store_of.create(root, text.start, text.length, KIND_FILE);
  check(again == E_EXISTS, again);
  line.clear().string("x");
  check(store_of.create(directory, line.start, line.length, KIND_FILE) > 0);
  let answer = store_of.unlink(root, text.start, text.length, UNLINK_FILE);
  check(answer == E_IS_DIRECTORY, answer);
  answer = store_of.unlink(root, text.start, text.length, 2);
  check(answer == E_NOT_EMPTY, answer);
  check(store_of.unlink(directory, line.start, line.length, UNLINK_FILE) == 0);
  answer = store_of.unlink(root, text.start, text.length, 2);
  check(answer == 0, answer);
  answer = store_of.lookup(root, text.start, text.length);
  check(answer == E_NOT_FOUND, answer);
  check(store_of.forget(directory) == 0);
  answer = store_of.status(directory);
  check(answer == E_HANDLE, answer);
  check(store_of.status(root + (1 << 16)) == E_HANDLE);
}

export function start(): void {
  const console = Console.connect("console");
  const files = Vdfs.connect("vdfs");
  const rooted = files.root();
  check(rooted >= 0, rooted);
  const root = files.node;
  let boots: u64 = 0;
  text.clear().string("counter");
  let node: i64 = files.lookup(root, text.start, text.length);
  if (node == E_NOT_FOUND) node = files.create(root, text.start, text.length, KIND_FILE);
  else {
    node = files.node;
    check(files.read(node, 0, 8) == 8);
    boots = load<u64>(files.buffer);
  }
  check(node > 0, node);
  for (let boot: u64 = 0; boot < boots; boot++) read_boot(files, root, boot);
  misuse(files, root);
  const wrong = transactions(files, root);
  check(wrong == 0, wrong);
  write_boot(files, root, boots);
  store<u64>(counter, boots + 1);
  check(files.write(node, 0, counter, 8) == 8);
  const synced = files.sync(node);
  check(synced == 0, synced);
  text.clear().string("vdfs: ").number(boots).string(" boots before, checks ").number(checks);
  text.string(", first failed ").number(failed).string(", answer ").signed(failure).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}
