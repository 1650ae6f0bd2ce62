// The bus service against machines that are told by the test: what it finds by ACPI, by a device tree and by ports; what it hands to a driver and
// takes back; and tables and configuration spaces that contradict themselves, which it refuses and does not believe.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flatten, type TreeNode } from "../hal/blob.ts";
import { dmar, fadt, firmware, madt, mcfg, ROOT, summed, table } from "./acpi.ts";
import {
  type Bar,
  E_ABSENT,
  E_ARGUMENT,
  E_RIGHTS,
  E_STATE,
  ECAM,
  Machine,
  type Options,
  PciFunction,
} from "./machine.ts";

const COMPILE_MS = 120_000;
const BUSES = 4n;
const BLK = 2;
const NVME = 10;
const TRUSTED = 64;
const MASTER = 4;
/** A connection's badge: client n, and the role that the image gave it. */
const badge = (client: number, role: number): bigint => (BigInt(role) << 56n) | BigInt(client << 8);
const DRIVER = badge(7, BLK | TRUSTED);

const VIRTIO = 0x1042_1af4;
const REGISTERS: Bar = { bytes: 0x4000n, wide: true, base: 0xfebf_4000n };
const TABLE: Bar = { bytes: 0x1000n, base: 0xfebf_d000n };

/** virtio's structure: kind, BAR 4, offset, length. */
const structure = (kind: number, offset: number, length: number, more: readonly number[] = []): number[] => [
  16 + more.length,
  kind,
  4,
  0,
  0,
  0,
  ...[offset, length].flatMap((word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255, (word >> 24) & 255]),
  ...more,
];

/** A modern virtio disk as QEMU has one: messages in BAR 1, structures in BAR 4. */
function disk(change: { bars?: Record<number, Bar>; table?: readonly number[]; length?: number } = {}): PciFunction {
  const bars: (Bar | undefined)[] = [undefined, TABLE, undefined, undefined, REGISTERS];
  for (const [index, bar] of Object.entries(change.bars ?? {})) bars[Number(index)] = bar;
  return new PciFunction(VIRTIO, 0x0100_0001, bars)
    .capability(0x40, 0x11, change.table ?? [1, 0, 1, 0, 0, 0, 1, 8, 0, 0])
    .capability(0x50, 9, structure(1, 0, change.length ?? 0x38), 0x40)
    .capability(0x64, 9, structure(2, 0x3000, 0x1000, [4, 0, 0, 0]), 0x50)
    .capability(0x80, 9, structure(3, 0x1000, 0x1000), 0x64)
    .capability(0x94, 9, structure(4, 0x2000, 0x1000), 0x80);
}

function q35(
  functions: Record<number, PciFunction>,
  more: Partial<Options> = {},
  tables?: readonly Uint8Array[],
): Options {
  const list = tables ?? [madt(2), mcfg(ECAM, 0, Number(BUSES) - 1)];
  return {
    firmware: { base: ROOT, bytes: 36n },
    tables: firmware(list),
    functions: new Map(Object.entries(functions).map(([target, one]) => [Number(target), one])),
    ecam: { base: ECAM, bytes: BUSES << 20n },
    messages: true,
    ram: [{ base: 0n, bytes: 0xf_0000n }],
    ...more,
  };
}

async function discovered(options: Options): Promise<Machine> {
  const machine = await Machine.start(options);
  machine.exports["discover"]?.();
  return machine;
}

