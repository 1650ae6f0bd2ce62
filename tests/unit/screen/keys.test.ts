// What keys of a keyboard send: every printable character, control characters, sequences; and nothing at all for any other number.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuestFunction, guestFunctions } from "../console/guest.ts";

const MODULE = "tests/unit/screen/guest/keys.ts";
const COMPILE_LIMIT_MS = 60_000;
const [SHIFT, CONTROL, ALT, CAPITALS] = [42, 97, 56, 58];

let guest: Record<string, GuestFunction>;

function key(code: number, value = 1): string {
  const length = guest["press"]!(code, value);
  const memory = (guest as unknown as { memory: WebAssembly.Memory }).memory;
  return Buffer.from(memory.buffer, guest["place"]!(), length).toString("latin1");
}

/** Everything that can be typed with one key and what is held. */
function all(): string {
  return Array.from({ length: 58 }, (_, code) => code)
    .filter((code) => ![0, 29, SHIFT, 54, ALT, 58].includes(code))
    .map((code) => key(code))
    .join("");
}

beforeAll(() => guestFunctions(MODULE), COMPILE_LIMIT_MS);

beforeEach(async () => {
  guest = await guestFunctions(MODULE);
});

describe("keys", () => {
  it("send every printable character", () => {
    const plain = all();
    key(SHIFT);
    const shifted = all();
    const wanted = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    expect(wanted.filter((one) => !(plain + shifted).includes(one))).toEqual([]);
    expect(key(30)).toBe("A");
    expect(key(SHIFT, 0) + key(30)).toBe("a");
  });

  it("go up without a word, and repeat", () => {
    expect([key(30, 0), key(30, 1), key(30, 2), key(103, 0)]).toEqual(["", "a", "a", ""]);
  });

  it("with capitals locked send capitals of letters alone, and small ones with shift", () => {
    key(CAPITALS, 1);
    key(CAPITALS, 0);
    expect(key(30) + key(2)).toBe("A1");
    key(SHIFT);
    expect(key(30) + key(2)).toBe("a!");
    key(CAPITALS, 1);
    expect(key(30)).toBe("A");
  });

  it("with control or alt", () => {
    key(CONTROL);
    expect([key(46), key(38), key(105), key(102), key(111)]).toEqual([
      "\x03",
      "\x0c",
      "\x1b[1;5D",
      "\x1b[1;5H",
      "\x1b[3~",
    ]);
    guest["forget"]!();
    key(ALT);
    expect(key(48)).toBe("\x1bb");
  });

  it("of the cursor block and the keypad", () => {
    expect([102, 103, 104, 105, 106, 107, 108, 109, 110, 111].map((code) => key(code))).toEqual(
      [..."HA", "5~", ..."DCFB", "6~", "2~", "3~"].map((end) => `\x1b[${end}`),
    );
    expect([71, 83, 96, 98, 55].map((code) => key(code))).toEqual(["7", ".", "\r", "/", "*"]);
  });

  it("that are none send nothing", () => {
    for (const code of [0, 59, 70, 84, 99, 101, 112, 255, 767, 65535]) expect(key(code)).toBe("");
  });
});
