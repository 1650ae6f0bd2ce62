// `phi trace`: boots an image, records what the kernel does while shell commands run, and writes a file that Perfetto
// (ui.perfetto.dev) and Chrome's tracing page open: the JSON of the Trace Event Format, one process, a track for each instance
// (what ran there, calls inside), one for each CPU (whose thread it ran), and marks for signals, interrupts and traps.

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { loadAbi } from "../../linker/abi/constants.ts";
import { CliFailure, checkWritable } from "./failure.ts";
import { ROOT } from "./paths.ts";

/** One record of the kernel's ring, as the shell's `trace export` prints it (kernel/abi/trace.ts). */
export interface TraceRecord {
  readonly time_ns: number;
  readonly event: number;
  readonly cpu: number;
  readonly domain: number;
  readonly a: bigint;
  readonly b: bigint;
}

export interface Trace {
  readonly names: ReadonlyMap<number, string>;
  readonly records: readonly TraceRecord[];
  /** Events that the ring no longer held. */
  readonly lost: number;
}

/** Reads what `trace export` printed; anything before its first line is a command's own output. */
export function parseTrace(text: string): Trace {
  const lines = text.replaceAll("\r", "").split("\n");
  const first = lines.findIndex((line) => /^trace 1 \d+ \d+ \d+$/.test(line));
  if (first < 0) throw new CliFailure("the guest exported no trace", "does the image's shell hold the right trace?");
  const [scale = 0n, start = 0n, written = 0n] = (lines[first] as string).split(" ").slice(2).map(BigInt);
  const names = new Map<number, string>();
  const records: TraceRecord[] = [];
  for (const line of lines.slice(first + 1)) {
    const words = line.split(" ");
    if (words[0] === "domain" && words.length === 3) {
      names.set(Number(words[1]), words[2] as string);
    } else if (/^\d+( \d+){5}$/.test(line)) {
      const ticks = BigInt(words[0] as string) - start;
      records.push({
        time_ns: Number((ticks * scale) >> 32n),
        event: Number(words[1]),
        cpu: Number(words[2]),
        domain: Number(words[3]),
        a: BigInt(words[4] as string),
        b: BigInt(words[5] as string),
      });
    }
  }
  return { names, records, lost: Number(written) - records.length };
}

interface Slice {
  readonly name: string;
  readonly ph: "X" | "i" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly s?: "t";
  readonly args?: Readonly<Record<string, string | number>>;
}

const INSTANCES = 1;
const PROCESSORS = 2;

/** The trace as events of the Trace Event Format; times in microseconds. */
export function traceEvents(trace: Trace, arch: Architecture): Slice[] {
  const abi = loadAbi(ROOT, arch);
  const number = (name: string): number => abi.number(`TRACE_${name}`);
  const name = (place: number): string => (place === 0 ? "idle" : (trace.names.get(place) ?? `domain ${place}`));
  const slices: Slice[] = [
    { name: "process_name", ph: "M", pid: INSTANCES, tid: 0, args: { name: "instances" } },
    { name: "process_name", ph: "M", pid: PROCESSORS, tid: 0, args: { name: "processors" } },
  ];
  const places = new Set(trace.records.map((record) => record.domain).filter((place) => place !== 0));
  for (const place of places)
    slices.push({ name: "thread_name", ph: "M", pid: INSTANCES, tid: place, args: { name: name(place) } });
  const processors = new Map<number, { from: number; name: string }>();
  for (const record of trace.records) {
    if (!processors.has(record.cpu))
      slices.push({
        name: "thread_name",
        ph: "M",
        pid: PROCESSORS,
        tid: record.cpu,
        args: { name: `CPU ${record.cpu}` },
      });
    const now = record.time_ns / 1000;
    const running = processors.get(record.cpu) ?? { from: now, name: "" };
    processors.set(record.cpu, running);
    if (record.event === number("SWITCH")) {
      if (running.name !== "") slices.push(slice(running.name, PROCESSORS, record.cpu, running.from, now));
      processors.set(record.cpu, { from: now, name: name(Number(record.b)) });
    } else if (record.event !== number("CALL") && record.event !== number("RETURN")) {
      slices.push({
        name: describe(record, number),
        ph: "i",
        pid: INSTANCES,
        tid: record.domain,
        ts: now,
        s: "t",
        args: { a: `0x${record.a.toString(16)}`, b: `0x${record.b.toString(16)}` },
      });
    }
  }
  return [...slices, ...calls(trace, name, number("CALL"), number("RETURN"))];
}

/** A slice on the server's track for each call whose begin and end were recorded. */
function calls(trace: Trace, name: (place: number) => string, call: number, returned: number): Slice[] {
  const open = new Map<number, { from: number; client: number }>();
  const slices: Slice[] = [];
  for (const record of trace.records) {
    const now = record.time_ns / 1000;
    if (record.event === call) open.set(Number(record.a), { from: now, client: record.domain });
    else if (record.event === returned) {
      const begun = open.get(record.domain);
      if (begun === undefined) continue;
      open.delete(record.domain);
      const answer = BigInt.asIntN(64, record.a).toString();
      slices.push({
        ...slice(`call of ${name(begun.client)}`, INSTANCES, record.domain, begun.from, now),
        args: { client: name(begun.client), answer },
      });
    }
  }
  return slices;
}

function slice(name: string, pid: number, tid: number, from: number, to: number): Slice {
  return { name, ph: "X", pid, tid, ts: from, dur: Math.max(to - from, 0) };
}

function describe(record: TraceRecord, number: (name: string) => number): string {
  for (const name of ["INTERRUPT", "TRAP", "SIGNAL", "START", "END"])
    if (record.event === number(name)) return name.toLowerCase();
  return `event ${record.event}`;
}

export interface TraceOptions {
  readonly arch: Architecture;
  readonly image: string;
  readonly exec: string;
  readonly output: string;
  readonly smp?: number;
  readonly memory?: string;
  readonly machine?: string;
  readonly timeout_ms?: number;
  readonly icount: boolean;
  readonly verbose: boolean;
}

/** Boots, records, writes the file, says what is in it. */
export async function runTrace(options: TraceOptions): Promise<number> {
  const file = resolve(options.output);
  checkWritable(file);
  const chunks: Uint8Array[] = [];
  const { runBoot } = await import("./boot.ts");
  const status = await runBoot({
    ...options,
    exec: `trace on; ${options.exec}; trace off; trace export`,
    onOutput: (bytes: Uint8Array) => chunks.push(Uint8Array.from(bytes)),
  });
  if (status !== 0) return status;
  const trace = parseTrace(Buffer.concat(chunks).toString("utf8"));
  writeFileSync(file, JSON.stringify({ traceEvents: traceEvents(trace, options.arch), displayTimeUnit: "ns" }));
  const lost = trace.lost > 0 ? ` (${trace.lost} older ones no longer in the ring)` : "";
  process.stdout.write(
    `${options.output}: ${trace.records.length} events of ${trace.names.size} instances${lost}. Open it at https://ui.perfetto.dev, or in chrome://tracing.\n`,
  );
  return 0;
}