describe("discovery", { timeout: COMPILE_MS }, () => {
  it("reads ACPI's tables: processors, configuration space, IOMMU", async () => {
    const options = q35({}, {}, [
      madt(3),
      mcfg(ECAM, 1, 3),
      dmar(0xfed9_0000n, [0x08, 0xfa]),
      fadt({ a: 0x604 }, 0x1000_0000n),
      table("WAET", new Uint8Array(4)),
    ]);
    const machine = await discovered(options);
    expect(machine.records()).toEqual(["firmware: processors 3, interrupt controllers 1"]);
    expect(BigInt(machine.value("ecam_base"))).toBe(ECAM + (1n << 20n));
    expect([machine.value("ecam_first_bus"), machine.value("ecam_last_bus")]).toEqual([1, 3]);
    expect(machine.value("iommu_registers")).toBe(0xfed9_0000);
    expect(machine.value("refused")).toBe(0);
  });

  it("finds the root pointer in the BIOS area too, where there is PCI", async () => {
    const options = q35({ 8: disk() }, { firmware: undefined as never, ports: true });
    expect((await discovered(options)).lines()).toHaveLength(1);
    expect((await discovered({ ...options, ports: false })).lines()).toHaveLength(0);
  });

  it("goes by the ports where no table tells of configuration space", async () => {
    const machine = await discovered({ functions: new Map([[0x0208, disk()]]), ports: true, messages: true });
    expect(machine.lines()).toEqual([]);
    const bridge = new PciFunction(0x1234_8086, 0x0604_0000, [], 1);
    bridge.space.setUint8(0x19, 2);
    const below = await discovered({
      functions: new Map([
        [0x10, bridge],
        [0x0208, disk()],
      ]),
      ports: true,
      messages: true,
    });
    expect(below.lines()[0]).toMatch(/^00:02\.0 8086:1234 {2}pci bridge/);
    expect(below.lines()[1]).toMatch(/^02:01\.0 1af4:1042 {2}virtio-blk, messages 2, 0xfebfd000 \+ 0x1000, 0xfebf4000/);
  });

  it("reads a device tree: host bridge with windows and lines, virtio's blocks; disabled nodes are left out", async () => {
    const block = (base: number, line: number, more = {}): TreeNode => ({
      properties: { compatible: "virtio,mmio", reg: [0n, BigInt(base), 0x1000n].slice(1), interrupts: line, ...more },
    });
    const pci: TreeNode = {
      properties: {
        compatible: "pci-host-ecam-generic",
        reg: [ECAM, BUSES << 20n],
        "#address-cells": 3,
        "#size-cells": 2,
        ranges: [0x200_0000, 0x4000_0000n, 0x4000_0000n, 0x1000_0000n, 0x300_0000, 4n << 32n, 4n << 32n, 1n << 32n],
        "interrupt-map-mask": [0x1800, 0, 0, 7],
        "interrupt-map": [0x800, 0, 0, 1, 3, 33, 0x1000, 0, 0, 1, 3, 34],
      },
    };
    const nodes: Record<string, TreeNode> = {
      "pci@b": pci,
      "virtio@1": block(0x1000_8000, 8),
      "virtio@2": block(0x1000_7000, 7, { status: "disabled" }),
      "virtio@3": block(0x1000_6000, 6),
    };
    const soc: TreeNode = { properties: { "#address-cells": 2, "#size-cells": 2, ranges: "" }, nodes };
    (soc.properties as Record<string, unknown>)["ranges"] = new Uint8Array(0);
    const tree = flatten({ properties: { "#address-cells": 2, "#size-cells": 2 }, nodes: { soc } });
    const unplaced = disk({ bars: { 1: { bytes: 0x1000n }, 4: { bytes: 0x4000n, wide: true } } });
    unplaced.space.setUint8(0x3d, 1);
    const base = 0x8200_0000n;
    const machine = await Machine.start({
      firmware: { base, bytes: BigInt(tree.length) },
      tables: new Map([[base, tree]]),
      functions: new Map([[8, unplaced]]),
      ecam: { base: ECAM, bytes: BUSES << 20n },
    });
    for (const at of [0x1000_8000n, 0x1000_6000n]) {
      machine.registers.set(at, 0x7472_6976n);
      machine.registers.set(at + 4n, 2n);
    }
    machine.registers.set(0x1000_8008n, 4n);
    expect(machine.lines()).toEqual([
      "00:01.0 1af4:1042  virtio-blk, line 33, 0x40000000 + 0x1000, 0x40004000 + 0x4000",
      "mmio 0  1af4:0004  virtio-rng, line 8, 0x10008000 + 0x200",
    ]);
    expect(unplaced.space.getUint32(0x20, true)).toBe(0x4000_4004);
  });
});

