// Commands about units, as init calls services, programs and their companions: ps, programs, run, kill, restart.
import * as status from "../../kernel/abi/status";
import * as Init from "../../build/interfaces/init/constants";
import { ISOLATION_HW, ISOLATION_SFI } from "../../kernel/abi/layout";
import { Text } from "../lib/text";
import { E_NOT_FOUND, E_STATE, E_UNTRUSTED } from "../lib/errors";
import {
  BOLD,
  colour,
  complain,
  complain_about,
  end_line,
  error,
  number_in,
  out,
  pad_from,
  PLAIN,
  say,
  show,
  size_in,
  string_in,
} from "./output";
import { begin_directories, directory_list, hand_directory } from "./handing";
import { state_name, trap_name } from "./names";
import { init, unit_field, unit_of_word } from "./state";
import {
  in_background,
  word_count,
  word_is,
  word_length,
  word_number,
  word_start,
  words_end,
  words_from,
} from "./words";
import { put_duration } from "./time";

const NAME_COLUMNS: u32 = 16;

/** The unit's name, as wide as a column. */
export function put_unit_name(text: Text, id: u64): void {
  const from = text.length;
  const length = init.name(id);
  if (length > 0) text.bytes(init.buffer, <u32>length);
  pad_from(from, NAME_COLUMNS);
}

export function ps(): u32 {
  colour(BOLD);
  out().string("   ID NAME            KIND      STATE      MODE    PRIORITY    MEMORY      CALLS  RESTARTS TIME");
  colour(PLAIN);
  end_line();
  for (let id = init.next(0); id > 0; id = init.next(id)) {
    const text = out();
    const kind = unit_field(id, Init.FIELD_KIND);
    number_in(id, 5);
    text.byte(0x20);
    put_unit_name(text, id);
    string_in(kind_name(kind), 10);
    string_in(state_name(unit_field(id, Init.FIELD_LIFE), unit_field(id, status.STATUS_STATE)), 11);
    string_in(mode_name(unit_field(id, Init.FIELD_ISOLATION)), 7);
    number_in(unit_field(id, status.STATUS_PRIORITY), 9);
    size_in(unit_field(id, status.STATUS_MEMORY), 10);
    number_in(unit_field(id, Init.FIELD_CALLS), 11);
    number_in(unit_field(id, Init.FIELD_RESTARTS), 10);
    text.byte(0x20);
    put_duration(text, unit_field(id, status.STATUS_TIME_NS));
    end_line();
  }
  return 0;
}

function kind_name(kind: u64): string {
  if (kind == Init.UNIT_PROGRAM) return "program";
  if (kind == Init.UNIT_LOADED) return "loaded";
  return kind == Init.UNIT_COMPANION ? "companion" : "service";
}

function mode_name(isolation: u64): string {
  return isolation == ISOLATION_SFI ? "sfi" : isolation == ISOLATION_HW ? "hw" : "enclave";
}

export function programs(): u32 {
  let index: u32 = 0;
  for (; ; index++) {
    const length = init.module(index);
    if (length <= 0) break;
    out().bytes(init.buffer, <u32>length);
    end_line();
  }
  if (index == 0) say("The boot archive holds no modules that can be run.");
  return 0;
}

export function run(): u32 {
  let at: u32 = 1;
  let isolation = ISOLATION_HW;
  begin_directories();
  for (; at < word_count; at++) {
    const writes = word_is(at, "--dir");
    if (word_is(at, "--sfi")) isolation = ISOLATION_SFI;
    else if (writes || word_is(at, "--read")) {
      if (++at == word_count) return complain("run: which directory? For example: run --dir notes::/notes hello");
      if (!hand_directory(at, writes)) return 1;
    } else break;
  }
  if (at >= word_count) return complain("run: which program? `programs` lists them; for example: run hello a b");
  const list = words_from(at);
  show();
  const id = init.run(
    word_start(at),
    word_length(at),
    list,
    <u32>(words_end() - list),
    0,
    0,
    directory_list.start,
    directory_list.length,
    isolation,
    !in_background,
  );
  if (id < 0) return complain_run(at, id);
  if (in_background) {
    out().byte(0x5b).number(id).byte(0x5d);
    end_line();
    return 0;
  }
  return wait_for(id);
}

export function wait(): u32 {
  const id = unit_of_word(1);
  if (id <= 0) return complain_unit("wait", id);
  show();
  if (unit_field(id, Init.FIELD_KIND) == Init.UNIT_PROGRAM) return wait_for(id);
  return complain_kind("wait", " is no program: services and loaded modules run until they are ended.");
}

export function kill(): u32 {
  const id = unit_of_word(1);
  if (id <= 0) return complain_unit("kill", id);
  const result = init.kill(id);
  if (result == E_STATE) return complain_kind("kill", " cannot be ended: it is init, or it does not run.");
  return result < 0 ? complain_about("kill", result) : 0;
}

export function restart(): u32 {
  const id = unit_of_word(1);
  if (id <= 0) return complain_unit("restart", id);
  show();
  const result = init.restart(id);
  if (result == E_STATE) return complain_kind("restart", " is no service that can be started afresh; `ps` tells.");
  return result < 0 ? complain_about("restart", result) : 0;
}

/** What the first word names is of the wrong kind, or in the wrong state; status 1. */
function complain_kind(command: string, sentence: string): u32 {
  error().string(command).string(": ").bytes(word_start(1), word_length(1)).string(sentence);
  end_line();
  return 1;
}

/** Says why no unit was found; status 1. */
export function complain_unit(command: string, result: i64, at: u32 = 1): u32 {
  if (result == 0) {
    error().string(command).string(": whom? Give a name or an id of `ps`.");
    end_line();
    return 1;
  }
  if (result != E_NOT_FOUND) return complain_about(command, result);
  error()
    .string(command)
    .string(": there is no ")
    .bytes(word_start(at), word_length(at))
    .string("; `ps` lists what runs.");
  end_line();
  return 1;
}

function complain_run(at: u32, result: i64): u32 {
  const text = error().string("run: ").bytes(word_start(at), word_length(at));
  if (result == E_NOT_FOUND) text.string(": the boot archive holds no program of that name; `programs` lists them.");
  else if (result == E_UNTRUSTED) text.string(": the image does not trust it in sfi mode; run it without --sfi.");
  end_line();
  return result == E_NOT_FOUND || result == E_UNTRUSTED ? 127 : complain_about("run", result);
}

/** Waits for a program's end and says how it ended unless it was well. */
function wait_for(id: u64): u32 {
  const result = init.wait(id);
  if (result < 0) return complain_about("wait", result);
  if (init.trap != 0) {
    error().string("The program trapped: ").string(trap_name(init.trap)).byte(0x2e);
    end_line();
  } else if (init.status != 0) {
    error().string("exit status ").number(init.status);
    end_line();
  }
  return init.status;
}
