// What devices reach of memory behind an IOMMU: exactly what their drivers mapped, for as long as the capabilities stand, at the
// expense of whoever made the context; and nothing when one of them ends.
import { beforeAll, describe, expect, it } from "vitest";
import { audit } from "./audit.ts";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { child, freeFrames, type Scene, scene, startChild, status, wholly } from "./scenario.ts";

const PAGE = 4096n;
const UNIT = 0xfed9_0000n;
const SOURCE = 0x18n;
const FRAMES = 16n;
const READ = 1n;
const READ_WRITE = 3n;
const ADDRESS = 0x10_0000n;

beforeAll(compileKernel, COMPILE_MS);

async function started(): Promise<Scene> {
  const start = await scene();
  expect(start.machine.gate("dma_start", start.system, UNIT)).toBeGreaterThan(0n);
  return start;
}

function context({ machine, system }: Scene, source = SOURCE, frames = FRAMES): bigint {
  return machine.gate("dma_create", system, source | (frames << 32n));
}

function region({ machine, self }: Scene, pages: bigint, contiguous = 0n): bigint {
  const handle = machine.gate("region_create", self, pages, contiguous);
  while (machine.gate("region_fill", handle) > 0n);
  return handle;
}

const span = (first: bigint, pages: bigint): bigint => first | (pages << 32n);

/** What the device reaches at an address by the table that the IOMMU was given last: the frame and whether it may store; undefined: nothing. */
function reach({ machine }: Scene, address: bigint): { frame: bigint; writable: boolean } | undefined {
  let table = machine.contexts.at(-1)?.root ?? 0n;
  for (let level = 3n; ; level--) {
    const entry = machine.memory.getBigUint64(Number(table + ((address >> (12n + 9n * level)) & 511n) * 8n), true);
    if (table === 0n || (entry & 1n) === 0n) return undefined;
    table = entry & 0x000f_ffff_ffff_f000n;
    if (level === 0n) return { frame: table, writable: (entry & 4n) !== 0n };
  }
}