describe("a command line", { timeout: COMPILE_MS }, () => {
  async function told(text: string): Promise<Machine> {
    const base = 0x2_0000n;
    const bytes = new Uint8Array(2048);
    bytes.set(Buffer.from(text).subarray(0, 2048));
    return discovered({ firmware: { base, bytes: 2048n }, tables: new Map([[base, bytes]]) });
  }

  it("tells of register blocks among other words", async () => {
    const machine = await told("quiet virtio_mmio.device=512@0xfeb00e00:12 x=1 virtio_mmio.device=512@0xfeb00c00:11");
    expect([machine.value("block_count"), machine.value("refused")]).toEqual([2, 0]);
    expect((await told("")).lines()).toEqual([]);
  });

  it.each([
    "virtio_mmio.device=",
    "virtio_mmio.device=512",
    "virtio_mmio.device=512@feb00e00:12",
    "virtio_mmio.device=512@0xfeb00e00",
    "virtio_mmio.device=512@0xfeb00e00:",
    "virtio_mmio.device=511@0xfeb00e00:12",
    "virtio_mmio.device=512@0xfeb00e01:12",
    "virtio_mmio.device=512@0xffffffffffffffffffff:12",
    "virtio_mmio.device=512@0xfeb00e00:1024",
    "virtio_mmio.device=512@0xfeb00e00:12x",
  ])("%s is refused", async (text) => {
    const machine = await told(text);
    expect([machine.value("block_count"), machine.value("refused")]).toEqual([0, 1]);
  });

  it("a word that ends like the key, and a line without an end", async () => {
    expect((await told("xvirtio_mmio.device=512@0xfeb00e00:12")).value("block_count")).toBe(0);
    const full = await told("virtio_mmio.device=512@0xfeb00e00:12 ".repeat(60));
    expect(full.value("block_count")).toBe(32);
  });
});

describe("a line of two devices", { timeout: COMPILE_MS }, () => {
  const LINE = 33;
  const [FIRST, SECOND, ALONE] = [badge(7, BLK | TRUSTED), badge(8, BLK | 16 | TRUSTED), badge(9, BLK | 32 | TRUSTED)];

  async function three(): Promise<Machine> {
    const places = { 1: LINE, 2: LINE + 1, 5: LINE };
    const properties = {
      compatible: "pci-host-ecam-generic",
      reg: [ECAM, BUSES << 20n],
      "#address-cells": 3,
      "#size-cells": 2,
      ranges: [0x200_0000, 0x4000_0000n, 0x4000_0000n, 0x1000_0000n],
      "interrupt-map-mask": [0xf800, 0, 0, 7],
      "interrupt-map": Object.entries(places).flatMap(([at, line]) => [Number(at) << 11, 0, 0, 1, 3, line]),
    };
    const tree = flatten({
      properties: { "#address-cells": 2, "#size-cells": 2 },
      nodes: { "pci@b": { properties } },
    });
    const functions = Object.keys(places).map((at): [number, PciFunction] => {
      const one = disk({ bars: { 1: { bytes: 0x1000n }, 4: { bytes: 0x4000n, wide: true } } });
      one.space.setUint8(0x3d, 1);
      return [Number(at) << 3, one];
    });
    const base = 0x8200_0000n;
    const machine = await discovered({
      firmware: { base, bytes: BigInt(tree.length) },
      tables: new Map([[base, tree]]),
      functions: new Map(functions),
      ecam: { base: ECAM, bytes: BUSES << 20n },
    });
    // by place: device 1 is unit 0, device 2 unit 1, device 5 unit 2
    for (const driver of [FIRST, SECOND, ALONE]) expect(machine.call("claim", driver)).toBe(0n);
    return machine;
  }

  it("wakes both drivers, and interrupts again when both have looked", async () => {
    const machine = await three();
    expect(machine.call("interrupt", SECOND, 0)).toBe(0n);
    expect(machine.call("share", SECOND, 999n, 1n)).toBe(E_STATE);
    for (const driver of [FIRST, ALONE]) expect(machine.call("interrupt", driver, 0)).toBe(E_STATE);
    expect(machine.call("share", FIRST, 501n, 1n)).toBe(0n);
    expect(machine.call("share", ALONE, 502n, 4n)).toBe(0n);
    expect(machine.acknowledged.every((line) => line === LINE)).toBe(true);
    machine.acknowledged.length = 0;
    machine.exports["wake_drivers"]?.(2n);
    expect(machine.notified).toEqual([
      [501n, 1n],
      [502n, 4n],
    ]);
    expect(machine.call("looked", ALONE)).toBe(0n);
    expect(machine.acknowledged).toEqual([]);
    expect(machine.call("looked", FIRST)).toBe(0n);
    expect(machine.acknowledged).toEqual([LINE]);
  });

  it("does not wait long for a driver that does not look", async () => {
    const machine = await three();
    machine.call("share", FIRST, 501n, 1n);
    machine.call("share", ALONE, 502n, 4n);
    machine.acknowledged.length = 0;
    for (let round = 1; round <= 2; round++) {
      machine.exports["wake_drivers"]?.(2n);
      expect(machine.timers).toHaveLength(round);
      expect(machine.call("looked", FIRST)).toBe(0n);
      expect(machine.acknowledged).toHaveLength(round - 1);
      machine.exports["wake_drivers"]?.(machine.timers.at(-1)!);
      expect(machine.acknowledged).toEqual(new Array(round).fill(LINE));
    }
  });

  it("a driver that shares it again does not let it interrupt before the other has looked", async () => {
    const machine = await three();
    machine.call("share", FIRST, 501n, 1n);
    machine.call("share", ALONE, 502n, 4n);
    machine.exports["wake_drivers"]?.(2n);
    machine.acknowledged.length = 0;
    expect(machine.call("share", FIRST, 503n, 1n)).toBe(0n);
    expect(machine.acknowledged).toEqual([]);
    expect(machine.call("looked", ALONE)).toBe(0n);
    expect(machine.acknowledged).toEqual([LINE]);
  });

  it("does not wait for a driver that has ended", async () => {
    const machine = await three();
    machine.call("share", FIRST, 501n, 1n);
    machine.call("share", ALONE, 502n, 4n);
    machine.acknowledged.length = 0;
    machine.exports["wake_drivers"]?.(2n);
    machine.call("looked", FIRST);
    expect(machine.acknowledged).toEqual([]);
    expect(machine.call("release", ALONE)).toBe(0n);
    expect(machine.acknowledged).toEqual([LINE]);
    machine.notified.length = 0;
    machine.exports["wake_drivers"]?.(2n);
    expect(machine.notified).toEqual([[501n, 1n]]);
    expect(machine.call("looked", ALONE)).toBe(E_STATE);
  });
});

