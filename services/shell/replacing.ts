// The command `replace`: a new instance takes a running service's place, of its own module, of one in the boot archive, or of one whose
// bytes come on standard input (`phi replace`).
import { FIELD_ISOLATION } from "../../build/interfaces/init/constants";
import { describe, E_METHOD, E_NOT_FOUND, E_STATE, E_UNTRUSTED } from "../lib/errors";
import * as region from "../lib/region";
import { forget_file, read_file } from "./loading";
import { complain, complain_about, end_line, error, out, show } from "./output";
import { complain_unit } from "./processes";
import { init, unit_field, unit_of_word } from "./state";
import { word_count, word_is, word_length, word_number, word_start } from "./words";

export function replace(): u32 {
  const anew = word_is(1, "--restart");
  const at: u32 = anew ? 2 : 1;
  const bytes = word_count > at + 2 ? word_number(at + 2) : 0;
  if (bytes < 0 || word_count > at + 3)
    return complain("replace: a service, a module, and how many bytes of it come on standard input.");
  show();
  // Read even if it is of no use: what follows it are not commands.
  const file = bytes == 0 ? 0 : read_file(<u64>bytes);
  if (file < 0) return complain_about("replace", file);
  const id = unit_of_word(at);
  const former = id <= 0 ? 0 : unit_field(<u64>id, FIELD_ISOLATION);
  const result = id <= 0 ? id : replace_unit(<u64>id, at, <u64>file, <u64>bytes, anew);
  if (file != 0) forget_file(<u64>file, <u64>bytes);
  if (id <= 0) return complain_unit("replace", id, at);
  return result < 0 ? complain_replace(at, result) : tell(at, anew, unit_field(<u64>id, FIELD_ISOLATION) != former);
}

function replace_unit(id: u64, at: u32, file: u64, bytes: u64, anew: bool): i64 {
  const rights = file == 0 ? 0 : region.REGION_READ;
  const is_named = file == 0 && word_count > at + 1;
  const module = is_named ? word_start(at + 1) : 0;
  return init.replace(id, module, is_named ? word_length(at + 1) : 0, file, rights, bytes, anew);
}

function tell(at: u32, anew: bool, is_moved: bool): u32 {
  const text = out().bytes(word_start(at), word_length(at));
  if (anew)
    text
      .string(" has started anew in its place, after ")
      .number(init.down_ns / 1000)
      .string(" us");
  else
    text
      .string(" is replaced: ")
      .number(init.state_bytes)
      .string(" bytes of state went over, callers waited ")
      .number(init.down_ns / 1000)
      .string(" us at most");
  if (is_moved) text.string("; it runs hw now: the image does not list its hash for sfi");
  end_line();
  return 0;
}

function complain_replace(at: u32, result: i64): u32 {
  const text = error().string("replace: ").bytes(word_start(at), word_length(at));
  if (result == E_STATE) {
    text.string(" is no service that runs: init, programs and what sleeps or has ended cannot be replaced.");
    end_line();
    return 1;
  }
  text.string(" goes on as it was: ");
  if (result == E_METHOD)
    text.string("it hands no state over; `replace --restart` starts another in its place as after a crash.");
  else if (result == E_NOT_FOUND) text.string("the boot archive holds no module of that name; `programs` lists them.");
  else if (result == E_UNTRUSTED) text.string("the image does not trust that module in sfi mode.");
  else text.string(describe(result)).byte(0x2e);
  end_line();
  return 1;
}
