// Servers of files that the shell has a connection to, and paths in them: `PATH` is in the store, `host:PATH` in the host's directory. A path's parts are
// looked up one by one from the directory that the connection is for; there is nothing above it, so `..` is no name. Used by the commands of files.
import { Files, KIND_DIRECTORY } from "../../build/interfaces/files/client";
import { Vdfs } from "../../build/interfaces/vdfs/client";
import { E_ABSENT, E_FORMAT, E_NOT_FOUND } from "../lib/errors";
import * as startup from "../lib/startup";
import { complain, complain_about, complain_of } from "./output";
import { word_length, word_start } from "./words";

const SLASH: u8 = 0x2f;
const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;

/** Names of the connections; the first is where a path without one begins. */
const NAMES: StaticArray<string> = ["vdfs", "host"];
const servers: StaticArray<Files> = [Files.connect("vdfs"), Files.connect("host")];

/** What only the store offers, on the same connection. */
export const vdfs: Vdfs = new Vdfs(
  servers[0].endpoint,
  servers[0].buffer,
  servers[0].buffer_bytes,
  servers[0].patience_ms,
);

/** The server of the path that was walked last, and its name. */
export let files: Files = servers[0];
export let files_name: string = NAMES[0];
/** The last part of that path: its bytes stay where they are, in the line. */
export let last: usize = 0;
export let last_bytes: u32 = 0;

function choose(place: i32): void {
  files = unchecked(servers[place]);
  files_name = unchecked(NAMES[place]);
}

function begins_with(at: usize, end: usize, name: string): bool {
  if (at + <usize>name.length >= end || load<u8>(at + name.length) != COLON) return false;
  for (let i = 0; i < name.length; i++) if (load<u8>(at + i) != <u8>name.charCodeAt(i)) return false;
  return true;
}

/** Chooses the server that [at, end) names: where the path in it begins. */
function place_of(at: usize, end: usize): usize {
  choose(0);
  for (let place = 1; place < NAMES.length; place++) {
    const name = unchecked(NAMES[place]);
    if (!begins_with(at, end, name)) continue;
    choose(place);
    return at + name.length + 1;
  }
  return at;
}

/** The root's node of the server in `files`, or an error, which has been told then. */
function root_of_place(command: string): i64 {
  if (startup.capability(files_name) == 0) {
    complain(
      command +
        ": this image has no such files; `phi boot --image store --disk FILE --share DIRECTORY` has a store, and `host:`.",
    );
    return E_NOT_FOUND;
  }
  const answer = files.root();
  if (answer >= 0) return <i64>files.node;
  complain_about_server(command, answer);
  return answer;
}

/** What is wrong with the whole of `files`; answers 1. */
function complain_about_server(command: string, answer: i64): u32 {
  if (answer == E_FORMAT)
    return complain(
      command + ": there is no store on this disk; `phi disk create FILE 256M` makes a disk that has one.",
    );
  if (answer != E_ABSENT) return complain_about(command, answer);
  if (files == unchecked(servers[0]))
    return complain(command + ": this machine has no disk; `phi boot --image store --disk FILE` gives it one.");
  return complain(command + ": the host shares no directory; `phi boot --image store --share DIRECTORY` does.");
}

/** The store's root; an error has been told. */
export function root(command: string): i64 {
  choose(0);
  return root_of_place(command);
}

/** Behind slashes and parts that are `.`: they lead nowhere. */
function skip(at: usize, end: usize): usize {
  while (at < end) {
    const is_slash = load<u8>(at) == SLASH;
    const is_here = load<u8>(at) == DOT && (at + 1 == end || load<u8>(at + 1) == SLASH);
    if (!is_slash && !is_here) break;
    at++;
  }
  return at;
}

/** The end of the path's next part from `at` on; `last` is that part. */
function next_part(at: usize, end: usize): usize {
  at = skip(at, end);
  last = at;
  while (at < end && load<u8>(at) != SLASH) at++;
  last_bytes = <u32>(at - last);
  return at;
}

function is_last(at: usize, end: usize): bool {
  return skip(at, end) == end;
}

/** The directory that holds the last part of the path [start, end), which is `last` then (0 bytes: the path is the root itself). An error has been told. */
export function parent_of_path(command: string, start: usize, end: usize): i64 {
  let at = place_of(start, end);
  let node = root_of_place(command);
  if (node < 0) return node;
  at = next_part(at, end);
  while (!is_last(at, end)) {
    const found = files.lookup(<u64>node, last, last_bytes);
    files.forget(<u64>node);
    if (found < 0) {
      complain_of(command, last, last_bytes, found);
      return found;
    }
    node = <i64>files.node;
    at = next_part(at, end);
  }
  return node;
}

/** The node that the path [start, end) names, opened, and its kind in files.kind. An error has been told. */
export function node_of_path(command: string, start: usize, end: usize): i64 {
  const directory = parent_of_path(command, start, end);
  if (directory < 0) return directory;
  if (last_bytes == 0) {
    files.kind = KIND_DIRECTORY;
    return directory;
  }
  const found = files.lookup(<u64>directory, last, last_bytes);
  files.forget(<u64>directory);
  if (found >= 0) return <i64>files.node;
  complain_of(command, last, last_bytes, found);
  return found;
}

export function parent_of(command: string, word: u32): i64 {
  return parent_of_path(command, word_start(word), word_start(word) + word_length(word));
}

export function node_of(command: string, word: u32): i64 {
  return node_of_path(command, word_start(word), word_start(word) + word_length(word));
}
