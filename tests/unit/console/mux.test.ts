// The multiplexed line's codec against docs/console-protocol.md.
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { type GuestFunction, guestFunctions } from "./guest.ts";

const COMPILE_LIMIT_MS = 60_000;
const OUTPUT = 1;
const ERROR = 2;
const LOG = 3;
const BYTE = 1;
const END = 2;
const INTERRUPT = 3;

let guest: Record<string, GuestFunction>;

function sent(): string {
  const bytes: number[] = [];
  for (let byte = guest["terminal_take"]!(); byte >= 0; byte = guest["terminal_take"]!()) bytes.push(byte);
  return Buffer.from(bytes).toString("latin1");
}

beforeAll(async () => {
  guest = await guestFunctions("tests/unit/console/guest/editor.ts");
}, COMPILE_LIMIT_MS);

it("names a channel only when it changes", () => {
  const put = (stream: number, text: string): void => {
    guest["mux_select"]!(stream);
    for (const byte of Buffer.from(text, "latin1")) guest["mux_put"]!(byte);
  };
  put(LOG, "a");
  put(OUTPUT, "b");
  put(OUTPUT, "c\x10");
  put(ERROR, "d");
  put(LOG, "e");
  expect(sent()).toBe("a\x10obc\x10\x10\x10ed\x10le");
});

it("sends the status in decimal; log follows without an escape", () => {
  for (const status of [0, 7, 134, 4294967295]) {
    guest["mux_select"]!(OUTPUT);
    sent();
    guest["mux_exit_status"]!(status);
    guest["mux_select"]!(LOG);
    expect(sent()).toBe(`\x10x${status};`);
  }
});

it("decodes input, end, interrupt and literal DLE, and drops unknown escapes", () => {
  const kinds = [...Buffer.from("a\x10\x10\x10D\x10C\x10?b", "latin1")].map((byte) => guest["mux_feed"]!(byte));
  expect(kinds).toEqual([BYTE, 0, BYTE, 0, END, 0, INTERRUPT, 0, 0, BYTE]);
});

it("carries any bytes of input unchanged", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      const received: number[] = [];
      for (const byte of data) {
        for (const raw of byte === 0x10 ? [0x10, 0x10] : [byte]) {
          if (guest["mux_feed"]!(raw) === BYTE) received.push(guest["mux_byte"]!());
        }
      }
      expect(received).toEqual([...data]);
    }),
  );
});
