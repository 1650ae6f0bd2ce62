// The world around the shell in tests: console, init, clock and System capability as plain TypeScript behind the gate
// `call`, the way the generated client packs words (span = offset | length << 32 in the client's buffer).

import { guestFunctions } from "../console/guest.ts";
import { type StartupEntry, writeStartup } from "../console/startup.ts";

const PARAMETERS = 0x8001_0000;
const BUFFER = { console: 0x8002_0000, init: 0x8003_0000, clock: 0x8004_0000 } as const;
const BUFFER_BYTES = 0x4000;
const LOG = 0xb000_0000;
const TRACE = 0xb010_0000;
const HANDLE = { console: 11n, init: 12n, clock: 13n, system: 14n };
const MEMORY_PAGES = (TRACE + 0x10_0000) / 65536;
const E_NOT_FOUND = -33n;
const E_CANCELLED = -16n;
const INFO_LOG_REGION = 9n;
const INFO_TRACE_REGION = 10n;
const INFO_FRAMES_KERNEL = 15n;

class PowerOff extends Error {}

export interface Unit {
  id: number;
  name: string;
  fields: Record<number, number>;
  caps?: { handle: bigint; type: number; rights: number; badge: bigint; object: number; parent?: bigint }[];
}

/** What happened during a session. */
export class World {
  output = "";
  errors = "";
  exitStatus: number | undefined;
  power: number | undefined;
  calls: string[] = [];
  units: Unit[] = [
    { id: 1, name: "init", fields: { 256: 1, 0: 3, 5: 40960, 6: 1 << 20, 10: 0, 259: 1 } },
    {
      id: 2,
      name: "console",
      fields: { 256: 1, 0: 2, 5: 20 << 20, 9: 0, 259: 1, 257: 2, 265: 17 },
      caps: [
        { handle: (1n << 32n) | 4n, type: 8, rights: 3, badge: 0n, object: 77 },
        { handle: (2n << 32n) | 5n, type: 3, rights: 0x8001, badge: 0x102n, object: 78, parent: (1n << 32n) | 3n },
      ],
    },
  ];
  modules = ["hello", "lua"];
  /** Status and trap that `wait` answers. */
  ends: [number, number] = [0, 0];
  /** What `replace` answers: how long callers waited, how much state went over. */
  replaced: [bigint, bigint] = [12_345_678n, 24n];
  realtime = 1_795_301_583_000_000_000n;
  /** What the kernel says it has: frames in use less those that domains paid for. */
  kernelFrames = 300n;
  log = "";
  tty = false;
  private memory!: WebAssembly.Memory;
  private lines: (string | null)[] = [];

  /** Runs a whole session: `exec`, or lines that a person enters (null = ^C), then the end of input. */
  async run(session: { exec: string } | { lines: (string | null)[] }): Promise<World> {
    this.lines = "lines" in session ? session.lines : [];
    const exec = "exec" in session ? `exec=${session.exec.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n` : "";
    this.memory = new WebAssembly.Memory({ initial: 0 });
    const gates = this.gates();
    const functions = await guestFunctions(
      "services/shell/index.ts",
      { phi: gates, env: {} },
      MEMORY_PAGES,
      (memory) => {
        this.memory = memory;
        this.prepare(exec);
      },
    );
    try {
      functions["start"]!();
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error;
    }
    return this;
  }

  private gates(): Record<string, (...words: bigint[]) => bigint> {
    const call = (endpoint: bigint, method: bigint, ...words: bigint[]): bigint =>
      this.call(endpoint, Number(method), words);
    return {
      call,
      call_words: call,
      counter: () => 5_000_000n,
      now: () => 3_723_004_000_000n,
      wait: () => -9n,
      notification_create: () => 30n,
      system_info: (_handle, field) => {
        if (field === INFO_FRAMES_KERNEL) return this.kernelFrames;
        return field === INFO_LOG_REGION ? 21n : field === INFO_TRACE_REGION ? 22n : field! * 1000n;
      },
      system_power: () => {
        throw new PowerOff();
      },
      region_map: () => 0n,
    };
  }

  private call(endpoint: bigint, method: number, words: bigint[]): bigint {
    if (endpoint === HANDLE.console) return this.console(method, words);
    if (endpoint === HANDLE.init) return this.init(method, words);
    return endpoint === HANDLE.clock && method === 1 ? this.realtime : -1n;
  }

