// The two clock chips of the machines ΦOS boots on, read once at start. Answers are seconds since 1970.
// PC: MC146818 (index at register 0, data at register 1). Virtual boards: goldfish (a 64-bit count of nanoseconds).
import { load_register, store_register } from "../lib/device";

const CMOS_INDEX: u32 = 0;
const CMOS_DATA: u32 = 1;
const CMOS_SECONDS: u32 = 0x00;
const CMOS_MINUTES: u32 = 0x02;
const CMOS_HOURS: u32 = 0x04;
const CMOS_DAY: u32 = 0x07;
const CMOS_MONTH: u32 = 0x08;
const CMOS_YEAR: u32 = 0x09;
const CMOS_STATUS_A: u32 = 0x0a;
const CMOS_STATUS_B: u32 = 0x0b;
const CMOS_CENTURY: u32 = 0x32;
const UPDATE_IN_PROGRESS: u32 = 0x80;
const IS_BINARY: u32 = 0x04;
const IS_24_HOURS: u32 = 0x02;
const AFTERNOON: u32 = 0x80;
/** An update takes 2 ms at most; more looks than that needs mean a dead chip. */
const UPDATE_LOOKS: u32 = 100_000;

const GOLDFISH_TIME_LOW: u32 = 0;
const GOLDFISH_TIME_HIGH: u32 = 4;

/** Set by read_cmos and read_goldfish: false when the chip gives no sensible time. */
export let is_sensible: bool = false;

export function read_cmos(device: u64): u64 {
  is_sensible = false;
  // Two equal readings outside an update: no field changed between them.
  let before = cmos_seconds(device);
  for (let attempt = 0; attempt < 4; attempt++) {
    const again = cmos_seconds(device);
    if (again == before) {
      is_sensible = again != 0;
      return again;
    }
    before = again;
  }
  return 0;
}

/** The low word latches the high one (goldfish_rtc). */
export function read_goldfish(device: u64): u64 {
  const low = load_register(device, GOLDFISH_TIME_LOW, 4);
  const high = load_register(device, GOLDFISH_TIME_HIGH, 4);
  is_sensible = low >= 0 && high > 0;
  return is_sensible ? (((<u64>high) << 32) | ((<u64>low) & 0xffff_ffff)) / 1_000_000_000 : 0;
}

function cmos_seconds(device: u64): u64 {
  let looks: u32 = 0;
  while ((cmos(device, CMOS_STATUS_A) & UPDATE_IN_PROGRESS) != 0) if (++looks > UPDATE_LOOKS) return 0;
  const format = cmos(device, CMOS_STATUS_B);
  const hours = cmos(device, CMOS_HOURS);
  let hour = decode(hours & ~AFTERNOON, format);
  if ((format & IS_24_HOURS) == 0) hour = (hour % 12) + ((hours & AFTERNOON) != 0 ? 12 : 0);
  const century = decode(cmos(device, CMOS_CENTURY), format);
  const year = decode(cmos(device, CMOS_YEAR), format) + (century >= 19 && century <= 21 ? century * 100 : 2000);
  const month = decode(cmos(device, CMOS_MONTH), format);
  const day = decode(cmos(device, CMOS_DAY), format);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || year < 1970) return 0;
  const minute = decode(cmos(device, CMOS_MINUTES), format);
  const second = decode(cmos(device, CMOS_SECONDS), format);
  return seconds_of(year, month, day) + hour * 3600 + minute * 60 + second;
}

function cmos(device: u64, index: u32): u32 {
  store_register(device, CMOS_INDEX, 1, index);
  return <u32>load_register(device, CMOS_DATA, 1);
}

/** Binary-coded decimal unless the chip says binary. */
function decode(value: u32, format: u32): u32 {
  return (format & IS_BINARY) != 0 ? value : (value >> 4) * 10 + (value & 15);
}

/** Midnight of a date of the Gregorian calendar, from 1970 on; years are counted from March. */
export function seconds_of(year: u32, month: u32, day: u32): u64 {
  const shifted = month <= 2 ? year - 1 : year;
  const months_from_march = (month + 9) % 12;
  const days =
    365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months_from_march + 2) / 5 + day - 1;
  return <u64>(days - 719_468) * 86_400;
}
