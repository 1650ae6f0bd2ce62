// `phi trace`: what the shell exports becomes slices, tracks and marks; what is not a record is passed over.
import { describe, expect, it } from "vitest";
import { parseTrace, traceEvents } from "../../../scripts/phi/trace.ts";

const SCALE = 2n ** 32n / 2n; // a tick is half a nanosecond
const text = [
  "2026-11-22 01:02:03 UTC",
  `trace 1 ${SCALE} 1000 9`,
  "domain 3 console",
  "domain 5 shell",
  "1000 1 0 0 5 5",
  "3000 2 0 5 3 0",
  "4000 3 0 3 32 18446744073709551615",
  "5000 8 0 3 18446744073709551611 0",
  "7000 1 0 5 0 0",
  "8000 2 1 5 3 0",
].join("\r\n");

describe("a trace", () => {
  it("is read with its names, its times in nanoseconds, and how much the ring had lost", () => {
    const trace = parseTrace(text);
    expect(trace.names.get(5)).toBe("shell");
    expect(trace.records.map((record) => record.time_ns)).toEqual([0, 1000, 1500, 2000, 3000, 3500]);
    expect(trace.lost).toBe(3);
  });

  it("becomes a slice on the server's track for each call, with its client and its answer", () => {
    const slices = traceEvents(parseTrace(text), "x86_64");
    expect(slices.find((slice) => slice.name === "call of shell")).toMatchObject({
      ...{ ph: "X", pid: 1, tid: 3, ts: 1, dur: 1 },
      args: { client: "shell", answer: "-5" },
    });
    expect(slices.find((slice) => slice.pid === 2 && slice.ph === "X")).toMatchObject({ name: "shell", ts: 0, dur: 3 });
    expect(slices.find((slice) => slice.name === "interrupt")).toMatchObject({ ph: "i", tid: 3, ts: 1.5 });
    expect(slices.filter((slice) => slice.ph === "M").map((slice) => slice.args?.["name"])).toContain("CPU 1");
  });

  it("that is none is refused", () => {
    expect(() => parseTrace("hello\n")).toThrow(/exported no trace/);
  });
});