describe("a claim", { timeout: COMPILE_MS }, () => {
  it("by a role without a class gets nothing, though there is a device that no driver is for", async () => {
    const graphics = new PciFunction(0x1111_1234, 0x0300_0002, [undefined, undefined, REGISTERS]);
    const machine = await discovered(q35({ 8: graphics }));
    for (const role of [0, TRUSTED]) expect(machine.call("claim", badge(7, role))).toBe(E_ABSENT);
  });

  it("hands out the device of the role alone, and its messages are programmed where no driver reaches", async () => {
    const function_ = disk();
    const machine = await discovered(q35({ 8: function_ }));
    expect(machine.call("registers", DRIVER, 4)).toBe(E_STATE);
    expect(machine.call("claim", badge(7, NVME | TRUSTED))).toBe(E_ABSENT);
    expect(machine.call("claim", badge(7, BLK))).toBe(E_RIGHTS);
    expect(machine.call("claim", DRIVER)).toBe(0n);
    expect([1, 2, 3, 4, 5].map((n) => machine.word(n))).toEqual([1n, 0x2_1af4n, 2n, 2n, 1n]);
    expect(machine.call("claim", badge(8, BLK | TRUSTED))).toBe(E_STATE);
    expect(machine.call("registers", badge(8, BLK | TRUSTED), 4)).toBe(E_STATE);
    expect(machine.call("structure", DRIVER, 2)).toBe(0n);
    expect([1, 2, 3, 4].map((n) => machine.word(n))).toEqual([4n, 0x3000n, 0x1000n, 4n]);
    expect(machine.call("structure", DRIVER, 5)).toBe(E_ABSENT);
    expect(machine.call("registers", DRIVER, 4)).toBe(0n);
    expect(machine.handles.get(machine.offered.at(-1)?.handle ?? 0n)?.range).toEqual({
      base: 0xfebf_4000n,
      bytes: 0x4000n,
    });
    // BAR 1 is the message table from its first byte on.
    expect(machine.call("registers", DRIVER, 1)).toBe(E_RIGHTS);
    expect(machine.call("registers", DRIVER, 0)).toBe(E_ABSENT);
    expect(machine.call("registers", DRIVER, 6)).toBe(E_ARGUMENT);
    expect(machine.call("interrupt", DRIVER, 1)).toBe(0n);
    const irq = machine.offered.at(-1)?.handle ?? 0n;
    expect(machine.registers.get(0xfebf_d010n)).toBe(0xfee0_0000n);
    expect(machine.registers.get(0xfebf_d018n)).toBe(irq);
    expect(machine.registers.get(0xfebf_d01cn)).toBe(0n);
    expect(function_.space.getUint16(0x42, true) >> 14).toBe(2);
    expect(machine.call("interrupt", DRIVER, 2)).toBe(E_ARGUMENT);
    expect(function_.command & MASTER).toBe(0);
    expect(machine.call("dma", DRIVER)).toBe(0n);
    expect(function_.command & MASTER).toBe(MASTER);
    // System with the right dma alone.
    expect(machine.offered.at(-1)?.rights).toBe(32n);
    expect(machine.lines()[0]).toContain("driven by 7");
  });

  it("by the same connection again ends what was handed out before, with the device quiet first", async () => {
    const function_ = disk();
    const machine = await discovered(q35({ 8: function_ }));
    machine.call("claim", DRIVER);
    for (const [name, number] of [
      ["registers", 4],
      ["interrupt", 0],
    ] as const)
      machine.call(name, DRIVER, number);
    machine.call("dma", DRIVER);
    machine.registers.set(0xfebf_4014n, 15n);
    const before = machine.offered.map((one) => one.handle);
    expect(machine.call("claim", DRIVER)).toBe(0n);
    for (const handle of before) expect(machine.handles.has(handle)).toBe(false);
    expect(machine.registers.get(0xfebf_4014n)).toBe(0n);
    expect(function_.command & MASTER).toBe(0);
    expect(function_.space.getUint16(0x42, true) >> 15).toBe(0);
    machine.call("dma", DRIVER);
    expect(machine.call("gone", badge(9, 0), DRIVER)).toBe(E_RIGHTS);
    expect(machine.call("gone", badge(0, 127), DRIVER)).toBe(0n);
    expect(function_.command & MASTER).toBe(0);
    expect(machine.call("reset", DRIVER)).toBe(E_STATE);
    expect(machine.call("claim", badge(8, BLK | TRUSTED))).toBe(0n);
    expect(machine.call("release", badge(8, BLK | TRUSTED))).toBe(0n);
  });

  it("of a device that does not come to rest fails, and it masters the bus no more", async () => {
    const function_ = disk();
    const machine = await discovered(q35({ 8: function_ }));
    const stuck = { get: () => 15n, set: () => machine.registers, has: () => true } as unknown as Map<bigint, bigint>;
    Object.defineProperty(machine, "registers", { value: stuck });
    expect(machine.call("claim", DRIVER)).toBe(-36n);
    expect(function_.command & MASTER).toBe(0);
    expect(machine.call("dma", DRIVER)).toBe(E_STATE);
  });

  it("behind an IOMMU needs no trust, and gets a context of its own", async () => {
    const [seen, unseen] = [disk(), disk({ bars: { 1: { bytes: 4096n }, 4: { bytes: 0x4000n, wide: true } } })];
    const machine = await Machine.start(
      q35({ 8: seen, 16: unseen }, {}, [mcfg(ECAM, 0, 3), dmar(0xfed9_0000n, [0x08])]),
    );
    machine.fence = true;
    const driver = badge(7, BLK);
    expect(machine.call("claim", driver)).toBe(0n);
    expect(machine.word(4)).toBe(1n);
    expect(machine.call("dma", driver)).toBe(0n);
    expect(machine.contexts).toEqual([8]);
    // The second disk is not in the unit's scope: nothing fences it.
    expect(machine.call("claim", badge(8, BLK | (1 << 4)))).toBe(E_RIGHTS);
    expect(machine.lines().map((line) => line.includes("behind the IOMMU"))).toEqual([true, false]);
  });
});

