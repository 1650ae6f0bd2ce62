// The clock chips' registers to seconds since 1970, against JavaScript's own calendar.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type GuestFunction, guestFunctions } from "../console/guest.ts";

const MODULE = "tests/unit/clock/guest/registers.ts";
const COMPILE_LIMIT_MS = 60_000;
const BINARY = 4;
const HOURS_24 = 2;

/** Answers device_load from a chip; `update` = how many looks the chip is busy. */
interface Chip {
  registers: Map<number, number>;
  updateLooks: number;
  words?: readonly [number, number];
}

let chip: Chip;
let selected = 0;
let guest: Record<string, GuestFunction>;

const phi = {
  device_store: (_device: bigint, _place: bigint, value: bigint): bigint => {
    selected = Number(value);
    return 0n;
  },
  device_load: (_device: bigint, place: bigint): bigint => {
    if (chip.words !== undefined) return BigInt(chip.words[Number(place & 0xffn) / 4] ?? 0);
    if (selected === 0x0a) return chip.updateLooks-- > 0 ? 0x80n : 0n;
    return BigInt(chip.registers.get(selected) ?? 0);
  },
};

function cmos(date: Date, format: number): Chip {
  const code = (value: number): number =>
    (format & BINARY) !== 0 ? value : Math.floor(value / 10) * 16 + (value % 10);
  const hour = date.getUTCHours();
  const hours = (format & HOURS_24) !== 0 ? code(hour) : code(hour % 12 || 12) | (hour >= 12 ? 0x80 : 0);
  const registers = new Map([
    [0x00, code(date.getUTCSeconds())],
    [0x02, code(date.getUTCMinutes())],
    [0x04, hours],
    [0x07, code(date.getUTCDate())],
    [0x08, code(date.getUTCMonth() + 1)],
    [0x09, code(date.getUTCFullYear() % 100)],
    [0x0b, format],
    [0x32, code(Math.floor(date.getUTCFullYear() / 100))],
  ]);
  return { registers, updateLooks: 3 };
}

function isSensible(): boolean {
  return (guest["is_sensible"] as unknown as WebAssembly.Global).value === 1;
}

beforeAll(async () => {
  guest = await guestFunctions(MODULE, { phi });
}, COMPILE_LIMIT_MS);

describe("clock", () => {
  it("reads the PC's chip in all four of its formats", () => {
    const dates = fc.date({ min: new Date("1970-01-02"), max: new Date("2105-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(dates, fc.constantFrom(0, BINARY, HOURS_24, BINARY | HOURS_24), (date, format) => {
        chip = cmos(date, format);
        expect(guest["read_cmos"]!(1n)).toBe(BigInt(Math.floor(date.getTime() / 1000)));
        expect(isSensible()).toBe(true);
      }),
    );
  });

  it("calls a dead or absurd chip what it is, and does not wait for ever", () => {
    chip = { registers: new Map(), updateLooks: Number.POSITIVE_INFINITY };
    expect(guest["read_cmos"]!(1n)).toBe(0n);
    expect(isSensible()).toBe(false);
    chip = { registers: new Map(Array.from({ length: 256 }, (_, i) => [i, 0xff])), updateLooks: 0 };
    expect(guest["read_cmos"]!(1n)).toBe(0n);
    expect(isSensible()).toBe(false);
  });

  it("reads the goldfish chip's nanoseconds", () => {
    const ns = 1_795_301_583_123_456_789n;
    chip = { registers: new Map(), updateLooks: 0, words: [Number(ns & 0xffff_ffffn), Number(ns >> 32n)] };
    expect(guest["read_goldfish"]!(1n)).toBe(ns / 1_000_000_000n);
    expect(isSensible()).toBe(true);
    chip = { registers: new Map(), updateLooks: 0, words: [0, 0] };
    expect(guest["read_goldfish"]!(1n)).toBe(0n);
    expect(isSensible()).toBe(false);
  });
});
