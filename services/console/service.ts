// The console at work: bytes from the UART become input for the foreground client, clients' bytes go out in order,
// and calls that had to wait are answered when their time has come. Called by methods.ts and by events.
import * as Editor from "./editor";
import {
  Client,
  WAIT_INPUT,
  WAIT_NOTHING,
  WAIT_READ,
  WAIT_WRITE,
  client_at,
  client_count,
  find_client,
  pass_clients,
} from "./clients";
import { Input, INPUT_NONE } from "./input";
import { MODE_ECHO, MODE_HISTORY, MODE_INTERRUPT, MODE_LINE } from "../../build/interfaces/console/constants";
import { MUX_BYTE, MUX_END, MUX_INTERRUPT, MuxDecoder } from "./mux";
import { Mirror } from "./mirror";
import { Output } from "./output";
import { Uart } from "./uart";
import { acknowledge } from "../lib/device";
import { cancel_timer, notify, now_ns, set_timer, FOREVER } from "../lib/notification";
import { E_CANCELLED, E_TIMEOUT } from "../../kernel/abi/errors";
import { reply } from "../lib/endpoint";
import { State } from "../lib/state";

export const EVENT_INTERRUPT: u64 = 1;
export const EVENT_TIMER: u64 = 2;

export class Console {
  readonly input: Input = new Input();
  readonly output: Output;
  foreground: Client | null = null;
  /** While nobody has read: who left the line open that stands behind the last line end. */
  private opener: Client | null = null;
  private readonly decoder: MuxDecoder = new MuxDecoder();
  private readonly queue: StaticArray<Client | null> = new StaticArray<Client | null>(256);
  private queue_length: u32 = 0;
  private armed_deadline: u64 = FOREVER;

  constructor(
    private readonly uart: Uart,
    mirror: Mirror,
    is_mux: bool,
    private readonly irq: u64,
    private readonly notification: u64,
    /** Told of ^C when the foreground client does not take it: init. */
    private readonly interrupt: u64,
    private readonly interrupt_bits: u64,
  ) {
    this.output = new Output(uart, mirror, is_mux);
  }

  get default_mode(): u32 {
    return this.output.is_mux ? 0 : MODE_LINE | MODE_ECHO;
  }

  /** Bits of the bound notification. */
  event(bits: u64): void {
    if ((bits & EVENT_INTERRUPT) != 0) {
      this.uart.has_cause(); // says how many bytes are there for certain
      do {
        this.receive();
        this.progress();
      } while (this.uart.has_cause());
      acknowledge(this.irq);
    }
    if ((bits & EVENT_TIMER) != 0) {
      this.armed_deadline = FOREVER;
      this.serve_readers();
    }
  }

  /** Takes what the UART received, as far as there is room for it, and serves readers. */
  receive(): void {
    while (this.has_room()) {
      if (!this.uart.has_received()) {
        this.uart.set_receiving(true);
        this.output.send();
        this.serve_readers();
        return;
      }
      this.take(this.uart.receive());
    }
    this.uart.set_receiving(false);
    this.output.send();
    this.serve_readers();
  }

  /** The same for bytes of another keyboard; answers for how many there was room. */
  typed(data: usize, length: u32): u32 {
    let count: u32 = 0;
    while (count < length && this.has_room()) this.take(load<u8>(data + count++));
    this.output.send();
    this.serve_readers();
    return count;
  }

  /** Moves the input to another client, or to nobody. */
  set_foreground(client: Client | null): void {
    this.foreground = client;
    this.configure_editor();
    this.serve_readers();
  }

  configure_editor(): void {
    const client = this.foreground;
    const mode = client === null ? this.default_mode : client.mode;
    this.output.editor.echo = (mode & MODE_ECHO) != 0;
    this.output.editor.remembering = (mode & MODE_HISTORY) != 0;
  }