function circle(): Record<number, PciFunction> {
  const one = disk();
  one.space.setUint8(0x95, 0x50);
  return { 8: one };
}

/** Faults that make a function unusable, by what is said of it. */
describe("behind a bridge", { timeout: COMPILE_MS }, () => {
  /** A port of PCI Express, or (7) a bridge to conventional PCI, with a disk below. */
  const below = (kind: number): Record<number, PciFunction> => {
    const bridge = new PciFunction(0x1234_8086, 0x0604_0000, [], 1).capability(0x40, 0x10, [(kind << 4) | 2, 0]);
    bridge.space.setUint8(0x19, 2);
    return { 16: bridge, 512: disk() };
  };
  const fenced = async (kind: number, table: Uint8Array): Promise<Machine> => {
    const machine = await Machine.start(q35(below(kind), {}, [mcfg(ECAM, 0, 3), table]));
    machine.fence = true;
    return machine;
  };

  it.each([
    ["that the IOMMU's unit names with all below", [0x10]],
    ["of a unit that includes all", "all"],
  ] as const)("%s a device has a context of its own", async (_what, scope) => {
    const machine = await fenced(4, dmar(0xfed9_0000n, scope, [0x10]));
    expect(machine.call("claim", badge(7, BLK))).toBe(0n);
    expect(machine.call("dma", badge(7, BLK))).toBe(0n);
    expect(machine.contexts).toEqual([0x200]);
    expect(machine.lines()[1]).toMatch(/^02:00\.0 .*behind the IOMMU, driven/);
  });

  it("that the unit names alone, or not at all, a device is not fenced", async () => {
    for (const scope of [[0x10], [0x18]]) {
      const machine = await fenced(4, dmar(0xfed9_0000n, scope));
      expect(machine.call("claim", badge(7, BLK))).toBe(E_RIGHTS);
      expect(machine.lines()[1]).not.toContain("IOMMU");
    }
  });

  it.each([
    ["names with all below", [0x10]],
    ["includes", "all"],
  ] as const)(
    "to conventional PCI that the unit %s nobody gets a device: the bridge asks in its place",
    async (_what, scope) => {
      const machine = await fenced(7, dmar(0xfed9_0000n, scope, [0x10]));
      expect(machine.call("claim", DRIVER)).toBe(E_ABSENT);
      expect(machine.lines()[1]).toMatch(/refused: the IOMMU cannot tell it from its bridge/);
      const bare = await Machine.start(q35(below(7)));
      expect(bare.call("claim", DRIVER)).toBe(0n);
    },
  );
});

