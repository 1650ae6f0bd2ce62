// The shell: reads lines from the console, runs commands. With the boot parameter `exec` it runs those commands instead,
// reports the last status to the host and powers the machine off. A client of console, init and clock; it serves nobody.
// Invariant: its one activation never ends: it waits inside `start` for the next line.
import { complain_unknown } from "./help";
import "./commands";
import { SHELL_MODE } from "./loading";
import { find_command } from "./registry";
import { complain, console_client, out, show } from "./output";
import { init, is_leaving, last_status, set_last_status, system_handle } from "./state";
import { next_at, PARSE_OK, PARSE_OPEN_QUOTE, parse_command, word_count } from "./words";
import { E_CANCELLED, E_PEER_FAULT } from "../lib/errors";
import { find_parameter, unescape_parameter, value_length } from "../lib/parameters";
import { is_successor } from "../lib/replace";
import * as startup from "../lib/startup";
import * as system from "../lib/system";

const LINE_BYTES: u32 = 8192;
const STATUS_INTERRUPTED: u32 = 130;
const STATUS_KILLED: u32 = 137;

// A line of its own: what the console's buffer holds changes with every command's output.
const line = memory.data(8192);

export function start(): void {
  const exec = find_parameter(startup.region("parameters"), startup.region_bytes("parameters"), "exec");
  if (exec == 0) converse();
  else if (startup.restarts() == 0 && !is_successor()) execute(exec, value_length());
  else refuse_again();
  show();
  console_client.exit_status(last_status);
  init.power_off(last_status);
  system.power_off(system_handle, last_status);
}

/** What the commands did before the shell ended may be what must not be done twice. */
function refuse_again(): void {
  complain("exec: the shell ended before the commands did, and they are not begun again; `--verbose` shows why.");
  set_last_status(STATUS_KILLED);
}

/** `--exec`: the parameter is the whole session. */
function execute(value: usize, length: u32): void {
  if (length > LINE_BYTES) {
    set_last_status(complain("exec: the commands are longer than 8 KiB."));
    return;
  }
  run_line(unescape_parameter(line, value, length));
}

/** Reads and runs lines until one of them leaves, or the input ends. */
function converse(): void {
  console_client.set_mode(SHELL_MODE);
  for (;;) {
    prompt();
    const length = console_client.read(LINE_BYTES);
    if (length == E_CANCELLED) {
      set_last_status(STATUS_INTERRUPTED);
      continue;
    }
    if (length == E_PEER_FAULT) {
      // The console was restarted while we waited: the new one knows nothing about us.
      console_client.set_mode(SHELL_MODE);
      continue;
    }
    if (length <= 0) return;
    memory.copy(line, console_client.buffer, <usize>length);
    run_line(<u32>length);
    if (is_leaving) return;
  }
}

function prompt(): void {
  out().string("φ> ");
  show();
}

/** Runs the commands of `line`, one after the other. */
function run_line(length: u32): void {
  let at: u32 = 0;
  while (at < length && !is_leaving) {
    const parsed = parse_command(line, length, at, last_status);
    at = next_at;
    if (parsed == PARSE_OK) {
      if (word_count > 0) set_last_status(run_command());
    } else {
      set_last_status(
        complain(parsed == PARSE_OPEN_QUOTE ? "A quotation mark has no partner." : "That line has too many words."),
      );
    }
    show();
  }
}

function run_command(): u32 {
  const command = find_command(0);
  return command === null ? complain_unknown(0) : command.run();
}
