// State that goes over to a successor (replace.ts), written and read by one list of calls, so that the two cannot differ:
//   this.count = state.u32(this.count)      saving: writes the value and answers it; reading: answers what was written.
// Invariant: once something did not fit or was out of its limit, is_whole is false and nothing more is stored or loaded.
import { E_FORMAT, E_FULL } from "../../kernel/abi/errors";
import { replaceable } from "./replace";

export class State {
  is_saving: bool = false;
  is_whole: bool = false;
  private start: usize = 0;
  private at: usize = 0;
  private end: usize = 0;

  /** `bytes` at `start` are written (saving) or read; a State is used again for each hand-over, for nothing is freed. */
  begin(start: usize, bytes: u32, is_saving: bool): State {
    this.start = start;
    this.at = start;
    this.end = start + bytes;
    this.is_saving = is_saving;
    this.is_whole = true;
    return this;
  }

  /** Bytes written or read so far. */
  get length(): u32 {
    return <u32>(this.at - this.start);
  }

  u32(value: u32): u32 {
    const place = this.take(4);
    if (place == 0) return value;
    if (!this.is_saving) return load<u32>(place);
    store<u32>(place, value);
    return value;
  }

  u64(value: u64): u64 {
    const low = this.u32(<u32>value);
    return (<u64>low) | ((<u64>this.u32(<u32>(value >> 32))) << 32);
  }

  flag(value: bool): bool {
    return this.u32(value ? 1 : 0) != 0;
  }

  /** A number of at most `limit`: what is read and exceeds it spoils the whole. */
  count(value: u32, limit: u32): u32 {
    const passed = this.u32(value);
    if (passed > limit) this.is_whole = false;
    return min(passed, limit);
  }

  /** Bytes that stay where they are. */
  bytes(data: usize, length: u32): void {
    const place = this.take(length);
    if (place == 0) return;
    if (this.is_saving) memory.copy(place, data, length);
    else memory.copy(data, place, length);
  }

  private take(length: u32): usize {
    if (!this.is_whole || this.end - this.at < <usize>length) {
      this.is_whole = false;
      return 0;
    }
    const place = this.at;
    this.at += length;
    return place;
  }
}

const passing = new State();
let passing_version: u32 = 0;
let pass_state: ((state: State) => void) | null = null;
let take_up: (() => i64) | null = null;

/**
 * For a service whose state one list of calls writes and reads: passes(VERSION, pass). Another version's state is refused. `begin`, if
 * there is one, runs in the successor when it has read all of it; what it answers below 0 undoes the replacement.
 */
export function passes(version: u32, pass: (state: State) => void, begin: (() => i64) | null = null): void {
  passing_version = version;
  pass_state = pass;
  take_up = begin;
  replaceable(save_passed, take_passed);
}

function save_passed(at: usize, limit: u32): i64 {
  passing.begin(at, limit, true);
  passing.u32(passing_version);
  pass_state!(passing);
  return passing.is_whole ? passing.length : E_FULL;
}

function take_passed(at: usize, length: u32): i64 {
  passing.begin(at, length, false);
  if (passing.u32(0) != passing_version) return E_FORMAT;
  pass_state!(passing);
  if (!passing.is_whole || passing.length != length) return E_FORMAT;
  return take_up == null ? 0 : take_up!();
}