describe("behind a bridge that firmware has left alone", { timeout: COMPILE_MS }, () => {
  const bare = (): PciFunction => {
    const bridge = new PciFunction(0x1234_8086, 0x0604_0000, [], 1);
    bridge.takesNumbers = true;
    return bridge;
  };
  const unplaced = (bytes = 0x4000n): PciFunction =>
    disk({ bars: { 1: { bytes: 0x1000n }, 4: { bytes, wide: true } } });

  it("buses get numbers, depth first, and what is there lies in the bridges' windows", async () => {
    const bridges = { 16: bare(), 24: bare(), 256: bare() };
    // 0:2 → 1, with a bridge 1:0 → 2 and a disk 1:1; 0:3 → 3
    const machine = await discovered(q35({ ...bridges, 264: unplaced(), 512: unplaced(), 768: unplaced() }));
    expect(Object.values(bridges).map(({ space }) => space.getUint32(0x18, true))).toEqual([
      0x02_01_00, 0x03_03_00, 0x02_02_01,
    ]);
    const windows = Object.values(bridges).map(({ space }) => [
      space.getUint16(0x20, true),
      space.getUint16(0x22, true),
    ]);
    const [outer, other, inner] = windows as [number[], number[], number[]];
    expect(outer[0]).toBeLessThanOrEqual(inner[0] as number);
    expect(outer[1]).toBeGreaterThanOrEqual(inner[1] as number);
    expect((outer[1] as number) < (other[0] as number) || (other[1] as number) < (outer[0] as number)).toBe(true);
    const places = machine.lines().filter((line) => line.includes("virtio"));
    expect(places.map((line) => line.slice(0, 7))).toEqual(["02:00.0", "01:01.0", "03:00.0"]);
    for (const [at, line] of places.entries()) {
      const [from, to] = [inner, outer, other][at] as [number, number];
      for (const [, base] of line.matchAll(/(0x[0-9a-f]+) \+/g)) {
        expect(Number(base) >>> 16).toBeGreaterThanOrEqual(from);
        expect(Number(base) >>> 20).toBeLessThanOrEqual(to >>> 4);
      }
    }
    expect(machine.value("refused")).toBe(0);
  });

  it("one that does not take its number, and a chain that is longer than there are buses, come to an end", async () => {
    const deaf = new PciFunction(0x1234_8086, 0x0604_0000, [], 1);
    const chain = Object.fromEntries([0, 1, 2, 3].map((bus) => [(bus << 8) | 32, bare()]));
    const machine = await discovered(q35({ 16: deaf, ...chain }));
    expect(machine.lines()).toHaveLength(5);
  });

  it("registers for which no window has room are refused, and the others of the bus with them", async () => {
    const machine = await discovered(q35({ 16: bare(), 256: unplaced(1n << 29n), 264: unplaced() }));
    expect(machine.lines().map((line) => line.includes("no place"))).toEqual([false, true, true]);
  });
});

