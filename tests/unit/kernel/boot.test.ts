// The start of the system: what init gets, and what a machine that cannot start is told.
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel, Machine, PowerOff } from "./machine.ts";

async function refusal(options: Parameters<typeof Machine.boot>[0]): Promise<PowerOff> {
  try {
    await Machine.boot(options);
  } catch (error) {
    if (error instanceof PowerOff) return error;
    throw error;
  }
  throw new Error("the kernel started");
}

beforeAll(compileKernel, COMPILE_MS);

describe("boot", () => {
  it("enters init on an empty stack", async () => {
    const machine = await Machine.boot();
    const init = machine.current;
    expect(init).not.toBe(0);
    expect(machine.word32(init, "DOMAIN_CONTEXT_KIND")).toBe(machine.abi.number("CONTEXT_ENTER"));
    expect(machine.field(init, "DOMAIN_ENTER_PC") & 0xfffn).toBe(16n);
  });

  it("gives init its own domain, the system, the archive, the UART and its interrupt, and a seed", async () => {
    const machine = await Machine.boot();
    const kinds = machine.startup().map((entry) => entry.kind);
    const names = [
      "STARTUP_SELF",
      "STARTUP_SYSTEM",
      "STARTUP_REGION",
      "STARTUP_DEVICE",
      "STARTUP_IRQ",
      "STARTUP_SEED",
      "STARTUP_SEED",
    ];
    expect(kinds).toEqual(names.map((name) => machine.abi.number(name)));
  });

  it("relocates a module's gate table and its own addresses", async () => {
    const machine = await Machine.boot();
    const entry = machine.field(machine.current, "DOMAIN_ENTER_PC");
    const relro = machine.translate(machine.current, (entry & ~0xfffn) + 2n * 4096n);
    const gate = machine.memory.getBigUint64(Number(relro), true);
    expect(gate).toBe(0xffff_ffff_8000_0000n + machine.abi.value("GATE_CALL") * 16n);
    expect(machine.memory.getBigUint64(Number(relro) + 8, true)).toBe((entry & ~0xfffn) + 48n);
  });

  it.each([
    ["no archive", (): Uint8Array => new Uint8Array(), "there is no boot archive"],
    ["a foreign file", (): Uint8Array => new Uint8Array(8192), "is none"],
    ["a truncated archive", (bytes: Uint8Array): Uint8Array => bytes.slice(0, bytes.length - 1), "truncated"],
    [
      "a damaged table",
      (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 70 ? byte ^ 1 : byte)),
      "damaged",
    ],
    [
      "a damaged init",
      (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 4096 ? byte ^ 1 : byte)),
      "cannot be loaded",
    ],
  ])("refuses %s in one sentence", async (_, archive, sentence) => {
    const off = await refusal({ archive });
    expect(off.status).toBe(102);
    expect(off.said).toContain(sentence);
  });
});