describe("a device behind an IOMMU", () => {
  it("reaches nothing at first, then the mapped pages alone, and may store where its driver said so", async () => {
    const start = await started();
    const { machine } = start;
    const dma = context(start);
    expect(machine.contexts.at(-1)).toMatchObject({ source: Number(SOURCE) });
    expect(reach(start, ADDRESS)).toBeUndefined();
    const memory = region(start, 3n);
    machine.gate("region_map", memory, 0xa000_0000n, 0n, 3n, READ_WRITE);
    const base = machine.field(start.init, "DOMAIN_MEMORY_BASE");
    const frame = (page: bigint): bigint => machine.translate(start.init, base + 0xa000_0000n + page * PAGE) as bigint;
    expect(machine.gate("dma_map", dma, memory, ADDRESS, span(1n, 2n), READ)).toBe(0n);
    expect(machine.gate("dma_map", dma, memory, ADDRESS + 9n * PAGE, span(0n, 1n), READ_WRITE)).toBe(0n);
    expect(reach(start, ADDRESS - PAGE)).toBeUndefined();
    expect(reach(start, ADDRESS)).toEqual({ frame: frame(1n), writable: false });
    expect(reach(start, ADDRESS + PAGE)).toEqual({ frame: frame(2n), writable: false });
    expect(reach(start, ADDRESS + 2n * PAGE)).toBeUndefined();
    expect(reach(start, ADDRESS + 9n * PAGE)).toEqual({ frame: frame(0n), writable: true });
    const number = machine.contexts.at(-1)?.number as number;
    machine.forgotten.length = 0;
    expect(machine.gate("dma_unmap", dma, ADDRESS, 2n)).toBe(0n);
    expect(machine.forgotten).toEqual([number]);
    expect(reach(start, ADDRESS)).toBeUndefined();
    expect(reach(start, ADDRESS + 9n * PAGE)).toBeDefined();
    expect(machine.gate("dma_unmap", dma, ADDRESS, 2n)).toBe(machine.abi.value("E_ADDRESS"));
  });

  it("loses what is revoked, deleted or moved away at once, and the frames go back when nobody else has them", async () => {
    const start = await started();
    const { machine } = start;
    const other = child(start, 1);
    const memory = region(start, 4n);
    const dma = context(start);
    const free = freeFrames(start);
    for (const end of ["revoke_all", "revoke", "delete", "move"]) {
      const copy = machine.gate("cap_derive", memory, 0xc00fn, 0n);
      expect(machine.gate("dma_map", dma, copy, ADDRESS, span(0n, 4n), READ_WRITE)).toBe(0n);
      expect(reach(start, ADDRESS)?.writable).toBe(true);
      machine.forgotten.length = 0;
      if (end === "revoke_all") expect(machine.gate("cap_revoke_all", memory)).toBe(0n);
      else if (end === "revoke") expect(wholly(machine, "cap_revoke", memory)).toBe(0n);
      else if (end === "delete") expect(machine.gate("cap_delete", copy)).toBe(0n);
      else expect(machine.gate("cap_move", other, copy)).toBe(0n);
      expect(reach(start, ADDRESS), end).toBeUndefined();
      expect(machine.forgotten, end).toHaveLength(1);
      if (end === "revoke_all") machine.gate("cap_delete", copy);
      if (end === "move") expect(wholly(machine, "cap_revoke", memory)).toBe(0n);
    }
    expect(machine.gate("cap_delete", memory)).toBe(0n);
    expect(freeFrames(start)).toBeGreaterThanOrEqual(free + 4n - 3n); // the context's tables stay, paid for
    expect(audit(machine).problems).toEqual([]);
  });

  it("leaves nothing behind when its context ends: no entry, no frame, no reference, no charge", async () => {
    const start = await started();
    const { machine, self } = start;
    machine.gate("cap_delete", context(start)); // the kernel's own tables grow once
    const memory = region(start, 600n, 1n);
    const before = freeFrames(start),
      account = status(start, self, "STATUS_MEMORY");
    const dma = context(start);
    expect(machine.gate("dma_map", dma, memory, ADDRESS, span(0n, 512n), READ_WRITE)).toBe(0n);
    expect(machine.gate("dma_map", dma, memory, 1n << 38n, span(512n, 88n), READ)).toBe(0n);
    expect(status(start, self, "STATUS_MEMORY")).toBeGreaterThanOrEqual(account + FRAMES * PAGE);
    expect(machine.gate("cap_delete", dma)).toBe(0n);
    expect(machine.contexts.at(-1)?.root).toBe(0n);
    expect(freeFrames(start)).toBe(before);
    expect(status(start, self, "STATUS_MEMORY")).toBe(account);
    expect(machine.gate("cap_delete", memory)).toBe(0n);
    expect(freeFrames(start)).toBeGreaterThanOrEqual(before + 600n);
  });

  it("costs its maker no more than was agreed, however the driver scatters its mappings", async () => {
    const start = await started();
    const { machine } = start;
    const memory = region(start, 1n);
    const dma = context(start, SOURCE, 6n);
    const free = freeFrames(start);
    let mapped = 0n;
    for (; ; mapped++) {
      const answer = machine.gate("dma_map", dma, memory, mapped << 30n, span(0n, 1n), READ);
      if (answer === machine.abi.value("E_BUDGET")) break;
      expect(answer).toBe(0n);
    }
    expect(mapped).toBe(1n); // root, level 2 | mappings | tables of one gigabyte; the next needs two more
    expect(free - freeFrames(start)).toBeLessThanOrEqual(4n);
    for (let page = 1n; page < 64n; page++)
      expect(machine.gate("dma_map", dma, memory, page * PAGE, span(0n, 1n), READ)).toBe(0n);
    expect(machine.gate("dma_map", dma, memory, 64n * PAGE, span(0n, 1n), READ)).toBe(0n);
    for (let page = 65n; page < 128n; page++) machine.gate("dma_map", dma, memory, page * PAGE, span(0n, 1n), READ);
    expect(machine.gate("dma_map", dma, memory, 128n * PAGE, span(0n, 1n), READ)).toBe(machine.abi.value("E_BUDGET"));
    expect(machine.gate("dma_unmap", dma, 0n, 1024n)).toBe(0n);
    expect(machine.gate("dma_map", dma, memory, 128n * PAGE, span(0n, 1n), READ)).toBe(0n);
  });

  it("has one context: a new one ends the old one and every capability to it", async () => {
    const start = await started();
    const { machine } = start;
    const memory = region(start, 1n);
    const old = context(start);
    expect(machine.gate("dma_map", old, memory, ADDRESS, span(0n, 1n), READ)).toBe(0n);
    const fresh = context(start);
    expect(machine.gate("dma_map", old, memory, ADDRESS, span(0n, 1n), READ)).toBe(machine.abi.value("E_REVOKED"));
    expect(reach(start, ADDRESS)).toBeUndefined();
    expect(machine.gate("dma_map", fresh, memory, ADDRESS, span(0n, 1n), READ)).toBe(0n);
    expect(machine.gate("cap_delete", old)).toBe(0n);
    expect(reach(start, ADDRESS)).toBeDefined();
    const others = Array.from({ length: 14 }, (_, i) => context(start, 0x100n + BigInt(i), 2n));
    expect(others.every((handle) => handle > 0n)).toBe(true);
    expect(context(start, 0x200n, 2n)).toBe(machine.abi.value("E_NO_MEMORY"));
    machine.gate("cap_delete", others[5] as bigint);
    expect(context(start, 0x200n, 2n)).toBeGreaterThan(0n);
  });

  it("reaches only the part of a region that its driver holds", async () => {
    const start = await started();
    const { machine } = start;
    const memory = region(start, 8n, 1n);
    const part = machine.gate("cap_derive", memory, 15n, machine.abi.value("REGION_PART") | span(2n, 3n));
    const dma = context(start);
    const refused = machine.abi.value("E_ARGUMENT");
    expect(machine.gate("dma_map", dma, part, ADDRESS, span(0n, 4n), READ)).toBe(refused);
    expect(machine.gate("dma_map", dma, part, ADDRESS, span(3n, 1n), READ)).toBe(refused);
    expect(machine.gate("dma_map", dma, part, ADDRESS, span(0xffff_ffffn, 2n), READ)).toBe(refused);
    expect(machine.gate("dma_map", dma, part, ADDRESS, span(1n, 2n), READ)).toBe(0n);
    machine.gate("region_map", memory, 0xa000_0000n, 0n, 8n, READ_WRITE);
    const base = machine.field(start.init, "DOMAIN_MEMORY_BASE") + 0xa000_0000n;
    expect(reach(start, ADDRESS)?.frame).toBe(machine.translate(start.init, base + 3n * PAGE));
    expect(machine.gate("region_map", part, 0xa010_0000n, 0n, 4n, READ)).toBe(refused);
    expect(machine.gate("region_map", part, 0xa010_0000n, 1n, 2n, READ)).toBe(0n);
    expect(machine.translate(start.init, base + 0x10_0000n)).toBe(machine.translate(start.init, base + 3n * PAGE));
    expect(machine.gate("cap_derive", part, 15n, machine.abi.value("REGION_PART") | span(0n, 8n))).toBe(refused);
    expect(machine.gate("code_load", part, 0n, PAGE)).toBe(machine.abi.value("E_HANDLE"));
  });
});

