// Switching the machine off by firmware's tables: registers of every kind that they can name, the values in their byte code, and tables that
// must not be believed: then nothing is stored anywhere.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dsdt, fadt, firmware, type Registers, summed } from "./acpi.ts";
import { E_ABSENT, E_RIGHTS, Machine } from "./machine.ts";

const COMPILE_MS = 120_000;
const CODE_AT = 0x1000_0001n;
const E_DEVICE = -36n;
const INIT = (127n << 56n) | (1n << 8n);
const ENABLE = 1 << 13;

async function started(table: Uint8Array, code: Uint8Array, io = new Map<number, number>()): Promise<Machine> {
  return Machine.start({ io, ports: true, tables: new Map([...firmware([table]), [CODE_AT, code]]) });
}

async function switched(registers: Registers, code = dsdt(), io = new Map<number, number>()): Promise<Machine> {
  const machine = await started(fadt(registers, CODE_AT), code, io);
  expect(machine.call("power_off", INIT)).toBe(E_DEVICE);
  return machine;
}

describe("power-off", { timeout: COMPILE_MS }, () => {
  it("stores the sleep type into the control register, whose other bits stay", async () => {
    expect((await switched({ a: 0x604 })).out).toEqual([[0x604, (5 << 10) | ENABLE]]);
    const io = new Map([[0x404, 0x1c01]]);
    expect((await switched({ a: 0x404 }, dsdt(), io)).out).toEqual([[0x404, (5 << 10) | ENABLE | 1]]);
  });

  it("both registers, each with its own type, of which one may be in physical space", async () => {
    const code = dsdt([0x09, 0x04, 0x0a, 0x05, 0x0a, 0x06, 0x00, 0x00]);
    const both = await switched({ a: 0x604, b: 0x704 }, code);
    expect(both.out).toEqual([
      [0x604, (5 << 10) | ENABLE],
      [0x704, (6 << 10) | ENABLE],
    ]);
    const apart = await switched({ a: 0x604, newA: [0, 0xfed0_0000n] }, code);
    expect(apart.out).toEqual([]);
    expect(apart.registers.get(0xfed0_0000n)).toBe(BigInt((5 << 10) | ENABLE));
  });

  it("asks firmware for its registers first", async () => {
    const { out } = await switched({ a: 0x604, enable: [0xb2, 0xa0] });
    expect(out).toEqual([
      [0xb2, 0xa0],
      [0x604, (5 << 10) | ENABLE],
    ]);
    const { out: owned } = await switched({ a: 0x604, enable: [0xb2, 0xa0] }, dsdt(), new Map([[0x604, 1]]));
    expect(owned).toEqual([[0x604, (5 << 10) | ENABLE | 1]]);
  });

  it("a machine without fixed registers sleeps by another one", async () => {
    const machine = await switched({ a: 0x604, isReduced: true, sleep: [0, 0xfea0_0200n] });
    expect(machine.out).toEqual([]);
    expect(machine.registers.get(0xfea0_0200n)).toBe(BigInt((5 << 2) | (1 << 5)));
  });

  it.each([0, 4050, 4060, 4090, 4096, 9000])("finds the package behind %i bytes of other code", async (before) => {
    const { out } = await switched({ a: 0x604 }, dsdt(undefined, before));
    expect(out).toEqual([[0x604, (5 << 10) | ENABLE]]);
  });

  it("a name from the root, words, and a long package", async () => {
    const name = Uint8Array.from([0x08, 0x5c, ...Buffer.from("_S5_"), 0x12, 0x4a, 0x00, 0x04, 0x0b, 7, 0, 0x01, 0, 0]);
    const code = dsdt();
    const long = new Uint8Array(36 + name.length);
    long.set(code.subarray(0, 36));
    long.set(name, 36);
    new DataView(long.buffer).setUint32(4, long.length, true);
    const { out } = await switched({ a: 0x604, b: 0x608 }, summed(long, 9));
    expect(out).toEqual([
      [0x604, (7 << 10) | ENABLE],
      [0x608, (1 << 10) | ENABLE],
    ]);
  });

  const damaged = dsdt();
  damaged[40] = damaged[40]! ^ 1;
  const endless = dsdt();
  new DataView(endless.buffer).setUint32(4, 0x7fff_ffff, true);
  it.each<[string, Uint8Array, Uint8Array]>([
    ["no register", fadt({}, CODE_AT), dsdt()],
    ["a port beyond all ports", fadt({ a: 0x1_0604 }, CODE_AT), dsdt()],
    ["a register in a space that is none", fadt({ newA: [7, 0x604n] }, CODE_AT), dsdt()],
    ["a register beyond all devices", fadt({ newA: [0, 1n << 40n] }, CODE_AT), dsdt()],
    ["half a table", fadt({ a: 0x604 }, CODE_AT, 70), dsdt()],
    ["no byte code", fadt({ a: 0x604 }, 0x2000_0000n), dsdt()],
    ["byte code whose checksum is wrong", fadt({ a: 0x604 }, CODE_AT), damaged],
    ["byte code longer than any", fadt({ a: 0x604 }, CODE_AT), summed(endless, 9)],
    ["a sleep type that is none", fadt({ a: 0x604 }, CODE_AT), dsdt([0x08, 0x04, 0x0a, 0x09, 0x00, 0x00, 0x00])],
    ["no constants in the package", fadt({ a: 0x604 }, CODE_AT), dsdt([0x08, 0x04, 0x70, 0x71, 0x00, 0x00, 0x00])],
    ["a package that the table's end cuts off", fadt({ a: 0x604 }, CODE_AT), dsdt([0x08])],
  ])("%s: nothing is stored", async (_what, table, code) => {
    const machine = await started(table, code);
    expect(machine.call("power_off", INIT)).toBe(E_ABSENT);
    expect(machine.out).toEqual([]);
    expect(machine.registers.size).toBe(0);
  });

  it.each<[string, Registers]>([
    ["was refused", { a: 0x1_0604 }],
    ["was good", { a: 0x604 }],
  ])("registers of a table that %s are not taken along with the byte code of a later one", async (_what, registers) => {
    const tables = [fadt(registers, CODE_AT), fadt({ isReduced: true }, CODE_AT)];
    const machine = await Machine.start({ ports: true, tables: new Map([...firmware(tables), [CODE_AT, dsdt()]]) });
    expect(machine.call("power_off", INIT)).toBe(E_ABSENT);
    expect(machine.out).toEqual([]);
    expect(machine.registers.size).toBe(0);
  });

  it("a register among the kernel's own ports is not reached, and nobody but init may ask", async () => {
    expect((await switched({ a: 0x20 })).out).toEqual([]);
    const machine = await started(fadt({ a: 0x604 }, CODE_AT), dsdt());
    expect(machine.call("power_off", 1n << 8n)).toBe(E_RIGHTS);
    expect(machine.out).toEqual([]);
  });

  it("any byte code: an end, and a type of three bits or nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(5000), async (package_, before) => {
        const machine = await started(fadt({ a: 0x604 }, CODE_AT), dsdt([...package_], before));
        machine.call("power_off", INIT);
        for (const [port, value] of machine.out) {
          expect(port).toBe(0x604);
          expect(value & ~(7 << 10)).toBe(ENABLE);
        }
      }),
      { numRuns: Number(process.env["PHI_FUZZ_RUNS"] ?? 60) },
    );
  });
});
