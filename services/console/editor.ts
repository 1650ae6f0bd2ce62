// The line that a person is typing on a terminal: editing, history and its display. Fed byte by byte by the console;
// what the terminal must show goes to a ring. A line never wraps: a window of it scrolls, as wide as the terminal.
// Invariants: 0 ≤ cursor ≤ length ≤ LINE_LIMIT; cursor and window lie between characters, never inside one.
import { History } from "./history";
import * as Key from "./keys";
import { ByteRing } from "./ring";
import { State } from "../lib/state";

export const LINE_LIMIT_BYTES: u32 = 1024;
export const PROMPT_LIMIT_BYTES: u32 = 64;
/** The most that one key can send to the terminal: prompt, a full window of 4-byte characters, escapes. */
export const ECHO_WORST_BYTES: u32 = 1280;

/** What a byte did to the line. */
export const LINE_EDITING: u32 = 0;
/** Enter: `text`, `length` hold the line without its end. The caller takes it and calls `clear`. */
export const LINE_DONE: u32 = 1;
/** ^D on an empty line. */
export const LINE_END: u32 = 2;
/** ^D behind text: the caller takes the text without an end of line and calls `clear`. */
export const LINE_PARTIAL: u32 = 3;
/** ^C: the line is gone. */
export const LINE_INTERRUPT: u32 = 4;

export class LineEditor {
  readonly text: StaticArray<u8> = new StaticArray<u8>(LINE_LIMIT_BYTES);
  length: u32 = 0;
  cursor: u32 = 0;
  echo: bool = true;
  remembering: bool = false;
  columns: u32 = 80;
  private readonly prompt: StaticArray<u8> = new StaticArray<u8>(PROMPT_LIMIT_BYTES);
  /** Bytes and columns of the prompt, escape sequences counted in bytes alone; only PROMPT_LIMIT_BYTES of it are kept. */
  private prompt_length: u32 = 0;
  private prompt_columns: u32 = 0;
  private in_escape: bool = false;
  private window_start: u32 = 0;
  private readonly keys: Key.KeyDecoder = new Key.KeyDecoder();
  private readonly history: History = new History();
  /** Which history entry is shown; history.count = the new line. */
  private shown: u32 = 0;
  private readonly draft: StaticArray<u8> = new StaticArray<u8>(LINE_LIMIT_BYTES);
  private draft_length: u32 = 0;

  constructor(private readonly terminal: ByteRing) {}

  feed(byte: u8): u32 {
    const key = this.keys.feed(byte);
    if (key == Key.KEY_TEXT) this.insert();
    else if (key == Key.KEY_ENTER) return this.enter();
    else if (key == Key.KEY_INTERRUPT) return this.interrupt();
    else if (key == Key.KEY_CLOSE) return this.close();
    else if (key != Key.KEY_NONE) this.edit(key);
    return LINE_EDITING;
  }

  /** The line as it stands on the screen. */
  pass(state: State): void {
    this.length = state.count(this.length, LINE_LIMIT_BYTES);
    this.cursor = state.count(this.cursor, this.length);
    this.window_start = state.count(this.window_start, this.length);
    this.draft_length = state.count(this.draft_length, LINE_LIMIT_BYTES);
    this.prompt_length = state.u32(this.prompt_length);
    this.prompt_columns = state.u32(this.prompt_columns);
    this.in_escape = state.flag(this.in_escape);
    this.echo = state.flag(this.echo);
    this.remembering = state.flag(this.remembering);
    state.bytes(changetype<usize>(this.text), this.length);
    state.bytes(changetype<usize>(this.draft), this.draft_length);
    state.bytes(changetype<usize>(this.prompt), PROMPT_LIMIT_BYTES);
    this.keys.pass(state);
    this.history.pass(state);
    this.shown = state.count(this.shown, this.history.count);
  }

  /** Starts an empty line. */
  clear(): void {
    this.length = 0;
    this.cursor = 0;
    this.window_start = 0;
    this.shown = this.history.count;
  }

