// The riscv64 hal reads device trees: what a sound one says, and that no damaged one makes it read outside or hang.

import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { flatten, type TreeNode } from "./blob.ts";

const BASE = 0x8200_0000;
/** What the reader takes for the largest tree; it may read no further than a header claims. */
const SIZE_MAX = 0x100_0000;
const LOADS_MAX = 5_000_000;

type Hal = Record<string, (...values: (number | bigint)[]) => number | bigint>;
let compiled: WebAssembly.Module;

beforeAll(async () => {
  const { wasm } = await compileAssemblyScript({
    root: join(import.meta.dirname, "../../.."),
    entry: "tests/unit/hal/guest/riscv64-boot.ts",
    architecture: "riscv64",
    runtime: "stub",
    memoryBase: 0x20000,
    simd: false,
  });
  compiled = await WebAssembly.compile(wasm as BufferSource);
}, 120_000);

/** A machine whose physical memory holds one tree at BASE. */
function machine(tree: Buffer): { hal: Hal; parse: (hart?: bigint) => number } {
  let loads = 0;
  const load = (address: bigint, bytes: number): bigint => {
    const at = Number(address) - BASE;
    if (at < 0 || at + bytes > SIZE_MAX) throw new Error(`read outside the tree: ${address.toString(16)}`);
    if (++loads > LOADS_MAX) throw new Error("the reader does not come to an end");
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(tree[at + i] ?? 0);
    return value;
  };
  const imports: Record<string, unknown> = {
    load8: (address: bigint) => Number(load(address, 1)),
    load32: (address: bigint) => Number(load(address, 4)) | 0,
    load64: (address: bigint) => BigInt.asIntN(64, load(address, 8)),
    counter: () => 1234n,
    csr_load: () => 99n,
  };
  for (const { name } of WebAssembly.Module.imports(compiled)) imports[name] ??= () => 0;
  const hal = new WebAssembly.Instance(compiled, { machine: imports as WebAssembly.ModuleImports, env: {} })
    .exports as unknown as Hal;
  return { hal, parse: (hart = 1n) => Number(hal["boot_parse"]!(hart, BigInt(BASE))) };
}

function hart(number: number, controller: number): TreeNode {
  return {
    properties: { device_type: "cpu", reg: number, compatible: "riscv" },
    nodes: {
      "interrupt-controller": {
        properties: { phandle: controller, compatible: "riscv,cpu-intc", "#interrupt-cells": 1 },
      },
    },
  };
}

const SOC: Record<string, TreeNode> = {
  "serial@10000000": {
    properties: { compatible: "ns16550a", reg: [0x1000_0000n, 0x100n], interrupts: 10, "reg-shift": 2 },
  },
  "rtc@101000": { properties: { compatible: "google,goldfish-rtc", reg: [0x10_1000n, 0x1000n], interrupts: 11 } },
  "pci@30000000": {
    properties: {
      "#address-cells": 3,
      "#size-cells": 2,
      compatible: "pci-host-ecam-generic",
      reg: [0x3000_0000n, 0x1000_0000n],
      ranges: [
        ...[0x100_0000, 0, 0, 0, 0x300_0000, 0, 0x1_0000],
        ...[0x200_0000, 0, 0x4000_0000, 0, 0x4000_0000, 0, 0x4000_0000],
        ...[0x300_0000, 4, 0, 4, 0, 4, 0],
      ],
    },
  },
  "off@3000": { properties: { compatible: "ns16550a", reg: [0x3000n, 0x100n], status: "disabled" } },
  "test@100000": {
    properties: { compatible: Buffer.from("sifive,test1\0sifive,test0\0syscon\0"), reg: [0x10_0000n, 0x1000n] },
  },
  "plic@c000000": {
    properties: {
      compatible: "sifive,plic-1.0.0",
      reg: [0xc00_0000n, 0x60_0000n],
      "riscv,ndev": 96,
      "interrupts-extended": [2, 11, 2, 9, 4, 11, 4, 9],
    },
  },
};

const TREE: TreeNode = {
  properties: { "#address-cells": 2, "#size-cells": 2 },
  nodes: {
    chosen: {
      properties: {
        "linux,initrd-start": 0x8300_0000n,
        "linux,initrd-end": 0x8301_0000,
        bootargs: "console=mux",
        "rng-seed": Buffer.alloc(32, 7),
      },
    },
    "memory@80000000": {
      properties: { device_type: "memory", reg: [0x8000_0000n, 0x800_0000n, 0x1_0000_0000n, 0x1000n] },
    },
    "reserved-memory": {
      properties: { "#address-cells": 2, "#size-cells": 2 },
      nodes: {
        "firmware@80000000": { properties: { reg: [0x8000_0000n, 0x8_0000n] } },
        anywhere: { properties: { size: 0x1000n } },
      },
    },
    cpus: {
      properties: { "#address-cells": 1, "#size-cells": 0, "timebase-frequency": 10_000_000 },
      nodes: { "cpu@0": hart(0, 2), "cpu@1": hart(1, 4) },
    },
    soc: { properties: { "#address-cells": 2, "#size-cells": 2, ranges: Buffer.alloc(0) }, nodes: SOC },
    "bus@4000000": {
      properties: { "#address-cells": 1, "#size-cells": 1, ranges: [0, 0, 0x400_0000, 0x200_0000] },
      nodes: { "serial@0": { properties: { compatible: "ns16550a", reg: [0, 0x100] } } },
    },
  },
};
const RESERVATIONS = [[0x8700_0000n, 0x2000n]] as const;

