// The console's methods as services/console/interface.ts declares them. The generated dispatch has checked that
// arguments fit their types and that `data` lies in the caller's buffer.
import {
  MODE_ECHO,
  MODE_HISTORY,
  MODE_INTERRUPT,
  MODE_LINE,
  ROLE_KEYBOARD,
  STREAM_LOG,
  STREAM_OUTPUT,
  TERMINAL_COLOURS,
  TERMINAL_TTY,
} from "../../build/interfaces/console/constants";
import { Client, WAIT_INPUT, WAIT_NOTHING, WAIT_READ, WAIT_WRITE, client_of, find_client } from "./clients";
import { Console } from "./service";
import { INPUT_NONE } from "./input";
import { E_ARGUMENT, E_CANCELLED, E_DEVICE, E_RIGHTS, E_STATE, E_TIMEOUT } from "../../kernel/abi/errors";
import { detach } from "../lib/endpoint";
import { role_of } from "../lib/buffer";
import { drop } from "../lib/capability";
import { now_ns } from "../lib/notification";

/** The role of init's own connections (docs/services.md). */
const ROLE_INIT: u64 = 127;

let console: Console | null = null;

/** Before any call: the console that `start` made. */
export function serve(started: Console): void {
  console = started;
}

function the(): Console {
  return console!;
}

function client(badge: u64): Client {
  return client_of(badge, the().default_mode);
}

/** Leaves the call unanswered until its time has come; answers the gate's error if that is impossible. */
function wait(caller: Client, kind: u32): i64 {
  const reply = detach();
  if (reply < 0) return reply;
  caller.waiting = kind;
  caller.reply = reply;
  return 0;
}

export function write(badge: u64, stream: u32, data: usize, length: u32): i64 {
  if (stream < STREAM_OUTPUT || stream > STREAM_LOG) return E_ARGUMENT;
  const caller = client(badge);
  const taken = the().has_queue ? 0 : the().write(caller, stream, data, length);
  if (taken == length) return length;
  caller.stream = stream;
  caller.data = data + taken;
  caller.length = length - taken;
  caller.total = length;
  const status = wait(caller, WAIT_WRITE);
  if (status == 0) the().enqueue(caller);
  return status;
}

export function read(badge: u64, limit: u32, buffer: usize, capacity: u32): i64 {
  if (capacity == 0) return E_ARGUMENT;
  const caller = client(badge);
  const most = min(limit, capacity);
  if (most == 0) return 0;
  the().claim(caller);
  if (caller.interrupted) {
    caller.interrupted = false;
    return E_CANCELLED;
  }
  const count = the().ready(caller, most);
  if (count != INPUT_NONE) {
    the().input.ring.copy_to(buffer, count);
    the().consume(count);
    return count;
  }
  caller.data = buffer;
  caller.length = most;
  return wait(caller, WAIT_READ);
}

export function wait_input(badge: u64, deadline_ns: u64): i64 {
  const caller = client(badge);
  the().claim(caller);
  if (caller.interrupted) {
    caller.interrupted = false;
    return E_CANCELLED;
  }
  const count = the().ready(caller, u32.MAX_VALUE);
  if (count != INPUT_NONE) return max(count, 1);
  if (deadline_ns <= now_ns()) return E_TIMEOUT;
  caller.deadline_ns = deadline_ns;
  const status = wait(caller, WAIT_INPUT);
  if (status == 0) the().arm_timer();
  return status;
}

export function flush(badge: u64): i64 {
  return the().drain() ? 0 : E_DEVICE;
}

export function set_mode(badge: u64, mode: u32): i64 {
  if ((mode & ~(MODE_LINE | MODE_ECHO | MODE_HISTORY | MODE_INTERRUPT)) != 0) return E_ARGUMENT;
  client(badge).mode = mode;
  the().configure_editor();
  return 0;
}

export function set_foreground(badge: u64, target: u64): u64 {
  if (role_of(badge) != ROLE_INIT) return <u64>E_RIGHTS;
  const before = the().foreground;
  the().set_foreground(target == 0 ? null : client(target));
  return before === null ? 0 : before.badge;
}

export function exit_status(badge: u64, status: u32): i64 {
  return the().output.exit_status(status) ? 0 : E_DEVICE;
}

export function terminal(badge: u64): u64 {
  if (the().output.is_mux) return 0;
  const bits = the().output.has_colours ? TERMINAL_TTY | TERMINAL_COLOURS : TERMINAL_TTY;
  return (<u64>bits) | ((<u64>the().output.editor.columns) << 16);
}

export function type(badge: u64, data: usize, length: u32): i64 {
  if (role_of(badge) != ROLE_KEYBOARD) return E_RIGHTS;
  return the().output.is_mux ? E_STATE : <i64>the().typed(data, length);
}

/** init says that this client has ended. */
export function client_gone(badge: u64): void {
  const gone = find_client(badge);
  if (gone === null) return;
  if (gone.waiting != WAIT_NOTHING) drop(gone.reply);
  gone.waiting = WAIT_NOTHING;
  the().forget(gone);
}
