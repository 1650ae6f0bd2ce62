// Directories that `run` hands to a program: each becomes a capability of its server, which init gives to the program's companion, and an entry of the
// launch block (docs/wasi.md). Called by processes.ts. Invariant: the shell keeps no capability that it has handed on.
import { KIND_DIRECTORY, RIGHT_READ, RIGHT_WRITE } from "../../build/interfaces/files/client";
import * as capability from "../lib/capability";
import { RIGHT_SHARE } from "../lib/endpoint";
import { E_NOT_DIRECTORY } from "../lib/errors";
import { Text } from "../lib/text";
import { complain, complain_about } from "./output";
import { files, files_name, node_of_path } from "./places";
import { init } from "./state";
import { word_length, word_start } from "./words";

const COLON: u8 = 0x3a;
const TAB: u8 = 9;

/** The entries of the launch block's list. */
export const directory_list = new Text(memory.data(4096), 4096);
let directory_count: u32 = 0;

export function begin_directories(): void {
  directory_list.clear();
  directory_count = 0;
}

/** `PATH` or `PATH::NAME`: false, and the reason was told, when it cannot be handed over. */
export function hand_directory(word: u32, writes: bool): bool {
  const start = word_start(word);
  const end = start + word_length(word);
  let path_end = start;
  while (path_end < end && !(load<u8>(path_end) == COLON && path_end + 1 < end && load<u8>(path_end + 1) == COLON))
    path_end++;
  // `host:::/src`: a path may end in a colon, a name never begins with one
  while (path_end + 2 < end && load<u8>(path_end + 2) == COLON) path_end++;
  const name = path_end == end ? start : path_end + 2;
  if (name == end || directory_list.length + word_length(word) + 16 > directory_list.capacity) {
    complain("run: a directory needs a name that fits, for example --dir notes::/notes");
    return false;
  }
  const node = node_of_path("run", start, path_end);
  if (node < 0) return false;
  const made = files.kind == KIND_DIRECTORY ? files.directory(<u64>node, writes) : E_NOT_DIRECTORY;
  files.forget(<u64>node);
  if (made < 0) {
    complain_about("run", made);
    return false;
  }
  const rights = (<u64>(writes ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ)) | RIGHT_SHARE;
  const handed = init.hand(directory_count, <u64>made, rights);
  capability.drop(<u64>made);
  if (handed < 0) {
    complain_about("run", handed);
    return false;
  }
  directory_list
    .bytes(name, <u32>(end - name))
    .byte(TAB)
    .string(files_name)
    .byte(0);
  directory_count++;
  return true;
}
