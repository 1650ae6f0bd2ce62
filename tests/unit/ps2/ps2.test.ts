// The driver of a PC's keyboard against a controller in TypeScript: what is typed, and controllers that do not do what they should.
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { guestFunctions } from "../console/guest.ts";
import { type StartupEntry, writeStartup } from "../console/startup.ts";

const BUFFER = 0x8001_0000;
const MEMORY_PAGES = (BUFFER + 0x1_0000) / 65536;
const [SELF, CAPABILITY] = [1, 2];
const HANDLES = { self: 1n, data: 2n, command: 3n, irq: 4n, console: 5n, notification: 6n };
const [WRITE, TYPE] = [1n, 9n];
const [BYTE, BUSY, OF_MOUSE] = [1, 2, 0x20];
const COMPILE_LIMIT_MS = 60_000;

/** An 8042 with a keyboard behind it, and its faults. */
class Controller {
  configuration = 0x32; // the mouse's interrupt, and both clocks off
  keyboardOn = false;
  readonly told: number[] = [];
  readonly held: { byte: number; ofMouse: boolean }[] = [];
  isDead = false;
  isBusy = false;
  neverEmpty = false;
  looks = 0;
  private wantsConfiguration = false;

  put(byte: number, ofMouse = false): void {
    this.held.push({ byte, ofMouse });
  }

  load(isData: boolean): number {
    this.looks++;
    if (isData) return this.neverEmpty ? 0x1e : (this.held.shift()?.byte ?? 0);
    const first = this.held[0];
    const full = this.neverEmpty || (first !== undefined && !this.isDead) ? BYTE : 0;
    return full | (this.isBusy ? BUSY : 0) | (first?.ofMouse ? OF_MOUSE : 0);
  }

  store(isData: boolean, byte: number): void {
    if (!isData) {
      if (byte === 0x20) this.put(this.configuration);
      if (byte === 0xad || byte === 0xae) this.keyboardOn = byte === 0xae;
      this.wantsConfiguration = byte === 0x60;
    } else if (this.wantsConfiguration) {
      this.configuration = byte;
      this.wantsConfiguration = false;
    } else {
      this.told.push(byte);
      this.put(0xfa);
    }
  }
}

let controller: Controller;
let typed: string;
let log: string;
let acknowledged: number;
let event: (bits: bigint) => void;

async function start(prepare: (controller: Controller) => void = () => undefined, present = true): Promise<void> {
  controller = new Controller();
  prepare(controller);
  typed = "";
  log = "";
  acknowledged = 0;
  let memory: WebAssembly.Memory;
  const said = (span: bigint): string =>
    Buffer.from(memory.buffer, BUFFER + Number(span & 0xffff_ffffn), Number(span >> 32n)).toString("latin1");
  const phi = {
    device_load: (device: bigint) => BigInt(controller.load(device === HANDLES.data)),
    device_store: (device: bigint, _place: bigint, value: bigint) => {
      controller.store(device === HANDLES.data, Number(value));
      return 0n;
    },
    notification_create: () => HANDLES.notification,
    notification_bind: () => 0n,
    irq_bind: () => 0n,
    irq_ack: () => {
      acknowledged++;
      return 0n;
    },
    call: (_handle: bigint, method: bigint, ...words: bigint[]) => {
      if (method === TYPE) typed += said(words[0]!);
      if (method === WRITE) log += said(words[1]!);
      return method === TYPE || method === WRITE ? words[method === TYPE ? 0 : 1]! >> 32n : 0n;
    },
  };
  const functions = await guestFunctions("services/ps2/index.ts", { phi }, MEMORY_PAGES, (all) => {
    memory = all;
    handOver(all, present);
  });
  event = functions["event"] as unknown as (bits: bigint) => void;
  functions["start"]!();
}

function handOver(memory: WebAssembly.Memory, present: boolean): void {
  const registers: StartupEntry[] = [
    [CAPABILITY, "data", HANDLES.data, 0x108n, 1n],
    [CAPABILITY, "data.irq", HANDLES.irq, 0n, 0n],
    [CAPABILITY, "command", HANDLES.command, 0x109n, 1n],
  ];
  const entries: StartupEntry[] = [
    [SELF, "", HANDLES.self, 0n, 0n],
    [CAPABILITY, "console", HANDLES.console, BigInt(BUFFER), 4096n],
    ...(present ? registers : []),
  ];
  writeStartup(memory, entries);
}

/** Bytes arrive one by one, each with its interrupt. */
function press(...bytes: number[]): string {
  typed = "";
  for (const byte of bytes) {
    controller.put(byte);
    event(1n);
  }
  return typed;
}

const [A, LEFT_SHIFT, CAPITALS, UP] = [0x1e, 0x2a, 0x3a, 0x80];

describe("a keyboard of a PC", () => {
  beforeEach(() => start(), COMPILE_LIMIT_MS);

  it("is told to send keys of set 1 with interrupts, and the mouse to be silent", () => {
    expect(controller.configuration).toBe(0x61);
    expect(controller.keyboardOn).toBe(true);
    expect(controller.told).toEqual([0xf4]);
    expect({ typed, log, held: controller.held.length }).toEqual({ typed: "", log: "", held: 0 });
  });

  it("types", () => {
    expect(press(A, A | UP)).toBe("a");
    expect(press(LEFT_SHIFT, A, A | UP, LEFT_SHIFT | UP, A)).toBe("Aa");
    expect(press(0x1c)).toBe("\r");
    expect(press(0x1d, 0x2e)).toBe("\x03");
  });

  it("repeats a key that is held, but turns capitals over once", () => {
    expect(press(A, A, A)).toBe("aaa");
    expect(press(CAPITALS, CAPITALS, CAPITALS, CAPITALS | UP, A)).toBe("A");
    expect(press(CAPITALS, CAPITALS | UP, A)).toBe("a");
  });

  it("knows keys with a prefix, and passes over shifts that are made up and over Pause", () => {
    expect(press(0xe0, 0x48)).toBe("\x1b[A");
    expect(press(0xe0, 0x2a, 0xe0, 0x53)).toBe("\x1b[3~");
    expect(press(0xe0, 0x1c)).toBe("\r");
    expect(press(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, A)).toBe("a");
    expect(press(0xe0, 0x1d, 0x20)).toBe("\x04");
  });

  it("types what came while the line was masked, and passes over a mouse", () => {
    controller.put(A);
    controller.put(0x55, true);
    controller.put(A);
    event(1n);
    expect({ typed, acknowledged }).toEqual({ typed: "aa", acknowledged: 1 });
  });

  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 200 }), (bytes) => {
        expect(press(...bytes)).toMatch(/^[\x00-\x7f]*$/);
        expect(controller.held).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a controller that does not do what it should", () => {
  it("is not there: nothing is touched", async () => {
    await start(undefined, false);
    expect({ looks: controller.looks, log }).toEqual({ looks: 0, log: "" });
  });

  it.each(["isBusy", "isDead", "neverEmpty"] as const)("%s: it is told, and start ends", async (fault) => {
    await start((made) => {
      made[fault] = true;
    });
    expect(log).toMatch(/^ps2: the keyboard's controller (does not answer|never runs empty).*\n$/);
    expect(controller.looks).toBeLessThan(1_000_000);
  });

  it("never runs empty any more: it is told once and not listened to", async () => {
    await start();
    controller.neverEmpty = true;
    event(1n);
    expect(log).toMatch(/^ps2: the keyboard's controller never runs empty.*\n$/);
    expect(acknowledged).toBe(0);
  });
});
