// A client of the store under write load, for tests/system/power-cuts.test.ts: makes the changes that the file `script` lists, one behind the other, and
// compares each answer with the one that stands there. A record of the script, all u32 little-endian: its bytes, what to do (WHAT_), the answer, a number,
// the bytes of three strings, and these.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import { Vdfs } from "../../../build/interfaces/vdfs/client";
import { E_ARGUMENT } from "../../../services/lib/errors";
import { Text } from "../../../services/lib/text";

const WHAT_CREATE: u32 = 0;
const WHAT_SYMLINK: u32 = 1;
const WHAT_LINK: u32 = 2;
const WHAT_UNLINK: u32 = 3;
const WHAT_RENAME: u32 = 4;
const WHAT_WRITE: u32 = 5;
const WHAT_TRUNCATE: u32 = 6;
const WHAT_SYNC: u32 = 7;
const HEADER_BYTES: u32 = 28;
const RECORD_BYTES_MAX: u32 = 20480;

const text = new Text(memory.data(256), 256);
const record: usize = memory.data(20480, 8);

class Piece {
  constructor(
    readonly start: usize,
    readonly length: u32,
  ) {}
}

/** The node of a path of names joined by `/`, opened; or an error. Nothing of the way stays open. */
function open(files: Vdfs, path: Piece): i64 {
  files.root();
  const root = files.node;
  let node = root;
  let begin: u32 = 0;
  for (let at: u32 = 0; at <= path.length; at++) {
    if (at < path.length && load<u8>(path.start + at) != 0x2f) continue;
    if (at == begin) break;
    const answer = files.lookup(node, path.start + begin, at - begin);
    if (node != root) files.forget(node);
    if (answer < 0) return answer;
    node = files.node;
    begin = at + 1;
  }
  return node;
}

function close(files: Vdfs, node: i64): void {
  files.root();
  if (node >= 0 && <u64>node != files.node) files.forget(node);
}

/** Makes the change that stands in the record: its answer, 0 for all that succeeds. */
function change(files: Vdfs, what: u32, value: u32, first: Piece, second: Piece, third: Piece): i64 {
  if (what == WHAT_SYNC) return files.sync(0);
  const node = open(files, first);
  if (node < 0) return node;
  let answer: i64 = E_ARGUMENT;
  if (what == WHAT_CREATE) answer = files.create(node, second.start, second.length, value);
  else if (what == WHAT_SYMLINK) answer = files.symlink(node, second.start, second.length);
  else if (what == WHAT_UNLINK) answer = files.unlink(node, second.start, second.length, value);
  else if (what == WHAT_WRITE) answer = files.write(node, value, second.start, second.length) - second.length;
  else if (what == WHAT_TRUNCATE) answer = files.truncate(node, value);
  else {
    const other = open(files, second);
    if (other < 0) answer = other;
    else if (what == WHAT_LINK) answer = files.link(node, other, third.start, third.length);
    else if (what == WHAT_RENAME) answer = files.rename(node, other, third.start, third.length);
    close(files, other);
  }
  if ((what == WHAT_CREATE || what == WHAT_SYMLINK) && answer > 0) {
    files.forget(answer);
    answer = 0;
  }
  close(files, node);
  return answer;
}

export function start(): void {
  const console = Console.connect("console");
  const files = Vdfs.connect("vdfs");
  text.clear().string("script");
  const script = open(files, new Piece(text.start, text.length));
  let changes: u32 = 0;
  let wrong: u32 = 0;
  for (let at: u64 = 0; script > 0; ) {
    const got = files.read(script, at, RECORD_BYTES_MAX);
    if (got < <i64>HEADER_BYTES) break;
    memory.copy(record, files.buffer, <usize>got);
    const first = new Piece(record + HEADER_BYTES, load<u32>(record, 16));
    const second = new Piece(first.start + first.length, load<u32>(record, 20));
    const third = new Piece(second.start + second.length, load<u32>(record, 24));
    const answer = change(files, load<u32>(record, 4), load<u32>(record, 12), first, second, third);
    changes++;
    if (answer != <i64>load<i32>(record, 8) && wrong == 0) {
      wrong = changes;
      text.clear().string("power-load: answer ").signed(answer).newline();
      console.write(STREAM_OUTPUT, text.start, text.length);
    }
    at += load<u32>(record);
  }
  text.clear().string("power-load: changes ").number(changes).string(" wrong ").number(wrong).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}

export function event(_bits: u64): void {}
