// Transactions as a client of the store sees them, for tests/system/guest/vdfs-user.ts: all steps or none, steps that work on what others
// made, and lists that are wrong in form. It leaves nothing behind.
import { KIND_DIRECTORY, KIND_FILE, Vdfs } from "../../../build/interfaces/vdfs/client";
import * as c from "../../../build/interfaces/vdfs/constants";
import { E_ARGUMENT, E_EXISTS, E_HANDLE, E_NOT_FOUND } from "../../../services/lib/errors";

const list: usize = memory.data(2048, 8);
const name: usize = memory.data(64, 8);
let end: u32 = 0;

/** Adds a step; its name or data are what `text` says, in which "|" stands for NUL. */
function step(what: u32, node: u64, value: u64, text: string): void {
  const length = <u32>text.length;
  const bytes = (c.STEP_DATA + length + 7) & ~7;
  memory.fill(list + end, 0, bytes);
  store<u32>(list + end, what, c.STEP_WHAT);
  store<u32>(list + end, bytes, c.STEP_BYTES);
  store<u64>(list + end, node, c.STEP_NODE);
  store<u64>(list + end, value, c.STEP_VALUE);
  store<u32>(list + end, length, c.STEP_LENGTH);
  for (let i: u32 = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    store<u8>(list + end + c.STEP_DATA + i, code == 0x7c ? 0 : <u8>code);
  }
  end += bytes;
}

function found(files: Vdfs, directory: u64, text: string): i64 {
  const length = <u32>text.length;
  for (let i: u32 = 0; i < length; i++) store<u8>(name + i, <u8>text.charCodeAt(i));
  const answer = files.lookup(directory, name, length);
  return answer < 0 ? answer : files.node;
}

function run(files: Vdfs): i64 {
  const answer = files.transaction(list, end);
  end = 0;
  return answer;
}

/** 0: all is as it should be; else which of its looks found something else. */
export function transactions(files: Vdfs, root: u64): u32 {
  // a directory, a file in it that is written, another name for it, and the whole under another name
  step(c.STEP_CREATE, root, KIND_DIRECTORY, "draft");
  step(c.STEP_CREATE, c.STEP_MADE, KIND_FILE, "a");
  step(c.STEP_WRITE, c.STEP_MADE | 1, 3, "text");
  step(c.STEP_LINK, c.STEP_MADE | 1, c.STEP_MADE, "b");
  step(c.STEP_RENAME, root, root, "draft|done");
  if (run(files) != 0) return 1;
  const directory = found(files, root, "done");
  if (directory < 0 || found(files, root, "draft") != E_NOT_FOUND) return 2;
  const file = found(files, directory, "b");
  if (file < 0 || files.read(file, 0, 64) != 7 || load<u32>(files.buffer, 3) != 0x7478_6574) return 3;
  // the last step cannot be made: neither are the others, and what is open stays so
  step(c.STEP_WRITE, file, 0, "lost");
  step(c.STEP_UNLINK, directory, 1, "a");
  step(c.STEP_CREATE, root, KIND_FILE, "done");
  if (run(files) != E_EXISTS) return 4;
  if (found(files, directory, "a") < 0 || files.read(file, 0, 64) != 7 || load<u8>(files.buffer) != 0) return 5;
  // wrong in form, or somebody else's
  step(c.STEP_WRITE, c.STEP_MADE, 0, "x");
  if (run(files) != E_ARGUMENT) return 6;
  step(c.STEP_WRITE, file, 0, "x");
  store<u32>(list, 4096, c.STEP_BYTES);
  if (run(files) != E_ARGUMENT || run(files) != E_ARGUMENT) return 7;
  step(c.STEP_WRITE, file, 0, "x");
  store<u32>(list, 1000, c.STEP_LENGTH);
  if (run(files) != E_ARGUMENT) return 8;
  step(99, file, 0, "x");
  if (run(files) != E_ARGUMENT) return 9;
  step(c.STEP_WRITE, root + (1 << 16), 0, "x");
  if (run(files) != E_HANDLE) return 10;
  step(c.STEP_UNLINK, directory, 1, "a");
  step(c.STEP_UNLINK, directory, 1, "b");
  step(c.STEP_UNLINK, root, 2, "done");
  if (run(files) != 0) return 11;
  return files.forget(file) == 0 && files.forget(directory) == 0 ? 0 : 12;
}
