// Commands about modules that come while the system runs: load, call, attest. The module's bytes come from the boot archive, or from
// standard input into a region that init gets along with the call.
import { FIELD_ISOLATION, LOAD_BY_HASH } from "../../build/interfaces/init/constants";
import { MODE_ECHO, MODE_HISTORY, MODE_INTERRUPT, MODE_LINE } from "../../build/interfaces/console/constants";
import { ISOLATION_HW, ISOLATION_SFI } from "../../kernel/abi/layout";
import * as capability from "../lib/capability";
import * as endpoint from "../lib/endpoint";
import {
  describe,
  E_ABSENT,
  E_ARGUMENT,
  E_END,
  E_EXISTS,
  E_FORMAT,
  E_NOT_FOUND,
  E_STATE,
  E_UNTRUSTED,
} from "../lib/errors";
import * as region from "../lib/region";
import { self } from "../lib/startup";
import { complain_unit } from "./processes";
import { complain, complain_about, console_client, end_line, error, out, show } from "./output";
import { init, unit_field, unit_of_word } from "./state";
import { word_count, word_is, word_length, word_number, word_start } from "./words";

/** Where a module's bytes lie in the window while they arrive. */
const FILE_INDEX: u64 = 0x9000_0000;
const ENCLAVE: u32 = 2;
const CALL_WORDS: u32 = 6;
/** What a person at the prompt has; input that is a module is taken as it comes. */
export const SHELL_MODE: u32 = MODE_LINE | MODE_ECHO | MODE_HISTORY | MODE_INTERRUPT;

export function load(): u32 {
  let at: u32 = 1;
  let isolation = LOAD_BY_HASH;
  if (word_is(1, "--sfi")) isolation = ISOLATION_SFI;
  else if (word_is(1, "--hw")) isolation = ISOLATION_HW;
  else if (word_is(1, "--enclave")) isolation = ENCLAVE;
  if (isolation != LOAD_BY_HASH) at++;
  if (at >= word_count || word_count > at + 2) return complain("load: which module? `help load` explains.");
  const bytes = word_count == at + 2 ? word_number(at + 1) : 0;
  if (bytes < 0) return complain("load: the number of bytes that come on standard input is missing.");
  show();
  const file = bytes == 0 ? 0 : read_file(<u64>bytes);
  if (file < 0) return complain_about("load", file);
  const id = init.load_module(word_start(at), word_length(at), <u64>file, region.REGION_READ, <u64>bytes, isolation);
  if (file != 0) forget_file(<u64>file, <u64>bytes);
  return id < 0 ? complain_load(at, id) : tell(at, id, isolation);
}

/** A region with the next `bytes` of standard input. */
export function read_file(bytes: u64): i64 {
  const made = region.create(self(), region.pages_for(bytes));
  if (made < 0) return made;
  let answer = region.map(<u64>made, FILE_INDEX, 0, region.pages_for(bytes), region.REGION_READ | region.REGION_WRITE);
  if (answer == 0) {
    console_client.set_mode(0);
    answer = read_exactly(bytes);
    console_client.set_mode(SHELL_MODE);
  }
  if (answer == 0) return made;
  forget_file(<u64>made, bytes);
  return answer;
}

function read_exactly(bytes: u64): i64 {
  for (let got: u64 = 0; got < bytes; ) {
    const length = console_client.read(<u32>min<u64>(bytes - got, console_client.buffer_bytes));
    if (length < 0) return length;
    if (length == 0) return E_END;
    memory.copy(<usize>(FILE_INDEX + got), console_client.buffer, <usize>length);
    got += <u64>length;
  }
  return 0;
}

export function forget_file(file: u64, bytes: u64): void {
  region.unmap(self(), FILE_INDEX, region.pages_for(bytes));
  capability.drop(file);
}

function tell(at: u32, id: i64, asked: u32): u32 {
  const isolation = <u32>unit_field(<u64>id, FIELD_ISOLATION);
  const text = out()
    .bytes(word_start(at), word_length(at))
    .string(" runs as unit ")
    .number(<u64>id);
  if (isolation == ENCLAVE) text.string(", an enclave: it shares nothing; `attest` shows its hash.");
  else if (isolation == ISOLATION_SFI) text.string(", sfi: the image lists its hash.");
  else if (asked == LOAD_BY_HASH) text.string(", hw: the image does not list its hash for sfi.");
  else text.string(", hw.");
  end_line();
  return 0;
}

function complain_load(at: u32, result: i64): u32 {
  const text = error().string("load: ").bytes(word_start(at), word_length(at));
  if (result == E_NOT_FOUND) text.string(": the boot archive holds no module of that name; `programs` lists them.");
  else if (result == E_UNTRUSTED) text.string(": the image does not list its hash for sfi; load it without --sfi.");
  // too few bytes to hold what its header says are no good argument; the command's own were looked at before
  else if (result == E_FORMAT || result == E_ARGUMENT)
    text.string(": that is no .phx of this version for this architecture.");
  else if (result == E_EXISTS) text.string(": a unit of that name runs already; `kill` ends it.");
  else if (result == E_STATE) text.string(": the image has no template that says what loaded modules get.");
  else text.string(": ").string(describe(result));
  end_line();
  return 1;
}

export function call(): u32 {
  const method = word_number(2);
  const id = unit_of_word(1);
  if (id <= 0) return complain_unit("call", id);
  if (method < 0 || word_count > 3 + CALL_WORDS) return complain("call: a method's number, and up to six words.");
  for (let i: u32 = 3; i < word_count; i++) {
    if (word_number(i) < 0) return complain("call: the words are decimal numbers.");
  }
  show();
  const door = init.open(<u64>id);
  if (door < 0) return complain_open("call", door);
  const answer = endpoint.call(<u64>door, <u64>method, word(3), word(4), word(5), word(6), word(7), word(8));
  capability.drop(<u64>door);
  if (answer < 0) return complain_about("call", answer);
  out().number(<u64>answer);
  end_line();
  return 0;
}

function word(at: u32): u64 {
  return at < word_count ? <u64>word_number(at) : 0;
}

/** Asks the kernel, not init: what serves behind a capability that was handed out. */
export function attest(): u32 {
  const id = unit_of_word(1);
  if (id <= 0) return complain_unit("attest", id);
  show();
  const door = init.open(<u64>id);
  if (door < 0) return complain_open("attest", door);
  const first = endpoint.attest(<u64>door, 0);
  if (first >= 0) {
    const text = out().bytes(word_start(1), word_length(1)).string(" is an enclave of module ");
    for (let i: u32 = 0; i < 8; i++) put_bytes(<u32>endpoint.attest(<u64>door, i));
    text.string(" (BLAKE3)");
    end_line();
  }
  capability.drop(<u64>door);
  if (first >= 0) return 0;
  if (first != E_ABSENT) return complain_about("attest", first);
  return complain("attest: the kernel vouches for enclaves that serve calls, and that is none.");
}

function complain_open(command: string, result: i64): u32 {
  if (result != E_STATE) return complain_about(command, result);
  error().string(command).string(": only modules that were loaded can be opened.");
  end_line();
  return 1;
}

/** Four bytes as hexadecimal digits, the lowest first. */
function put_bytes(value: u32): void {
  for (let i: u32 = 0; i < 8; i++) {
    const digit = (value >> ((i ^ 1) << 2)) & 15;
    out().byte(<u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
  }
}
