// A replayed input tells what it does, one gate a line; a fuzzed one is silent until there is a finding.
import * as host from "./host";

export function told(): bool {
  return host.host_is_told() != 0;
}

export function say(text: string): void {
  for (let i = 0; i < text.length; i++) host.host_put(text.charCodeAt(i));
}

export function say_number(value: i64): void {
  if (value < 0) {
    host.host_put(45);
    value = -value;
  }
  const number = <u64>value;
  if (number >= 0x1_0000_0000) {
    say_number(<i64>(number & 0xffff_ffff));
    say("@");
    say_number(<i64>(number >> 32));
    return;
  }
  if (number >= 10) say_number(<i64>(number / 10));
  host.host_put(48 + <u32>(number % 10));
}

/** "\n[domain] name(a, b, c)" */
export function tell(who: u32, name: string, a: f64 = -0.5, b: f64 = -0.5, c: f64 = -0.5, d: f64 = -0.5): void {
  if (!told()) return;
  say("\n[");
  say_number(who);
  say("] ");
  say(name);
  say("(");
  if (a != -0.5) argument(a, true);
  if (b != -0.5) argument(b, false);
  if (c != -0.5) argument(c, false);
  if (d != -0.5) argument(d, false);
  say(")");
}

function argument(value: f64, is_first: bool): void {
  if (!is_first) say(", ");
  if (value >= 9223372036854775808.0) say("huge");
  else say_number(<i64>value);
}

export function tell_answer(answer: i64): void {
  if (!told()) return;
  say(" = ");
  say_number(answer);
}
