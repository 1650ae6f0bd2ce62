// What a replayed input tells, and what a finding says.
import * as host from "./host";

export function say(text: string): void {
  for (let i = 0; i < text.length; i++) host.put(text.charCodeAt(i));
}

export function say_number(value: i64): void {
  let number = <u64>value;
  if (value < 0) {
    say("-");
    number = <u64>-value;
  }
  if (number >= 10) say_number(<i64>(number / 10));
  host.put(48 + <u32>(number % 10));
}

export function say_hexadecimal(value: u64): void {
  if (value >= 16) say_hexadecimal(value >> 4);
  host.put("0123456789abcdef".charCodeAt(<i32>(value & 15)));
}

/** One line of a replay: what was done, with two words of it, and what came of it. */
export function tell(what: string, first: u64, second: u64, answer: i64): void {
  if (host.is_told() == 0) return;
  say("\n");
  say(what);
  say(" 0x");
  say_hexadecimal(first);
  say(" 0x");
  say_hexadecimal(second);
  say(" = ");
  say_number(answer);
}

/** The judge's word: what must hold, and does not. */
export function finding(what: string, value: u64 = 0): void {
  say("\n");
  say(what);
  say(" 0x");
  say_hexadecimal(value);
  host.fail();
}

export function must(holds: bool, what: string, value: u64 = 0): void {
  if (!holds) finding(what, value);
}

/** An answer of a service: data, or an error of the list (kernel/abi/errors.ts). */
export function must_be_answer(answer: i64): void {
  must(answer >= -63, "an answer that is no error of the list", <u64>answer);
}
