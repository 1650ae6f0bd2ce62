// Terminal input to keys: control characters, the common escape sequences (xterm, VT220, linux) and whole UTF-8
// characters. Called by the line editor. An unknown sequence is swallowed, never typed into the line.
import { State } from "../lib/state";

export const KEY_NONE: u32 = 0;
/** A character: its bytes are in `text`, `text_length` of them. */
export const KEY_TEXT: u32 = 1;
export const KEY_ENTER: u32 = 2;
export const KEY_BACKSPACE: u32 = 3;
export const KEY_DELETE: u32 = 4;
export const KEY_LEFT: u32 = 5;
export const KEY_RIGHT: u32 = 6;
export const KEY_UP: u32 = 7;
export const KEY_DOWN: u32 = 8;
export const KEY_HOME: u32 = 9;
export const KEY_END: u32 = 10;
export const KEY_WORD_LEFT: u32 = 11;
export const KEY_WORD_RIGHT: u32 = 12;
/** ^U: to the start; ^K: to the end; ^W: the word before. */
export const KEY_KILL_BEFORE: u32 = 13;
export const KEY_KILL_AFTER: u32 = 14;
export const KEY_KILL_WORD: u32 = 15;
export const KEY_INTERRUPT: u32 = 16;
/** ^D. */
export const KEY_CLOSE: u32 = 17;
/** ^L. */
export const KEY_CLEAR: u32 = 18;

// Control characters 0 … 31 by number.
// prettier-ignore
const CONTROL_KEYS: StaticArray<u32> = [
  0, KEY_HOME, KEY_LEFT, KEY_INTERRUPT, KEY_CLOSE, KEY_END, KEY_RIGHT, 0, // ^@ ^A ^B ^C ^D ^E ^F ^G
  KEY_BACKSPACE, 0, KEY_ENTER, KEY_KILL_AFTER, KEY_CLEAR, KEY_ENTER, KEY_DOWN, 0, // ^H tab LF ^K ^L CR ^N ^O
  KEY_UP, 0, 0, 0, 0, KEY_KILL_BEFORE, 0, KEY_KILL_WORD, // ^P ^Q ^R ^S ^T ^U ^V ^W
  0, 0, 0, 0, 0, 0, 0, 0,
];

const STATE_PLAIN: u32 = 0;
const STATE_ESCAPE: u32 = 1;
const STATE_CSI: u32 = 2;
const STATE_SS3: u32 = 3;

const ESC: u8 = 0x1b;
const CR: u8 = 0x0d;
const LF: u8 = 0x0a;

export class KeyDecoder {
  readonly text: StaticArray<u8> = new StaticArray<u8>(4);
  text_length: u32 = 0;
  private wanted: u32 = 0;
  private state: u32 = STATE_PLAIN;
  private number: u32 = 0;
  private modifier: u32 = 0;
  private after_return: bool = false;

  /** A key may have begun. */
  pass(state: State): void {
    state.bytes(changetype<usize>(this.text), 4);
    this.text_length = state.count(this.text_length, 4);
    this.wanted = state.count(this.wanted, 4);
    this.state = state.u32(this.state);
    this.number = state.u32(this.number);
    this.modifier = state.u32(this.modifier);
    this.after_return = state.flag(this.after_return);
  }

  feed(byte: u8): u32 {
    // a sequence that was cut off: a control character is no part of any, and does what it always does
    if (byte < 0x20) this.state = STATE_PLAIN;
    if (this.state == STATE_ESCAPE) return this.escape(byte);
    if (this.state == STATE_CSI) return this.csi(byte);
    if (this.state == STATE_SS3) {
      this.state = STATE_PLAIN;
      return letter_key(byte, 0);
    }
    if (this.wanted > 0) {
      if ((byte & 0xc0) == 0x80) return this.continuation(byte);
      this.wanted = 0; // a broken character: forget it, take the byte for itself
    }
    const second_of_pair = this.after_return && byte == LF;
    this.after_return = byte == CR;
    if (second_of_pair) return KEY_NONE;
    if (byte == ESC) {
      this.state = STATE_ESCAPE;
      return KEY_NONE;
    }
    if (byte == 0x7f) return KEY_BACKSPACE;
    if (byte == 0x09) return this.character(0x20); // no completion: a tab is a space
    if (byte < 0x20) return unchecked(CONTROL_KEYS[byte]);
    if (byte < 0x80) return this.character(byte);
    return this.lead(byte);
  }

  private character(byte: u8): u32 {
    unchecked((this.text[0] = byte));
    this.text_length = 1;
    return KEY_TEXT;
  }

  private lead(byte: u8): u32 {
    if (byte < 0xc2 || byte > 0xf4) return KEY_NONE; // not the start of a UTF-8 character
    unchecked((this.text[0] = byte));
    this.text_length = 1;
    this.wanted = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    return KEY_NONE;
  }

  private continuation(byte: u8): u32 {
    unchecked((this.text[this.text_length++] = byte));
    return --this.wanted == 0 ? KEY_TEXT : KEY_NONE;
  }

  private escape(byte: u8): u32 {
    this.state = STATE_PLAIN;
    this.number = 0;
    this.modifier = 0;
    if (byte == 0x5b)
      this.state = STATE_CSI; // [
    else if (byte == 0x4f)
      this.state = STATE_SS3; // O
    else if (byte == 0x62)
      return KEY_WORD_LEFT; // b
    else if (byte == 0x66)
      return KEY_WORD_RIGHT; // f
    else if (byte == 0x7f) return KEY_KILL_WORD;
    return KEY_NONE;
  }

  private csi(byte: u8): u32 {
    if (byte >= 0x30 && byte <= 0x39) {
      this.number = (this.number * 10 + (byte - 0x30)) % 10_000;
      return KEY_NONE;
    }
    if (byte == 0x3b) {
      this.modifier = 1; // the first number ends; what follows is the modifier (5 = control, 3 = alt)
      this.number = 0;
      return KEY_NONE;
    }
    if (byte < 0x40) return KEY_NONE; // other parameter and intermediate bytes
    this.state = STATE_PLAIN;
    if (byte != 0x7e) return letter_key(byte, this.modifier != 0 ? this.number : 0);
    if (this.modifier != 0) return KEY_NONE;
    if (this.number == 1 || this.number == 7) return KEY_HOME;
    if (this.number == 4 || this.number == 8) return KEY_END;
    return this.number == 3 ? KEY_DELETE : KEY_NONE;
  }
}

function letter_key(byte: u8, modifier: u32): u32 {
  if (byte == 0x41) return KEY_UP;
  if (byte == 0x42) return KEY_DOWN;
  if (byte == 0x43) return modifier != 0 ? KEY_WORD_RIGHT : KEY_RIGHT;
  if (byte == 0x44) return modifier != 0 ? KEY_WORD_LEFT : KEY_LEFT;
  if (byte == 0x48) return KEY_HOME;
  return byte == 0x46 ? KEY_END : KEY_NONE;
}