  /** The first reader gets the input while nobody has it. */
  claim(client: Client): void {
    if (this.foreground === null) {
      this.foreground = client;
      this.configure_editor();
    }
  }

  /** What this client's read would answer now, or INPUT_NONE. */
  ready(client: Client, limit: u32): i32 {
    if (this.foreground !== client) return INPUT_NONE;
    return this.input.ready(limit, (client.mode & MODE_LINE) != 0);
  }

  /** Moves `count` ready bytes out of the queue; then there may be room for more. */
  consume(count: u32): void {
    this.input.consume(count);
    if (this.uart.is_receiving) return;
    this.receive();
  }

  /** Answers calls that wait for input, and those whose deadline has passed. */
  serve_readers(): void {
    for (let i: u32 = 0; i < client_count(); i++) {
      const client = client_at(i);
      if (client.waiting == WAIT_READ) this.serve_read(client);
      else if (client.waiting == WAIT_INPUT) this.serve_wait(client);
    }
    this.arm_timer();
  }

  /** Sets the timer for the earliest deadline of those who wait. */
  arm_timer(): void {
    let next_deadline = FOREVER;
    for (let i: u32 = 0; i < client_count(); i++) {
      const client = client_at(i);
      if (client.waiting == WAIT_INPUT) next_deadline = min(next_deadline, client.deadline_ns);
    }
    if (next_deadline == this.armed_deadline) return;
    this.armed_deadline = next_deadline;
    if (next_deadline == FOREVER) cancel_timer(this.notification);
    else set_timer(this.notification, next_deadline, EVENT_TIMER);
  }

  /** Writes as much as the line takes now, the line being typed out of the way; answers how many bytes were taken. */
  write(client: Client, stream: u32, data: usize, length: u32): u32 {
    const editor = this.output.editor;
    const own = this.is_own(client);
    client.covers_line = !this.output.is_mux && editor.is_visible && !(own && editor.length == 0);
    if (client.covers_line) editor.hide();
    const taken = this.output.write(stream, data, length);
    this.wrote(client, data, taken, taken == length);
    return taken;
  }

  /** Bytes of a client went out: the prompt may be new; after the last of them the line being typed is shown again. */
  private wrote(client: Client, data: usize, count: u32, is_last: bool): void {
    if (this.output.is_mux || count == 0) return;
    const editor = this.output.editor;
    const own = this.is_own(client);
    if (own) {
      this.output.note_prompt(data, count);
      this.opener = editor.is_visible ? client : null;
    }
    if (!is_last || !client.covers_line) return;
    if (!own) this.output.end_line(data, count);
    editor.show();
    this.output.send();
  }

  /** Whose output is the prompt: the reader's; before there is one, that of whoever left a line open, or else anybody's. */
  private is_own(client: Client): bool {
    const owner = this.foreground === null ? this.opener : this.foreground;
    return owner === null || client === owner;
  }

  /** Waits in line behind other clients' output. */
  enqueue(client: Client): void {
    unchecked((this.queue[this.queue_length++] = client));
  }

  get has_queue(): bool {
    return this.queue_length > 0;
  }

  /** Forgets a client that is gone. */
  forget(client: Client): void {
    this.dequeue(client);
    if (this.opener === client) this.opener = null;
    if (this.foreground === client) this.set_foreground(null);
  }

  /** Takes a client out of the line. */
  private dequeue(client: Client): void {
    let kept: u32 = 0;
    for (let i: u32 = 0; i < this.queue_length; i++) {
      const other = unchecked(this.queue[i]);
      if (other !== client) unchecked((this.queue[kept++] = other));
    }
    this.queue_length = kept;
  }

  /** Waits until all output of all clients has left. False: the UART is stuck. */
  drain(): bool {
    do {
      if (!this.output.drain()) return false;
      this.progress();
    } while (this.queue_length > 0 || !this.output.is_drained);
    return this.output.drain();
  }

