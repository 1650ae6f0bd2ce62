// The host's side of the console protocol: whatever the guest frames comes out whole, however the line cuts it up.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Channel, encodeInput, MuxDecoder } from "../../../scripts/phi/mux.ts";

interface Seen {
  stdout: number[];
  stderr: number[];
  log: number[];
  ready: number;
  status: number[];
}

function decode(pieces: readonly Uint8Array[]): Seen {
  const seen: Seen = { stdout: [], stderr: [], log: [], ready: 0, status: [] };
  const decoder = new MuxDecoder({
    data: (channel, bytes) => seen[channel].push(...bytes),
    ready: () => seen.ready++,
    exit: (status) => seen.status.push(status),
  });
  for (const piece of pieces) decoder.push(piece);
  return seen;
}

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (list: readonly number[]): string => Buffer.from(list).toString("latin1");
const LETTER: Readonly<Record<Channel, string>> = { stdout: "o", stderr: "e", log: "l" };

describe("guest to host", () => {
  test("the example of the protocol's page", () => {
    const seen = decode([bytes("kernel log\n\x10r\x10ohi\n\x10x3;")]);
    expect(text(seen.log)).toBe("kernel log\n");
    expect(text(seen.stdout)).toBe("hi\n");
    expect(seen).toMatchObject({ ready: 1, status: [3] });
  });

  test("any frames survive any cut", () => {
    const frame = fc.tuple(
      fc.constantFrom<Channel>("stdout", "stderr", "log"),
      fc.uint8Array({ maxLength: 40 }).map((list) => list.map((byte) => (byte % 5 === 0 ? 0x10 : byte))),
    );
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.nat(60)), (frames, cuts) => {
        const expected: Record<Channel, number[]> = { stdout: [], stderr: [], log: [] };
        const line: number[] = [];
        for (const [channel, data] of frames) {
          expected[channel].push(...data);
          line.push(0x10, LETTER[channel].charCodeAt(0), ...encodeInput(data));
        }
        const pieces: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(Uint8Array.from(line.slice(at, at + cut)));
          at += cut;
        }
        pieces.push(Uint8Array.from(line.slice(at)));
        expect(decode(pieces)).toMatchObject(expected);
      }),
    );
  });

  test("what follows an exit status is log", () => {
    const seen = decode([bytes("\x10oout\x10x4294967295;bye")]);
    expect(text(seen.stdout)).toBe("out");
    expect(text(seen.log)).toBe("bye");
    expect(seen.status).toEqual([4294967295]);
  });

  test("a malformed exit frame tells no status", () => {
    expect(decode([bytes("\x10x;\x10x12a;\x10x99999999999;")]).status).toEqual([]);
  });

  test("a panic that cuts an escape in two still reaches the log", () => {
    const seen = decode([bytes("\x10oabc\x10"), bytes("\x10l\x10lpanic")]);
    expect(text(seen.log)).toBe("panic");
  });

  test("an unknown escape is dropped with its letter", () => {
    expect(text(decode([bytes("\x10oa\x10qb")]).stdout)).toBe("ab");
  });
});

test("input: a literal DLE is doubled and nothing else changes", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      const doubled = [...data].flatMap((byte) => (byte === 0x10 ? [0x10, 0x10] : [byte]));
      expect([...encodeInput(data)]).toEqual(doubled);
    }),
  );
});
