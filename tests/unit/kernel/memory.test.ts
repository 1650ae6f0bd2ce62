// Memory: what a domain takes it gives back, what it may not have it does not get.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { child, freeFrames, HW, MIB, type Scene, SFI, scene, startChild, status, wholly } from "./scenario.ts";

const WINDOW = 0x8000_0000n;

function touch({ machine }: Scene, address: bigint, kind = "TRAP_PAGE_WRITE"): void {
  machine.setTrap(machine.abi.number(kind), address);
  machine.kernelCall("trap", 0x4000_0000n, 0n, 0n);
}

beforeAll(compileKernel, COMPILE_MS);

describe("memory", () => {
  it("returns every frame of a destroyed domain, in both modes", async () => {
    const start = await scene();
    const { machine } = start;
    wholly(machine, "domain_destroy", child(start, 1)); // tables of the kernel grow once
    wholly(machine, "domain_destroy", child(start, 1, HW));
    for (const isolation of [SFI, HW]) {
      const before = freeFrames(start);
      const code = machine.gate("code_load", start.archive, ...machine.module(1));
      const domain = machine.gate("domain_create", start.self, code, isolation, MIB);
      const region = machine.gate("region_create", start.self, 8n, 0n);
      expect(machine.gate("domain_map", domain, region, WINDOW, 8n << 32n, 3n)).toBe(0n);
      expect(freeFrames(start)).toBeLessThan(before);
      expect(wholly(machine, "domain_destroy", domain)).toBe(0n);
      expect(machine.gate("cap_delete", region)).toBe(0n);
      expect(machine.gate("cap_delete", code)).toBe(0n);
      expect(freeFrames(start)).toBe(before);
    }
  });

  it("brings promised pages on the first touch, and no others", async () => {
    const start = await scene();
    const { machine } = start;
    const domain = child(start, 1);
    const index = startChild(start, domain);
    const base = machine.field(index, "DOMAIN_MEMORY_BASE");
    expect(machine.translate(index, base + 0x9000n)).toBeUndefined();
    touch(start, base + 0x9123n);
    expect(machine.translate(index, base + 0x9000n)).toBeDefined();
    expect(machine.schedule()).toBe(index);
    touch(start, base + 0x1_0000n);
    expect(machine.schedule()).not.toBe(index);
  });

  it("grows linear memory up to its maximum and its budget", async () => {
    const start = await scene();
    const { machine } = start;
    startChild(start, child(start, 1, SFI, MIB));
    expect(machine.gate("memory_grow", 1)).toBe(1n);
    expect(machine.gate("memory_grow", 64)).toBe(-1n);
    expect(machine.gate("memory_grow", 20)).toBe(-1n);
    expect(machine.gate("memory_grow", 0xffff_ffff)).toBe(-1n);
    expect(machine.gate("memory_grow", 0)).toBe(2n);
  });

  it("gives a memory that begins with none its first page when it grows: gates write there without asking", async () => {
    const start = await scene();
    const { machine } = start;
    const index = startChild(start, child(start, 3, HW));
    const base = machine.field(index, "DOMAIN_MEMORY_BASE");
    expect(machine.gate("memory_grow", 0)).toBe(0n);
    expect(machine.translate(index, base)).toBeUndefined();
    expect(machine.gate("memory_grow", 5)).toBe(-1n);
    expect(machine.translate(index, base)).toBeUndefined();
    expect(machine.gate("memory_grow", 1)).toBe(0n);
    expect(machine.translate(index, base)).toBeDefined();
    expect(machine.gate("memory_grow", 1)).toBe(1n);
  });

  it("stops an instance that touches what is not its own, and says where", async () => {
    const start = await scene();
    const { machine } = start;
    const domain = child(start, 1);
    const notification = machine.gate("notification_create", start.self);
    expect(machine.gate("domain_supervise", domain, notification, 4n)).toBe(0n);
    expect(machine.gate("notification_bind", notification)).toBe(0n);
    const index = startChild(start, domain);
    const address = machine.field(index, "DOMAIN_MEMORY_BASE") + 0x7fff_0000n;
    touch(start, address);
    expect(machine.schedule()).toBe(start.init); // entered with the supervisor's bits
    expect(machine.field(start.init, "DOMAIN_ENTER_ARGUMENTS")).toBe(4n);
    expect(status(start, domain, "STATUS_STATE")).toBe(machine.abi.value("STATE_TRAPPED"));
    expect(status(start, domain, "STATUS_TRAP")).toBe(machine.abi.value("TRAP_OUT_OF_BOUNDS"));
    expect(status(start, domain, "STATUS_TRAP_ADDRESS")).toBe(address);
  });

  it("keeps a revoked window readable: zero pages instead of a crash", async () => {
    const start = await scene();
    const { machine, self, init } = start;
    const region = machine.gate("region_create", self, 2n, 0n);
    const part = machine.gate("cap_derive", region, machine.gate("cap_info", region, 1n), 0n);
    const index = WINDOW + 0x20_0000n + (64n << 20n);
    expect(machine.gate("region_map", part, index, 0n, 2n, 3n)).toBe(0n);
    const address = machine.field(init, "DOMAIN_MEMORY_BASE") + index;
    expect(machine.translate(init, address)).toBeDefined();
    expect(wholly(machine, "cap_revoke", region)).toBe(0n);
    expect(machine.translate(init, address)).toBeUndefined();
    touch(start, address);
    expect(machine.schedule()).toBe(init);
    const page = machine.translate(init, address);
    expect(page).toBeDefined();
    expect(machine.memory.getBigUint64(Number(page), true)).toBe(0n);
    touch(start, address + 0x2000n);
    expect(machine.schedule()).not.toBe(init);
  });

  it("shows no memory of a domain in supervisor mode to one in user mode", async () => {
    for (const [mode, expected] of [[SFI, "E_STATE"] as const, [HW, undefined] as const]) {
      const start = await scene();
      const { machine } = start;
      const viewer = child(start, 1, HW);
      const rights = machine.abi.value("DOMAIN_MEMORY");
      const owner = machine.gate("cap_grant", viewer, child(start, 1, mode), rights, 0n);
      startChild(start, viewer);
      const answer = machine.gate("domain_memory", owner, 0xc000_0000n);
      expect(answer).toBe(expected === undefined ? 0n : machine.error(expected));
    }
  });

  it("refuses windows outside the window, overlaps, and offsets outside the region", async () => {
    const start = await scene();
    const { machine, self } = start;
    const region = machine.gate("region_create", self, 4n, 0n);
    const free = WINDOW + (128n << 20n);
    expect(machine.gate("region_map", region, free, 0n, 4n, 1n)).toBe(0n);
    expect(machine.gate("region_map", region, free + 0x3000n, 0n, 1n, 1n)).toBe(machine.error("E_ADDRESS"));
    fc.assert(
      fc.property(
        fc.bigInt(0n, 1n << 34n),
        fc.bigInt(0n, 1n << 34n),
        fc.bigInt(0n, 1n << 34n),
        (where, offset, pages) => {
          const answer = machine.gate("region_map", region, where, offset, pages, 1n);
          const legal =
            where >= WINDOW &&
            where % 4096n === 0n &&
            where + pages * 4096n <= 1n << 32n &&
            pages > 0n &&
            offset + pages <= 4n;
          return legal || answer === machine.error("E_ADDRESS") || answer === machine.error("E_ARGUMENT");
        },
      ),
    );
  });

  it("keeps a revoked window from being mapped over until it is unmapped", async () => {
    const start = await scene();
    const { machine, self } = start;
    const where = WINDOW + (128n << 20n);
    const lost = machine.gate("region_create", self, 2n, 0n);
    const other = machine.gate("region_create", self, 4n, 0n);
    expect(machine.gate("region_map", lost, where, 0n, 2n, 1n)).toBe(0n);
    expect(machine.gate("cap_delete", lost)).toBe(0n);
    // Over it, the end of the revoked window would free the other region's frames.
    expect(machine.gate("region_map", other, where, 0n, 4n, 1n)).toBe(machine.error("E_ADDRESS"));
    expect(machine.gate("region_map", other, where + 0x1000n, 0n, 1n, 1n)).toBe(machine.error("E_ADDRESS"));
    expect(machine.gate("region_unmap", self, where, 2n)).toBe(0n);
    expect(machine.gate("region_map", other, where, 0n, 4n, 1n)).toBe(0n);
  });

  it("does not give sfi to a module that the archive does not list", async () => {
    const start = await scene();
    const { machine, self, archive } = start;
    const code = machine.gate("code_load", archive, ...machine.module(2));
    expect(machine.gate("domain_create", self, code, SFI, MIB)).toBe(machine.error("E_UNTRUSTED"));
    expect(machine.gate("domain_create", self, code, HW, MIB)).toBeGreaterThan(0n);
  });

  it("answers a damaged module with E_FORMAT, whatever the damage", async () => {
    const start = await scene();
    const { machine, self } = start;
    const [offset, length] = machine.module(1);
    const source = 0x100_0000 + Number(offset);
    const before = freeFrames(start);
    fc.assert(
      fc.property(fc.nat(159), fc.nat(255), fc.nat(3), (at, value, shift) => {
        const region = machine.gate("region_create", self, 8n, 1n);
        const index = WINDOW + (256n << 20n);
        machine.gate("region_map", region, index, 0n, 8n, 3n);
        const page = Number(machine.translate(start.init, machine.field(start.init, "DOMAIN_MEMORY_BASE") + index));
        new Uint8Array(machine.memory.buffer).copyWithin(page, source, source + Number(length));
        machine.memory.setUint8(page + at, value << shift);
        const code = machine.gate("code_load", region, 0n, length);
        if (code > 0n) machine.gate("cap_delete", code);
        machine.gate("cap_delete", region);
        machine.gate("region_unmap", self, index, 8n);
        return code > 0n || code === machine.error("E_FORMAT");
      }),
      { numRuns: 400 },
    );
    expect(before - freeFrames(start)).toBeLessThan(8n);
  });

  it("accounts what a domain holds", async () => {
    const start = await scene();
    const domain = child(start, 1, SFI, 2n * MIB);
    expect(status(start, domain, "STATUS_BUDGET")).toBe(2n * MIB);
    expect(status(start, domain, "STATUS_MEMORY")).toBeLessThan(128n * 1024n);
    expect(status(start, domain, "STATUS_STATE")).toBe(start.machine.abi.value("STATE_CREATED"));
  });
});
