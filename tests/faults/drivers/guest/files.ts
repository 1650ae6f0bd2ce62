// The work of the driver under test that hands out a directory of the host's: files are made, written, read, compared and removed. Called by campaign.ts.
import {
  Files,
  KIND_FILE,
  METHOD_CREATE,
  METHOD_FORGET,
  METHOD_LOOKUP,
  METHOD_READ,
  METHOD_ROOT,
  METHOD_SYNC,
  METHOD_UNLINK,
  METHOD_WRITE,
  UNLINK_FILE,
} from "../../../../build/interfaces/files/client";
import { reply_word } from "../../../../services/lib/message";
import { Text } from "../../../../services/lib/text";
import { FINE, outcome_of, Victim, WRONG } from "./victim";

const BYTES: u32 = 2000;

export class FilesVictim extends Victim {
  private number: u64 = 0;
  private root: u64 = 0;
  private readonly name_text: Text;

  constructor(client: Files) {
    super("ninep", client.endpoint, client.buffer, client.buffer_bytes);
    this.name_text = new Text(client.buffer, 32);
  }

  is_new(): void {
    this.root = 0;
  }

  private find_root(): i64 {
    const answer = this.ask(METHOD_ROOT);
    if (answer >= 0) this.root = reply_word(1);
    return answer;
  }

  private set_name(): u64 {
    this.name_text.clear().string("file-").number(this.number);
    return (<u64>this.name_text.length) << 32;
  }

  private fill(): void {
    for (let at: u32 = 0; at < BYTES; at += 8) store<u64>(this.buffer + at, (this.number << 32) ^ at);
  }

  private is_right(): bool {
    for (let at: u32 = 0; at < BYTES; at += 8)
      if (load<u64>(this.buffer + at) != ((this.number << 32) ^ at)) return false;
    return true;
  }

  private look(node: u64): u32 {
    this.fill();
    let answer = this.ask(METHOD_WRITE, node, 0, (<u64>BYTES) << 32);
    if (answer < 0) return outcome_of(answer);
    if (answer != BYTES) return WRONG;
    answer = this.ask(METHOD_SYNC, node);
    if (answer < 0) return outcome_of(answer);
    memory.fill(this.buffer, 0xee, BYTES);
    answer = this.ask(METHOD_READ, node, 0, BYTES);
    if (answer < 0) return outcome_of(answer);
    return answer == BYTES && this.is_right() ? FINE : WRONG;
  }

  work(_random: u64): u32 {
    if (this.root == 0) {
      const known = this.find_root();
      if (known < 0) return outcome_of(known);
    }
    this.number++;
    const made = this.ask(METHOD_CREATE, this.root, this.set_name(), KIND_FILE);
    if (made < 0) return outcome_of(made);
    const outcome = this.look(<u64>made);
    if (outcome != FINE) return outcome;
    let answer = this.ask(METHOD_LOOKUP, this.root, this.set_name());
    if (answer >= 0) answer = this.ask(METHOD_FORGET, reply_word(1));
    if (answer >= 0) answer = this.ask(METHOD_FORGET, <u64>made);
    if (answer >= 0) answer = this.ask(METHOD_UNLINK, this.root, this.set_name(), UNLINK_FILE);
    return outcome_of(answer);
  }

  verify(): u32 {
    const known = this.find_root();
    return known < 0 ? outcome_of(known) : this.work(0);
  }
}