describe("a sound tree", () => {
  function parsed(tree = TREE, number = 1n): Hal {
    const { hal, parse } = machine(flatten(tree, RESERVATIONS));
    expect(parse(number)).toBe(0);
    return hal;
  }

  function ranges(hal: Hal, kind: string): string[] {
    return Array.from({ length: Number(hal[`${kind}_range_count`]!()) }, (_, i) =>
      [hal[`${kind}_range_base`]!(i), hal[`${kind}_range_length`]!(i)].map((value) => value.toString(16)).join("+"),
    );
  }

  test("memory, and what in it is taken", () => {
    const hal = parsed();
    expect(ranges(hal, "memory")).toEqual(["80000000+8000000", "100000000+1000"]);
    const reserved = ranges(hal, "reserved");
    expect(reserved.slice(0, 2)).toEqual(["80000000+80000", "87000000+2000"]);
    expect(reserved[2]).toMatch(/^82000000\+/);
    expect(reserved[3]).toBe("83000000+10000");
  });

  test("firmware that does not say where it is has everything below the image", () => {
    const { "reserved-memory": _, ...nodes } = TREE.nodes!;
    expect(ranges(parsed({ ...TREE, nodes }), "reserved")).toContain("80000000+200000");
  });

  test("devices, but not disabled ones or such on a bus that translates", () => {
    const hal = parsed();
    const devices = Array.from({ length: Number(hal["device_count"]!()) }, (_, i) =>
      ["kind", "base", "bytes", "stride", "irq"].map((field) => Number(hal[`device_${field}`]!(i))),
    );
    expect(devices).toEqual([
      [1, 0x1000_0000, 0x100, 4, 10],
      [3, 0x10_1000, 0x1000, 1, 11],
      [5, 0x3000_0000, 0x1000_0000, 1, -1],
      [6, 0x4000_0000, 0x4000_0000, 1, -1],
    ]);
    expect(hal["tree_test_device"]!()).toBe(0x10_0000n);
  });

  test("archive, seed and time base", () => {
    const hal = parsed();
    expect([hal["archive_base"]!(), hal["archive_length"]!()]).toEqual([0x8300_0000n, 0x1_0000n]);
    expect(hal["boot_seed"]!(3)).toBe(0x0707_0707_0707_0707n);
    expect(hal["tree_timebase_hz"]!()).toBe(10_000_000n);
  });

  test.each([
    [0n, 1n],
    [1n, 3n],
  ])("the interrupt context of hart %i is number %i", (number, context) => {
    expect(parsed(TREE, number)["tree_plic_context"]!()).toBe(context);
  });
});

describe("an unsound tree", () => {
  const without = (name: string): Buffer => {
    const { [name]: _, ...nodes } = TREE.nodes!;
    return flatten({ ...TREE, nodes });
  };

  test.each([
    ["no tree", Buffer.alloc(64), 1],
    ["a header alone", flatten(TREE).subarray(0, 40), 2],
    ["no memory", without("memory@80000000"), 3],
    ["no time base", without("cpus"), 4],
  ])("%s", (_name, tree, error) => {
    expect(machine(tree).parse()).toBe(error);
  });

  test("a hart that the interrupt controller does not know", () => {
    expect(machine(flatten(TREE)).parse(7n)).toBe(5);
  });

  test("an archive that ends before it starts", () => {
    const chosen = { properties: { "linux,initrd-start": 0x8300_0000, "linux,initrd-end": 0x8200_0000 } };
    expect(machine(flatten({ ...TREE, nodes: { ...TREE.nodes, chosen } })).parse()).toBe(7);
  });

  test("damage anywhere is refused or survived, without a read outside", () => {
    const sound = flatten(TREE, RESERVATIONS);
    const change = fc.record({ at: fc.nat(sound.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(sound.length), (changes, length) => {
        const damaged = Buffer.from(sound);
        for (const { at, value } of changes) damaged[at] = value;
        const error = machine(damaged.subarray(0, length % 3 === 0 ? length : sound.length)).parse();
        expect(error).toBeGreaterThanOrEqual(0);
        expect(error).toBeLessThanOrEqual(7);
      }),
      { numRuns: 1500 },
    );
  });
});