  private console(method: number, words: bigint[]): bigint {
    if (method === 1) {
      const text = this.span(BUFFER.console, words[1]!);
      if (words[0] === 1n) this.output += text;
      else this.errors += text;
      return words[1]! >> 32n;
    }
    if (method === 2) {
      const line = this.lines.shift();
      if (line === null) return E_CANCELLED;
      return line === undefined ? 0n : BigInt(this.put(BUFFER.console, `${line}\n`));
    }
    if (method === 7) this.exitStatus = Number(words[0]);
    return method === 8 && this.tty ? 3n : 0n;
  }

  private init(method: number, words: bigint[]): bigint {
    const id = Number(words[0]);
    const unit = this.units.find((candidate) => candidate.id === id);
    if (method === 1) {
      const name = this.span(BUFFER.init, words[0]!);
      const list = this.span(BUFFER.init, words[1]!).split("\0").slice(0, -1);
      this.calls.push(`run ${name} [${list.join(",")}] ${words[4]} ${words[5]}`);
      return this.modules.includes(name) ? 9n : E_NOT_FOUND;
    }
    if (method === 2) return this.words(...this.ends.map(BigInt));
    if (method === 3 || method === 4) {
      this.calls.push(`${method === 3 ? "kill" : "restart"} ${id}`);
      return 0n;
    }
    if (method === 5) {
      const name = this.span(BUFFER.init, words[0]!);
      return BigInt(this.units.find((candidate) => candidate.name === name)?.id ?? -33);
    }
    if (method === 6) return BigInt(this.units.find((candidate) => candidate.id > id)?.id ?? 0);
    if (method === 7) return BigInt(this.put(BUFFER.init, unit!.name));
    if (method === 8) return BigInt(unit?.fields[Number(words[1])] ?? 0);
    if (method === 9) {
      const at = Number(words[1]);
      const capability = unit?.caps?.[at];
      if (capability === undefined) return 0n;
      this.words(
        capability.handle,
        BigInt(capability.type) | (BigInt(capability.rights) << 32n),
        capability.badge,
        BigInt(capability.object),
        capability.parent ?? 0n,
      );
      return BigInt(at + 1);
    }
    if (method === 10) return BigInt(this.put(BUFFER.init, this.modules[id] ?? ""));
    if (method === 11) {
      this.power = id;
      throw new PowerOff();
    }
    if (method === 12) {
      this.calls.push(`replace ${id} ${this.span(BUFFER.init, words[1]!)}`);
      return unit === undefined ? E_NOT_FOUND : this.words(...this.replaced);
    }
    throw new Error(`the shell called init's method ${method}`);
  }

  /** Reply words r1 … r5. */
  private words(...values: bigint[]): bigint {
    const view = new DataView(this.memory.buffer);
    values.forEach((value, index) => {
      view.setBigUint64(16 + 8 * (index + 1), value, true);
    });
    return 0n;
  }

  private span(buffer: number, span: bigint): string {
    const offset = Number(span & 0xffff_ffffn);
    return Buffer.from(this.memory.buffer, buffer + offset, Number(span >> 32n)).toString("utf8");
  }

  private put(buffer: number, text: string): number {
    return Buffer.from(this.memory.buffer, buffer, BUFFER_BYTES).write(text);
  }

  private prepare(parameters: string): void {
    const view = new DataView(this.memory.buffer);
    const entries: StartupEntry[] = [
      [1, "", 1n, 0, 0],
      [2, "console", HANDLE.console, BUFFER.console, BUFFER_BYTES],
      [2, "init", HANDLE.init, BUFFER.init, BUFFER_BYTES],
      [2, "clock", HANDLE.clock, BUFFER.clock, BUFFER_BYTES],
      [2, "system", HANDLE.system, 0, 0],
      [3, "parameters", 8n, PARAMETERS, this.put(PARAMETERS, parameters)],
    ];
    writeStartup(this.memory, entries);
    const log = Buffer.from(this.log);
    const capacity = 65520;
    view.setBigUint64(LOG, BigInt(log.length), true);
    view.setBigUint64(LOG + 8, BigInt(capacity), true);
    const ring = new Uint8Array(this.memory.buffer, LOG + 16, capacity);
    log.forEach((byte, index) => {
      ring[index % capacity] = byte;
    });
    view.setBigUint64(TRACE, 2n, true);
    view.setBigUint64(TRACE + 8, 8191n, true);
    this.event(view, TRACE + 32, 500n, 2, 3n, 0n);
    this.event(view, TRACE + 64, 600n, 4, 32n, 0xdeadn);
  }

  private event(view: DataView, at: number, counter: bigint, event: number, a: bigint, b: bigint): void {
    view.setBigUint64(at, counter, true);
    view.setUint32(at + 8, event, true);
    view.setUint32(at + 12, 2, true);
    view.setBigUint64(at + 16, a, true);
    view.setBigUint64(at + 24, b, true);
  }
}
