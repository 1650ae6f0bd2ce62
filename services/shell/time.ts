// Durations and calendar dates for people. The calendar is the proleptic Gregorian one; days to date by
// counting eras of 400 years that start on 1 March (as in H. Hinnant, "chrono-compatible low-level date algorithms").
import { Text } from "../lib/text";

const SECOND: u64 = 1_000_000_000;
const DAYS_IN_ERA: i64 = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS: i64 = 719_468;

/** `3 d 04:05:06.789`; the days only if there are any. */
export function put_duration(text: Text, duration_ns: u64): void {
  const seconds = duration_ns / SECOND;
  if (seconds >= 86_400) text.number(seconds / 86_400).string(" d ");
  put_clock(text, seconds % 86_400);
  text.byte(0x2e);
  put_digits(text, (duration_ns / 1_000_000) % 1000, 3);
}

/** `2026-11-21 22:53:03 UTC`; `time_ns` since 1970, not before it. */
export function put_date(text: Text, time_ns: u64): void {
  const seconds = time_ns / SECOND;
  const day = <i64>(seconds / 86_400) + EPOCH_DAYS;
  const era = day / DAYS_IN_ERA;
  const day_of_era = day % DAYS_IN_ERA;
  const year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
  const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const month_from_march = (5 * day_of_year + 2) / 153;
  const day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  put_digits(text, year, 4);
  text.byte(0x2d);
  put_digits(text, month, 2);
  text.byte(0x2d);
  put_digits(text, day_of_month, 2);
  text.byte(0x20);
  put_clock(text, seconds % 86_400);
  text.string(" UTC");
}

function put_clock(text: Text, seconds: u64): void {
  put_digits(text, seconds / 3600, 2);
  text.byte(0x3a);
  put_digits(text, (seconds / 60) % 60, 2);
  text.byte(0x3a);
  put_digits(text, seconds % 60, 2);
}

function put_digits(text: Text, value: u64, digits: u32): void {
  let scale: u64 = 1;
  for (let i: u32 = 1; i < digits; i++) scale *= 10;
  while (value / scale >= 10) scale *= 10;
  for (; scale > 0; scale /= 10) text.byte(<u8>(0x30 + ((value / scale) % 10)));
}