  /** A byte of the foreground client's output passes: what stands behind the last line end is the prompt. */
  output_passed(byte: u8): void {
    if (byte == 0x0a || byte == 0x0d) return this.forget_prompt();
    if (this.prompt_length < PROMPT_LIMIT_BYTES) unchecked((this.prompt[this.prompt_length] = byte));
    this.prompt_length++;
    if (byte == 0x1b) this.in_escape = true;
    else if (this.in_escape) this.in_escape = byte == 0x5b || byte < 0x40;
    else if ((byte & 0xc0) != 0x80) this.prompt_columns++;
  }

  /** True when other output would run into a prompt or a line. */
  get is_visible(): bool {
    return this.prompt_length > 0 || this.length > 0;
  }

  /** Takes prompt and line off the screen, before somebody else's output. Output too long to draw again stays, and ends here. */
  hide(): void {
    if (this.prompt_length > PROMPT_LIMIT_BYTES) return this.new_line();
    this.send(0x0d);
    this.send_escape(0, 0x4b);
  }

  /** Draws prompt and line again, the cursor in its place. */
  show(): void {
    this.send(0x0d);
    const length = min(this.prompt_length, PROMPT_LIMIT_BYTES);
    for (let i: u32 = 0; i < length; i++) this.send(unchecked(this.prompt[i]));
    if (this.echo) this.draw_line();
  }

  /** Draws the line again behind the prompt, which stays untouched: whoever waits for a prompt sees it once. */
  private redraw(): void {
    if (!this.echo) return;
    this.send(0x0d);
    if (this.prompt_columns > 0) this.send_escape(this.prompt_columns, 0x43);
    this.draw_line();
  }

  /** From the prompt's end on: the window of the line, and the cursor in its place. */
  private draw_line(): void {
    this.scroll();
    const room = this.line_columns();
    let drawn: u32 = 0;
    let at = this.window_start;
    for (; at < this.length && drawn < room; drawn++) {
      const next = this.after(at);
      for (; at < next; at++) this.send(unchecked(this.text[at]));
    }
    this.send_escape(0, 0x4b);
    const back = count_characters(this.text, this.cursor, at);
    if (back > 0) this.send_escape(back, 0x44);
  }

  private insert(): void {
    const count = this.keys.text_length;
    if (this.length + count > LINE_LIMIT_BYTES) return this.send(0x07);
    for (let i = this.length; i > this.cursor; i--) unchecked((this.text[i - 1 + count] = this.text[i - 1]));
    for (let i: u32 = 0; i < count; i++) unchecked((this.text[this.cursor + i] = this.keys.text[i]));
    this.length += count;
    this.cursor += count;
    const at_end =
      this.cursor == this.length && count_characters(this.text, this.window_start, this.length) < this.line_columns();
    if (!at_end) return this.redraw();
    if (this.echo) for (let i: u32 = 0; i < count; i++) this.send(unchecked(this.keys.text[i]));
  }

  private edit(key: u32): void {
    if (key == Key.KEY_BACKSPACE) this.remove(this.before(this.cursor), this.cursor);
    else if (key == Key.KEY_DELETE) this.remove(this.cursor, this.after(this.cursor));
    else if (key == Key.KEY_KILL_BEFORE) this.remove(0, this.cursor);
    else if (key == Key.KEY_KILL_AFTER) this.remove(this.cursor, this.length);
    else if (key == Key.KEY_KILL_WORD) this.remove(this.word_before(), this.cursor);
    else if (key == Key.KEY_LEFT) this.cursor = this.before(this.cursor);
    else if (key == Key.KEY_RIGHT) this.cursor = this.after(this.cursor);
    else if (key == Key.KEY_WORD_LEFT) this.cursor = this.word_before();
    else if (key == Key.KEY_WORD_RIGHT) this.cursor = this.word_after();
    else if (key == Key.KEY_HOME) this.cursor = 0;
    else if (key == Key.KEY_END) this.cursor = this.length;
    else if (key == Key.KEY_UP) this.recall(-1);
    else if (key == Key.KEY_DOWN) this.recall(1);
    else if (key == Key.KEY_CLEAR) {
      this.send_escape(2, 0x4a);
      this.send_escape(0, 0x48);
      return this.show();
    }
    this.redraw();
  }