describe("a configuration space that contradicts itself", { timeout: COMPILE_MS }, () => {
  const cases: [string, RegExp, () => Record<number, PciFunction>][] = [
    ["a list of capabilities that turns in a circle", /no end/, () => circle()],
    [
      "a list that leads out of its place",
      /no end/,
      () => ({ 8: new PciFunction(VIRTIO, 0x0100_0001).capability(0x40, 5, []).capability(0x10, 5, [], 0x40) }),
    ],
    [
      "messages outside their BAR",
      /outside its registers/,
      () => ({ 8: disk({ table: [0xff, 7, 1, 0, 0, 0, 1, 8, 0, 0] }) }),
    ],
    [
      "messages in a BAR that is none",
      /outside its registers/,
      () => ({ 8: disk({ table: [1, 0, 7, 0, 0, 0, 1, 8, 0, 0] }) }),
    ],
    ["a structure longer than its BAR", /outside its registers/, () => ({ 8: disk({ length: 0x4001 }) })],
    ["a structure of 4 GiB less a byte", /outside its registers/, () => ({ 8: disk({ length: 0xffff_ffff }) })],
    [
      "registers at a place that is not theirs by size",
      /no place/,
      () => ({ 8: disk({ bars: { 1: { bytes: 0x1000n, base: 0xfebf_d800n } } }) }),
    ],
    [
      "registers of more than the largest Device",
      /impossible size/,
      () => ({ 8: disk({ bars: { 4: { bytes: 1n << 36n, wide: true } } }) }),
    ],
    [
      "registers in configuration space",
      /overlap/,
      () => ({ 8: disk({ bars: { 1: { bytes: 0x1000n, base: ECAM } } }) }),
    ],
  ];
  it.each(cases)("%s is refused, and nobody gets the device", async (_what, reason, functions) => {
    const machine = await discovered(q35(functions()));
    expect(machine.lines()[0]).toMatch(reason);
    expect(machine.call("claim", DRIVER)).toBe(E_ABSENT);
  });

  it("two functions in one place: the second is refused", async () => {
    const machine = await discovered(q35({ 8: disk(), 16: disk() }));
    expect(machine.lines().map((line) => line.includes("overlap"))).toEqual([false, true]);
    expect(machine.call("claim", badge(7, BLK | TRUSTED | (1 << 4)))).toBe(E_ABSENT);
  });

  it("bridges that lead to themselves, upwards or out of the table are not followed", async () => {
    const bridge = (below: number): PciFunction => {
      const one = new PciFunction(0x1_8086, 0x0604_0000, [], 1);
      one.space.setUint8(0x19, below);
      return one;
    };
    const machine = await discovered(
      q35({ 8: bridge(0), 16: bridge(1), 24: bridge(200), 264: bridge(1), 32: bridge(1) }),
    );
    expect(machine.lines()).toHaveLength(5);
    expect(machine.value("refused")).toBe(3);
  });
});

