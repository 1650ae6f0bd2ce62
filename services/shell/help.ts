// `help`, and what the shell says to a word that is no command.
import { command_at, command_count, find_command, nearest_command } from "./registry";
import { BOLD, colour, end_line, error, out, pad_from, PLAIN, say } from "./output";
import { word_count, word_length, word_start } from "./words";

const NAME_COLUMNS: u32 = 11;
const TEXT_COLUMNS: i32 = 78;

export function help(): u32 {
  if (word_count > 1) return explain(1);
  for (let i = 0; i < command_count(); i++) {
    const command = command_at(i);
    const text = out().string("  ");
    colour(BOLD);
    const from = text.length;
    text.string(command.name);
    pad_from(from, NAME_COLUMNS);
    colour(PLAIN);
    text.string(command.summary);
    end_line();
  }
  say("`help COMMAND` explains one, `help help` the line itself.");
  return 0;
}

/** Says that a word is no command, and which one is near; status 127 as in other shells. */
export function complain_unknown(word: u32): u32 {
  const near = nearest_command(word);
  const text = error().bytes(word_start(word), word_length(word)).string(": there is no such command");
  if (near !== null) text.string("; did you mean `").string(near.name).string("`?");
  else text.string("; `help` lists them, `run PROGRAM` starts a program.");
  end_line();
  return 127;
}

function explain(word: u32): u32 {
  const command = find_command(word);
  if (command === null) return complain_unknown(word);
  colour(BOLD);
  out().string(command.usage);
  colour(PLAIN);
  end_line();
  wrap(command.summary);
  wrap(command.text);
  return 0;
}

/** A paragraph in lines of at most TEXT_COLUMNS, indented by two. */
function wrap(paragraph: string): void {
  let from = 0;
  while (from < paragraph.length) {
    let to = min(from + TEXT_COLUMNS, paragraph.length);
    if (to < paragraph.length) while (to > from && paragraph.charCodeAt(to) != 0x20) to--;
    if (to == from) to = min(from + TEXT_COLUMNS, paragraph.length);
    const text = out().string("  ");
    for (let i = from; i < to; i++) text.code_point(paragraph.charCodeAt(i));
    end_line();
    from = to;
    while (from < paragraph.length && paragraph.charCodeAt(from) == 0x20) from++;
  }
}