  private enter(): u32 {
    if (this.remembering) this.history.add(this.text, this.length);
    this.new_line();
    return LINE_DONE;
  }

  private interrupt(): u32 {
    if (this.echo) {
      this.send(0x5e);
      this.send(0x43);
    }
    this.clear();
    this.new_line();
    return LINE_INTERRUPT;
  }

  private close(): u32 {
    return this.length == 0 ? LINE_END : LINE_PARTIAL;
  }

  private new_line(): void {
    this.forget_prompt();
    this.send(0x0d);
    this.send(0x0a);
  }

  private recall(direction: i32): void {
    if (!this.remembering) return;
    const count = this.history.count;
    if (direction < 0 ? this.shown == 0 : this.shown >= count) return;
    if (this.shown >= count) {
      memory.copy(changetype<usize>(this.draft), changetype<usize>(this.text), this.length);
      this.draft_length = this.length;
      this.shown = count;
    }
    this.shown += direction;
    if (this.shown < count) {
      this.length = this.history.copy(this.shown, this.text, LINE_LIMIT_BYTES);
    } else {
      memory.copy(changetype<usize>(this.text), changetype<usize>(this.draft), this.draft_length);
      this.length = this.draft_length;
    }
    this.cursor = this.length;
    this.window_start = 0;
  }

  private remove(from: u32, to: u32): void {
    const count = to - from;
    for (let i = to; i < this.length; i++) unchecked((this.text[i - count] = this.text[i]));
    this.length -= count;
    this.cursor = from;
  }

  private forget_prompt(): void {
    this.prompt_length = 0;
    this.prompt_columns = 0;
    this.in_escape = false;
  }

  /** Moves the window so that the cursor is inside. */
  private scroll(): void {
    if (this.cursor < this.window_start) this.window_start = this.cursor;
    while (count_characters(this.text, this.window_start, this.cursor) >= this.line_columns())
      this.window_start = this.after(this.window_start);
  }

  private line_columns(): u32 {
    const prompt = this.prompt_columns % this.columns;
    return this.columns > prompt + 8 ? this.columns - prompt : 8;
  }

  private before(at: u32): u32 {
    if (at == 0) return 0;
    do at--;
    while (at > 0 && (unchecked(this.text[at]) & 0xc0) == 0x80);
    return at;
  }

  private after(at: u32): u32 {
    if (at >= this.length) return this.length;
    do at++;
    while (at < this.length && (unchecked(this.text[at]) & 0xc0) == 0x80);
    return at;
  }

  private word_before(): u32 {
    let at = this.cursor;
    while (at > 0 && unchecked(this.text[at - 1]) == 0x20) at--;
    while (at > 0 && unchecked(this.text[at - 1]) != 0x20) at--;
    return at;
  }

  private word_after(): u32 {
    let at = this.cursor;
    while (at < this.length && unchecked(this.text[at]) == 0x20) at++;
    while (at < this.length && unchecked(this.text[at]) != 0x20) at++;
    return at;
  }

  private send(byte: u8): void {
    if (this.terminal.room > 0) this.terminal.put(byte);
  }

  /** CSI number letter; no number if it is 0. */
  private send_escape(number: u32, letter: u8): void {
    this.send(0x1b);
    this.send(0x5b);
    if (number >= 1000) this.send(<u8>(0x30 + ((number / 1000) % 10)));
    if (number >= 100) this.send(<u8>(0x30 + ((number / 100) % 10)));
    if (number >= 10) this.send(<u8>(0x30 + ((number / 10) % 10)));
    if (number > 0) this.send(<u8>(0x30 + (number % 10)));
    this.send(letter);
  }
}

/** Characters in UTF-8 bytes [from, to); each takes one column. */
function count_characters(bytes: StaticArray<u8>, from: u32, to: u32): u32 {
  let count: u32 = 0;
  for (let i = from; i < to; i++) if ((unchecked(bytes[i]) & 0xc0) != 0x80) count++;
  return count;
}