describe("what is not believed", { timeout: COMPILE_MS }, () => {
  it.each<[string, Uint8Array]>([
    ["a checksum that is wrong", Uint8Array.from(mcfg(ECAM, 0, 3), (byte, index) => (index === 9 ? byte ^ 1 : byte))],
    ["buses that end before they begin", mcfg(ECAM, 3, 2)],
    ["a configuration space beyond all devices", mcfg(1n << 40n, 0, 3)],
    ["a configuration space at no bus' border", mcfg(ECAM + 4096n, 0, 3)],
    [
      "half an entry",
      summed(
        Uint8Array.from(mcfg(ECAM, 0, 3).slice(0, 52), (byte, index) => (index === 4 ? 52 : byte)),
        9,
      ),
    ],
    ["another segment alone", mcfg(ECAM, 0, 3, 1)],
  ])("%s: no configuration space", async (_what, bad) => {
    const machine = await discovered(q35({ 8: disk() }, {}, [madt(1), bad]));
    expect(machine.value("ecam_base")).toBe(0);
    expect(machine.records()).toEqual([
      expect.stringMatching(/^firmware: processors 1, interrupt controllers 1(, refused: 1)?$/),
    ]);
  });

  it("any bytes in any table: discovery ends, and no two devices share an address", async () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const patches = fc.array(fc.tuple(fc.nat(255), fc.nat(255)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("APIC", "MCFG", "DMAR", "FACP", "XSDT"),
        bytes,
        patches,
        patches,
        async (name, body, a, b) => {
          const functions = {
            8: disk(),
            16: disk({ bars: { 1: { bytes: 4096n }, 4: { bytes: 16384n, wide: true } } }),
          };
          for (const [at, value] of a) functions[8].space.setUint8(at, value);
          for (const [at, value] of b) functions[16].space.setUint8(at, value);
          const machine = await discovered(q35(functions, {}, [mcfg(ECAM, 0, 3), table(name, body)]));
          const ranges: [bigint, bigint][] = [];
          for (let place = 0; place < machine.value("unit_count"); place++) {
            if (machine.call("unit_fault", place) !== 0n) continue;
            for (let number = 0; number < 6; number++) {
              const length = BigInt.asUintN(64, machine.call("unit_bar_bytes", place, number));
              const base = BigInt.asUintN(64, machine.call("unit_bar", place, number));
              if (length !== 0n) ranges.push([base, base + length]);
            }
          }
          for (const [index, [base, end]] of ranges.entries()) {
            expect(base).toBeGreaterThan(0n);
            for (const [other, otherEnd] of ranges.slice(index + 1))
              expect(end <= other || otherEnd <= base).toBe(true);
          }
          for (let role = 1; role < 12; role++) {
            if (machine.call("claim", badge(role, role | TRUSTED)) !== 0n) continue;
            for (let number = 0; number < 6; number++) machine.call("registers", badge(role, role | TRUSTED), number);
            for (let vector = 0; vector < 3; vector++) machine.call("interrupt", badge(role, role | TRUSTED), vector);
          }
        },
      ),
      { numRuns: Number(process.env["PHI_FUZZ_RUNS"] ?? 60) },
    );
  });

  it("any damage to a device tree: discovery ends, with what it knows or with nothing", async () => {
    const tree = flatten({
      properties: { "#address-cells": 2, "#size-cells": 2 },
      nodes: {
        "virtio@1": { properties: { compatible: "virtio,mmio", reg: [0x1000_8000n, 0x1000n], interrupts: 8 } },
        "pci@2": {
          properties: {
            compatible: "pci-host-ecam-generic",
            reg: [ECAM, BUSES << 20n],
            "#size-cells": 2,
            ranges: [0x200_0000, 0x4000_0000n, 0x4000_0000n, 0x1000_0000n],
          },
        },
      },
    });
    const damage = fc.array(fc.tuple(fc.nat(tree.length - 1), fc.nat(255)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(tree.length), async (list, cut) => {
        const bytes = Uint8Array.from(tree);
        for (const [at, value] of list) bytes[at] = value;
        const length = cut % 3 === 0 ? cut : bytes.length;
        const base = 0x8200_0000n;
        const machine = await discovered({
          firmware: { base, bytes: BigInt(length) },
          tables: new Map([[base, bytes.subarray(0, length)]]),
          ecam: { base: ECAM, bytes: BUSES << 20n },
        });
        expect(machine.value("block_count")).toBeLessThanOrEqual(32);
      }),
      { numRuns: Number(process.env["PHI_FUZZ_RUNS"] ?? 60) },
    );
  });
});