  /** Sends what waits; answers writers whose bytes are all in the ring. */
  progress(): void {
    this.output.send();
    while (this.queue_length > 0) {
      const client = <Client>unchecked(this.queue[0]);
      const taken = this.output.write(client.stream, client.data, client.length);
      this.wrote(client, client.data, taken, taken == client.length);
      client.data += taken;
      client.length -= taken;
      if (client.length > 0) return;
      this.dequeue(client);
      client.waiting = WAIT_NOTHING;
      reply(client.reply, client.total);
    }
  }

  /** All of it, to or from a predecessor (takeover.ts). */
  pass(state: State): void {
    this.input.pass(state);
    this.output.pass(state);
    this.decoder.pass(state);
    pass_clients(state);
    const foreground = this.foreground;
    const badge = state.u64(foreground === null ? 0 : foreground.badge);
    if (!state.is_saving) this.foreground = find_client(badge);
    const opener = this.opener;
    const opened = state.u64(opener === null ? 0 : opener.badge);
    if (!state.is_saving) this.opener = find_client(opened);
    this.queue_length = state.count(this.queue_length, <u32>this.queue.length);
    for (let i: u32 = 0; i < this.queue_length && state.is_whole; i++) {
      const writer = unchecked(this.queue[i]);
      const waits = state.u64(writer === null ? 0 : writer.badge);
      if (!state.is_saving) unchecked((this.queue[i] = find_client(waits)));
    }
    this.armed_deadline = FOREVER;
  }

  private has_room(): bool {
    if (this.output.is_mux) return this.input.ring.room > 0;
    return this.input.ring.room > Editor.LINE_LIMIT_BYTES && this.output.has_echo_room;
  }

  private take(byte: u8): void {
    if (!this.output.is_mux) return this.type(byte);
    const kind = this.decoder.feed(byte);
    if (kind == MUX_BYTE) this.input.put(this.decoder.byte);
    else if (kind == MUX_END) this.input.close();
    else if (kind == MUX_INTERRUPT) this.interrupted();
  }

  /** A byte from a person's terminal. */
  private type(byte: u8): void {
    const client = this.foreground;
    if (client !== null && (client.mode & MODE_LINE) == 0) return this.input.put(byte);
    const editor = this.output.editor;
    const result = editor.feed(byte);
    if (result == Editor.LINE_EDITING) return;
    if (result == Editor.LINE_INTERRUPT) return this.interrupted();
    for (let i: u32 = 0; i < editor.length; i++) this.input.put(unchecked(editor.text[i]));
    if (result == Editor.LINE_DONE) this.input.put(0x0a);
    else if (result == Editor.LINE_END) this.input.mark_end();
    else this.input.mark_partial();
    editor.clear();
  }

  private interrupted(): void {
    this.input.clear();
    const client = this.foreground;
    if (client === null || (client.mode & MODE_INTERRUPT) == 0) {
      notify(this.interrupt, this.interrupt_bits);
      return;
    }
    client.interrupted = true;
    this.serve_readers();
  }

  private serve_read(client: Client): void {
    if (client.interrupted) return this.answer(client, E_CANCELLED);
    const count = this.ready(client, client.length);
    if (count == INPUT_NONE) return;
    this.input.ring.copy_to(client.data, count);
    client.waiting = WAIT_NOTHING;
    // Bytes stay for the next reader when this one is gone.
    if (reply(client.reply, count) >= 0) this.consume(count);
  }

  private serve_wait(client: Client): void {
    if (client.interrupted) return this.answer(client, E_CANCELLED);
    const count = this.ready(client, u32.MAX_VALUE);
    if (count != INPUT_NONE) this.answer(client, max(count, 1));
    else if (now_ns() >= client.deadline_ns) this.answer(client, E_TIMEOUT);
  }

  private answer(client: Client, status: i64): void {
    client.waiting = WAIT_NOTHING;
    if (status == E_CANCELLED) client.interrupted = false;
    reply(client.reply, status);
  }
}
