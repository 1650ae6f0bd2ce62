// The work of drivers under test between the machine and who sits at it: a display that takes over what is written on the screen, and a keyboard on which
// the host holds one key after the other (run.ts). Called by campaign.ts.
import { Gpu, METHOD_DISPLAY } from "../../../../build/interfaces/virtio-gpu/client";
import {
  EVENT_BYTES,
  EVENT_KEY,
  EVENT_SYNCHRONISE,
  Input,
  METHOD_CODES,
  METHOD_EVENTS,
  METHOD_NAME,
} from "../../../../build/interfaces/virtio-input/client";
import { E_ABSENT } from "../../../../services/lib/errors";
import { reply_word } from "../../../../services/lib/message";
import { now_ns } from "../../../../services/lib/notification";
import { ENDED, FINE, outcome_of, pause, SILENT, Victim, WRONG } from "./victim";

/** The emulator's display. */
const WIDTH: u64 = 1280;
const HEIGHT: u64 = 800;
/** The screen draws at most every 20 ms, and a display that begins takes over all of it. */
const DISPLAY_PATIENCES: u64 = 4;
const KEYBOARD: string = "QEMU Virtio Keyboard";
/** The key that the host presses: Linux's number of A. */
const KEY: u32 = 30;
const EVENTS: u32 = 8;

export class DisplayVictim extends Victim {
  private shown: u64 = 0;

  constructor(client: Gpu) {
    super("virtio-gpu", client.endpoint, client.buffer, client.buffer_bytes);
    this.rounds = 3;
  }

  /** A driver that has just begun has no display yet. */
  private display(deadline_ns: u64): u32 {
    let answer = this.ask(METHOD_DISPLAY);
    for (; answer == E_ABSENT && now_ns() < deadline_ns; answer = this.ask(METHOD_DISPLAY)) pause();
    if (answer == E_ABSENT) return SILENT;
    if (answer < 0) return outcome_of(answer);
    this.shown = reply_word(3);
    return reply_word(1) == WIDTH && reply_word(2) == HEIGHT ? FINE : WRONG;
  }

  /** What the bystander writes must be taken over. */
  work(_random: u64): u32 {
    const deadline_ns = now_ns() + this.patience_ns * DISPLAY_PATIENCES;
    let outcome = this.display(deadline_ns);
    const before = this.shown;
    while (outcome == FINE && this.shown == before) {
      if (now_ns() > deadline_ns) return SILENT;
      pause();
      outcome = this.display(deadline_ns);
    }
    // It counts from 0 again: this one is another.
    return outcome == FINE && this.shown < before ? ENDED : outcome;
  }

  verify(): u32 {
    return this.work(0);
  }
}

export class KeyboardVictim extends Victim {
  constructor(client: Input) {
    super("virtio-input", client.endpoint, client.buffer, client.buffer_bytes);
  }

  private name_is_right(): u32 {
    const answer = this.ask(METHOD_NAME);
    if (answer < 0) return outcome_of(answer);
    // The emulator counts the string's end too.
    if (answer != KEYBOARD.length + 1) return WRONG;
    for (let i = 0; i < KEYBOARD.length; i++) if (load<u8>(this.buffer + i) != <u8>KEYBOARD.charCodeAt(i)) return WRONG;
    return FINE;
  }

  private codes_are_right(): u32 {
    const answer = this.ask(METHOD_CODES, EVENT_KEY);
    if (answer < 0) return outcome_of(answer);
    const is_known = answer > <i64>(KEY >> 3) && ((load<u8>(this.buffer + (KEY >> 3)) >> (<u8>(KEY & 7))) & 1) != 0;
    return is_known ? FINE : WRONG;
  }

  /** Whatever was typed in the meantime, no more and nothing else. */
  private events(limit: u32): u32 {
    const answer = this.ask(METHOD_EVENTS, limit * EVENT_BYTES);
    if (answer < 0) return outcome_of(answer);
    if (answer == 0 || answer > <i64>(limit * EVENT_BYTES) || answer % EVENT_BYTES != 0) return WRONG;
    for (let at: u32 = 0; at < <u32>answer; at += EVENT_BYTES) {
      const kind = load<u16>(this.buffer + at),
        code = load<u16>(this.buffer + at, 2),
        value = load<u32>(this.buffer + at, 4);
      if (kind == EVENT_KEY && code == KEY && value <= 1) continue;
      if (kind != EVENT_SYNCHRONISE || code != 0 || value != 0) return WRONG;
    }
    return FINE;
  }

  work(random: u64): u32 {
    switch (<u32>(random % 8)) {
      case 0:
        return this.name_is_right();
      case 1:
        return this.codes_are_right();
      default:
        return this.events(1 + <u32>((random >> 8) % EVENTS));
    }
  }

  verify(): u32 {
    let outcome = this.name_is_right();
    if (outcome == FINE) outcome = this.codes_are_right();
    return outcome == FINE ? this.events(EVENTS) : outcome;
  }
}
