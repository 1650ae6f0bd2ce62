// Writes ACPI's tables (ACPI 6.4, chapter 5) into physical space for the tests of the bus: a root pointer, a list, and the tables in it.

/** A table with its length and a checksum that makes it add up. */
export function table(signature: string, body: Uint8Array, revision = 1): Uint8Array {
  const bytes = new Uint8Array(36 + body.length);
  bytes.set(Buffer.from(signature));
  new DataView(bytes.buffer).setUint32(4, bytes.length, true);
  bytes[8] = revision;
  bytes.set(body, 36);
  return summed(bytes, 9);
}

export function summed(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at] = 0;
  bytes[at] = -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return bytes;
}

export const ROOT = 0xf_59e0n;
const LIST = 0xffe_22bdn;

/** Root pointer at ROOT (in the BIOS area), an RSDT, and the tables at odd places behind one another; the DSDT is at the FADT's word 40. */
export function firmware(tables: readonly Uint8Array[]): Map<bigint, Uint8Array> {
  const placed = new Map<bigint, Uint8Array>();
  const list = new DataView(new ArrayBuffer(tables.length * 4));
  let at = LIST + 0x1000n;
  tables.forEach((one, index) => {
    list.setUint32(index * 4, Number(at), true);
    placed.set(at, one);
    at += BigInt(one.length) + 1n;
  });
  placed.set(LIST, table("RSDT", new Uint8Array(list.buffer)));
  const root = new Uint8Array(36);
  root.set(Buffer.from("RSD PTR "));
  new DataView(root.buffer).setUint32(16, Number(LIST), true);
  placed.set(ROOT, new Uint8Array([...summed(root.slice(0, 20), 8), ...new Uint8Array(16)]));
  return placed;
}

export function mcfg(base: bigint, first: number, last: number, segment = 0): Uint8Array {
  const body = new DataView(new ArrayBuffer(24));
  body.setBigUint64(8, base, true);
  body.setUint16(16, segment, true);
  body.setUint8(18, first);
  body.setUint8(19, last);
  return table("MCFG", new Uint8Array(body.buffer));
}

/** One unit; `scope`: device << 3 | function of the first bus, "all": it includes all. `bridges`: those of them that stand for all that is below. */
export function dmar(registers: bigint, scope: readonly number[] | "all", bridges: readonly number[] = []): Uint8Array {
  const list = scope === "all" ? [] : scope;
  const body = new DataView(new ArrayBuffer(12 + 16 + list.length * 8));
  body.setUint16(14, 16 + list.length * 8, true);
  body.setUint8(16, scope === "all" ? 1 : 0);
  body.setBigUint64(20, registers, true);
  list.forEach((target, index) => {
    [bridges.includes(target) ? 2 : 1, 8, 0, 0, 0, 0, target >> 3, target & 7].forEach((byte, i) => {
      body.setUint8(28 + index * 8 + i, byte);
    });
  });
  return table("DMAR", new Uint8Array(body.buffer));
}

/** `cpus` usable processors, one that is not, and an I/O interrupt controller. */
export function madt(cpus: number): Uint8Array {
  const entries = [...Array.from({ length: cpus }, (_, id) => [0, 8, id, id, 1, 0, 0, 0]), [0, 8, 99, 99, 0, 0, 0, 0]];
  return table("APIC", Uint8Array.from([...new Array(8).fill(0), ...entries.flat(), 1, 12, ...new Array(10).fill(0)]));
}

/** What a FADT says beside the place of the DSDT. Generic addresses: address space, address. */
export interface Registers {
  readonly a?: number;
  readonly b?: number;
  readonly newA?: readonly [space: number, address: bigint];
  readonly sleep?: readonly [space: number, address: bigint];
  readonly isReduced?: boolean;
  readonly enable?: readonly [port: number, value: number];
}

/** The FADT of a machine that is switched off by these registers; `dsdt`: where its byte code lies. `bytes` of it are there. */
export function fadt(registers: Registers, dsdt: bigint, bytes = 268): Uint8Array {
  const body = new DataView(new ArrayBuffer(bytes - 36));
  const put = (at: number, width: 1 | 4 | 8, value: number | bigint): void => {
    if (at + width > bytes) return;
    if (width === 1) body.setUint8(at - 36, Number(value));
    else if (width === 4) body.setUint32(at - 36, Number(value), true);
    else body.setBigUint64(at - 36, BigInt(value), true);
  };
  put(40, 4, dsdt);
  put(48, 4, registers.enable?.[0] ?? 0);
  put(52, 1, registers.enable?.[1] ?? 0);
  put(64, 4, registers.a ?? 0);
  put(68, 4, registers.b ?? 0);
  put(112, 4, registers.isReduced ? 1 << 20 : 0);
  for (const [at, address] of [
    [172, registers.newA],
    [244, registers.sleep],
  ] as const) {
    put(at, 1, address?.[0] ?? 0);
    put(at + 4, 8, address?.[1] ?? 0n);
  }
  return table("FACP", new Uint8Array(body.buffer));
}

/** A DSDT with other code around `package_`: \_S5 = { 5, 0 } unless that says something else. */
export function dsdt(package_: readonly number[] = [0x08, 0x04, 0x0a, 0x05, 0x00, 0x00, 0x00], before = 2): Uint8Array {
  const name = [0x08, ...Buffer.from("_S5_"), 0x12, ...package_];
  return table("DSDT", Uint8Array.from([...new Array(before).fill(0x5b), ...name, 0xa3]));
}
