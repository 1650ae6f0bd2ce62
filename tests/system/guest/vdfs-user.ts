// A client of the store for tests/system/vdfs.test.ts: every boot reads and compares what the boots before it wrote, writes one file more, makes it
// durable, and says what it found. The power goes at any time after that.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { KIND_DIRECTORY, KIND_FILE, UNLINK_FILE, Vdfs } from "../../../build/interfaces/vdfs/client";
import { E_EXISTS, E_HANDLE, E_IS_DIRECTORY, E_NOT_EMPTY, E_NOT_FOUND } from "../../../services/lib/errors";
import { Text } from "../../../services/lib/text";

const text = new Text(memory.data(256), 256);
const line = new Text(memory.data(256), 256);
const data: usize = memory.data(32768, 8);
const counter: usize = memory.data(16, 8);
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
  check(store_of.forget(node) == 0);
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
  write_boot(files, root, boots);
  store<u64>(counter, boots + 1);
  check(files.write(node, 0, counter, 8) == 8);
  const synced = files.sync(node);
  check(synced == 0, synced);
  text.clear().string("vdfs: ").number(boots).string(" boots before, checks ").number(checks);
  text.string(", first failed ").number(failed).string(", answer ").signed(failure).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}