describe("the gates of an IOMMU", () => {
  it("ask for the right of the System capability, of the Dma and of the region", async () => {
    const start = await started();
    const { machine, system } = start;
    const rights = machine.abi.value("E_RIGHTS");
    const weak = machine.gate(
      "cap_derive",
      system,
      machine.abi.value("SYSTEM_ALL") ^ machine.abi.value("SYSTEM_IOMMU"),
      0n,
    );
    expect(machine.gate("dma_start", weak, UNIT)).toBe(rights);
    expect(machine.gate("dma_create", weak, SOURCE | (FRAMES << 32n))).toBe(rights);
    expect(machine.gate("dma_fault", weak)).toBe(rights);
    const dma = context(start);
    const memory = region(start, 1n);
    const blind = machine.gate("cap_derive", dma, machine.abi.value("RIGHT_SHARE"), 0n);
    expect(machine.gate("dma_map", blind, memory, ADDRESS, span(0n, 1n), READ)).toBe(rights);
    expect(machine.gate("dma_unmap", blind, ADDRESS, 1n)).toBe(rights);
    const unpinned = machine.gate("cap_derive", memory, 7n, 0n),
      unwritable = machine.gate("cap_derive", memory, 9n, 0n);
    expect(machine.gate("dma_map", dma, unpinned, ADDRESS, span(0n, 1n), READ)).toBe(rights);
    expect(machine.gate("dma_map", dma, unwritable, ADDRESS, span(0n, 1n), READ_WRITE)).toBe(rights);
    expect(machine.gate("dma_map", dma, unwritable, ADDRESS, span(0n, 1n), READ)).toBe(0n);
  });

  it("refuse places and spans that cannot be", async () => {
    const start = await started();
    const { machine, system } = start;
    const dma = context(start);
    const memory = region(start, 600n);
    const argument = machine.abi.value("E_ARGUMENT"),
      address = machine.abi.value("E_ADDRESS");
    const map = (at: bigint, first: bigint, pages: bigint, rights = READ): bigint =>
      machine.gate("dma_map", dma, memory, at, span(first, pages), rights);
    expect(map(ADDRESS, 0n, 0n)).toBe(argument);
    expect(map(ADDRESS, 0n, 513n)).toBe(argument);
    expect(map(ADDRESS, 599n, 2n)).toBe(argument);
    expect(map(ADDRESS, 0xffff_ffffn, 1n)).toBe(argument);
    expect(map(ADDRESS, 0n, 1n, 2n)).toBe(argument);
    expect(map(ADDRESS, 0n, 1n, 4n)).toBe(argument);
    expect(map(ADDRESS + 8n, 0n, 1n)).toBe(address);
    expect(map(1n << 39n, 0n, 1n)).toBe(address);
    expect(map((1n << 64n) - PAGE, 0n, 2n)).toBe(address);
    expect(map(ADDRESS, 0n, 512n)).toBe(0n);
    expect(map(ADDRESS + 511n * PAGE, 512n, 4n)).toBe(address);
    expect(reach(start, ADDRESS + 512n * PAGE)).toBeUndefined(); // nothing of it stays
    expect(reach(start, ADDRESS + 511n * PAGE)).toBeDefined();
    expect(machine.gate("dma_create", system, 0x1_0000n | (FRAMES << 32n))).toBe(argument);
    expect(machine.gate("dma_create", system, SOURCE | (1n << 32n))).toBe(argument);
    expect(machine.gate("dma_create", system, 7n | (0xffff_ffffn << 32n))).toBe(machine.abi.value("E_BUDGET"));
    expect(machine.gate("dma_start", system, 0x10_0000n)).toBe(argument); // memory
    expect(machine.gate("dma_start", system, UNIT + 8n)).toBe(argument);
    expect(machine.gate("dma_start", system, 0xfeda_0000n)).toBe(machine.abi.value("E_ABSENT"));
  });

  it("tell what was refused, once, and physical addresses no more once an IOMMU runs", async () => {
    const start = await scene();
    const { machine, system } = start;
    const memory = region(start, 1n);
    expect(machine.gate("dma_create", system, SOURCE | (FRAMES << 32n))).toBe(machine.abi.value("E_STATE"));
    expect(machine.gate("region_physical", system, memory, 0n)).toBeGreaterThan(0n);
    expect(machine.gate("dma_start", system, UNIT)).toBeGreaterThan(0n);
    expect(machine.gate("region_physical", system, memory, 0n)).toBe(machine.abi.value("E_STATE"));
    expect(machine.gate("dma_fault", system)).toBe(0n);
    machine.refused.push([0x18n, 0x5000n, 0x106n]);
    expect(machine.gate("dma_fault", system)).toBe(1n);
    const words = machine.translate(start.init, machine.field(start.init, "DOMAIN_MEMORY_BASE")) as bigint;
    const message = Number(words + machine.abi.value("MESSAGE"));
    expect([8, 16, 24].map((at) => machine.memory.getBigUint64(message + at, true))).toEqual([0x18n, 0x5000n, 0x106n]);
    expect(machine.gate("dma_fault", system)).toBe(0n);
  });

  it("of a driver that ends take its pages away, whatever else stands", async () => {
    const start = await started();
    const { machine, self, init } = start;
    const wake = machine.gate("notification_create", self);
    machine.gate("notification_bind", wake);
    const driver = child(start, 1);
    machine.gate("domain_supervise", driver, wake, 1n);
    const dma = context(start);
    const memory = region(start, 2n);
    const given = machine.gate("cap_grant", driver, dma, machine.abi.value("DMA_MAP"), 0n);
    const theirs = machine.gate("cap_grant", driver, memory, 15n, 0n);
    startChild(start, driver);
    expect(machine.gate("dma_map", given, theirs, ADDRESS, span(0n, 2n), READ_WRITE)).toBe(0n);
    expect(machine.gate("dma_map", dma, memory, ADDRESS + 2n * PAGE, span(0n, 1n), READ)).toBe(
      machine.abi.value("E_HANDLE"),
    );
    machine.kernelCall("gate_exit", 0);
    expect(machine.schedule()).toBe(init);
    expect(reach(start, ADDRESS)?.writable).toBe(true); // until somebody takes away what it holds
    expect(machine.gate("dma_map", dma, memory, ADDRESS + 2n * PAGE, span(0n, 1n), READ)).toBe(0n);
    expect(wholly(machine, "domain_destroy", driver)).toBe(0n);
    expect(reach(start, ADDRESS)).toBeUndefined();
    expect(reach(start, ADDRESS + 2n * PAGE)).toBeDefined();
    expect(audit(machine).problems).toEqual([]);
  });
});
