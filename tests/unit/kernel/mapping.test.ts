// Regions of every size in windows: long ones, contiguous ones on large pages, memory that was cut into pieces, and windows that
// are revoked from a domain that has nothing left.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel, Machine } from "./machine.ts";
import { child, freeFrames, type Scene, SFI, scene, startChild, status } from "./scenario.ts";

const PAGE = 4096n;
const LARGE = 0x20_0000n;
const WINDOW = 0xa000_0000n;
const READ_WRITE = 3n;

beforeAll(compileKernel, COMPILE_MS);

/** A region with all its pages, as services/lib makes it; below zero: why not. */
function region({ machine, self }: Scene, pages: bigint, contiguous = false): bigint {
  const handle = machine.gate("region_create", self, pages, contiguous ? 1n : 0n);
  if (handle < 0n) return handle;
  let missing = machine.gate("region_fill", handle);
  while (missing > 0n) {
    const next = machine.gate("region_fill", handle);
    expect(next).toBeLessThan(missing);
    missing = next;
  }
  if (missing < 0n) machine.gate("cap_delete", handle);
  return missing < 0n ? missing : handle;
}

/** Maps a whole region in pieces. */
function map({ machine }: Scene, handle: bigint, index: bigint, pages: bigint): bigint {
  for (let done = 0n; done < pages; done += 512n) {
    const piece = pages - done < 512n ? pages - done : 512n;
    const answer = machine.gate("region_map", handle, index + done * PAGE, done, piece, READ_WRITE);
    if (answer < 0n) return answer;
  }
  return 0n;
}

function physical({ machine, init }: Scene, index: bigint): bigint | undefined {
  return machine.translate(init, machine.field(init, "DOMAIN_MEMORY_BASE") + index);
}

function touch({ machine }: Scene, address: bigint): void {
  machine.setTrap(machine.abi.number("TRAP_PAGE_WRITE"), address);
  machine.kernelCall("trap", 0x4000_0000n, 0n, 0n);
}

/** The table that holds the entry of an address at level 1, and the entry itself. */
function largeEntry({ machine, init }: Scene, index: bigint): bigint {
  const address = machine.field(init, "DOMAIN_MEMORY_BASE") + index;
  let table = machine.field(init, "DOMAIN_ROOT");
  let entry = 0n;
  for (let level = 3n; level >= 1n; level--) {
    entry = machine.memory.getBigUint64(Number(table + ((address >> (12n + 9n * level)) & 511n) * 8n), true);
    table = entry & 0x000f_ffff_ffff_f000n;
  }
  return entry;
}

describe("a region", () => {
  it("of more than 1024 pages lists its frames in two levels, each of them once, and gives all back", async () => {
    const start = await scene();
    const { machine } = start;
    machine.gate("cap_delete", region(start, 4n)); // tables of the kernel grow once
    const before = freeFrames(start);
    const pages = 2500n;
    const handle = region(start, pages);
    expect(handle).toBeGreaterThan(0n);
    expect(map(start, handle, WINDOW + 3n * PAGE, pages)).toBe(0n);
    const seen = new Set<bigint>();
    for (let page = 0n; page < pages; page++) seen.add(physical(start, WINDOW + (3n + page) * PAGE) ?? -1n);
    expect(seen.size).toBe(Number(pages));
    expect(seen.has(-1n)).toBe(false);
    expect(physical(start, WINDOW + (3n + pages) * PAGE)).toBeUndefined();
    expect(machine.gate("region_unmap", start.self, WINDOW, pages + 3n)).toBe(0n);
    expect(physical(start, WINDOW + 3n * PAGE)).toBeUndefined();
    expect(machine.gate("cap_delete", handle)).toBe(0n);
    // The window's tables stay, paid for; their number is that of the 2 MiB ranges touched.
    expect(before - freeFrames(start)).toBeLessThanOrEqual(6n);
  });

  it("cannot be mapped further than it is filled, and one gate never takes more than 64 pages", async () => {
    const start = await scene();
    const { machine, self } = start;
    const before = freeFrames(start);
    const handle = machine.gate("region_create", self, 500n, 0n);
    expect(before - freeFrames(start)).toBeLessThanOrEqual(66n);
    expect(machine.gate("region_map", handle, WINDOW, 60n, 4n, READ_WRITE)).toBe(0n);
    expect(machine.gate("region_map", handle, WINDOW + LARGE, 60n, 5n, READ_WRITE)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("region_fill", handle)).toBe(500n - 128n);
    expect(machine.gate("region_map", handle, WINDOW + LARGE, 60n, 5n, READ_WRITE)).toBe(0n);
  });

  it("is filled by whoever may write it, and by nobody else", async () => {
    const { machine, self, archive } = await scene();
    const handle = machine.gate("region_create", self, 500n, 0n);
    const reader = machine.gate("cap_derive", handle, machine.abi.value("REGION_READ"), 0n);
    expect(machine.gate("region_fill", reader)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("region_fill", archive)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("region_fill", self)).toBe(machine.error("E_HANDLE"));
  });

  it("of a size that does not fit is refused at once, and costs nothing", async () => {
    const start = await scene();
    const { machine, self } = start;
    const domain = machine.handle("STARTUP_SELF");
    for (const flags of [0n, 1n]) {
      const before = [freeFrames(start), status(start, domain, "STATUS_MEMORY")];
      for (const pages of [0n, 0x8_0001n, 1n << 32n, (1n << 64n) - 1n]) {
        expect(machine.gate("region_create", self, pages, flags)).toBe(machine.error("E_ARGUMENT"));
      }
      expect(machine.gate("region_create", self, 0x8_0000n, flags)).toBe(machine.error("E_BUDGET"));
      expect([freeFrames(start), status(start, domain, "STATUS_MEMORY")]).toEqual(before);
    }
  });

  it("whose frames follow one another lies on large pages where both sides are aligned", async () => {
    const start = await scene();
    const { machine } = start;
    const handle = region(start, 1024n, true);
    expect(handle).toBeGreaterThan(0n);
    // A small mapping leaves a table behind, which a large page then replaces.
    const small = region(start, 1n);
    machine.gate("region_map", small, WINDOW + PAGE, 0n, 1n, READ_WRITE);
    expect(machine.gate("region_map", handle, WINDOW, 0n, 1024n, READ_WRITE)).toBe(machine.error("E_ADDRESS"));
    expect(physical(start, WINDOW + LARGE)).toBeUndefined();
    machine.gate("region_unmap", start.self, WINDOW, 2n);
    const before = freeFrames(start);
    expect(machine.gate("region_map", handle, WINDOW, 0n, 1024n, READ_WRITE)).toBe(0n);
    expect(freeFrames(start)).toBe(before + 1n);
    expect(largeEntry(start, WINDOW) & 0x101n).toBe(0x101n);
    const first = physical(start, WINDOW) ?? 0n;
    expect(first % LARGE).toBe(0n);
    expect(physical(start, WINDOW + LARGE + 0x1234n)).toBe(first + LARGE + 0x1234n);
    // Not aligned: small pages, the same frames.
    expect(machine.gate("region_map", handle, WINDOW + 8n * LARGE + PAGE, 512n, 512n, 1n)).toBe(0n);
    expect(physical(start, WINDOW + 8n * LARGE + PAGE)).toBe(first + LARGE);
    expect(machine.gate("region_map", handle, WINDOW + LARGE, 0n, 1n, 1n)).toBe(machine.error("E_ADDRESS"));
    expect(machine.gate("region_unmap", start.self, WINDOW, 1024n)).toBe(0n);
    expect(physical(start, WINDOW)).toBeUndefined();
    expect(machine.gate("region_map", handle, WINDOW, 0n, 1n, 1n)).toBe(0n);
  });

  it("leaves zero pages where it lay on large ones", async () => {
    const start = await scene();
    const { machine, init } = start;
    const handle = region(start, 512n, true);
    const copy = machine.gate("cap_derive", handle, machine.gate("cap_info", handle, 1n), 0n);
    expect(machine.gate("region_map", copy, WINDOW, 0n, 512n, READ_WRITE)).toBe(0n);
    machine.memory.setBigUint64(Number(physical(start, WINDOW)), 7n, true);
    expect(machine.gate("cap_revoke", handle)).toBe(0n);
    expect(physical(start, WINDOW)).toBeUndefined();
    touch(start, machine.field(init, "DOMAIN_MEMORY_BASE") + WINDOW);
    expect(machine.memory.getBigUint64(Number(physical(start, WINDOW)), true)).toBe(0n);
  });
});

describe("memory that was cut into pieces", () => {
  it("becomes whole again: a run of 2 MiB fits once its pieces came back, in any order", async () => {
    const start = await scene();
    const { machine, self } = start;
    const held: bigint[] = [];
    for (;;) {
      const handle = machine.gate("region_create", self, 61n, 0n);
      if (handle < 0n) break;
      held.push(handle);
    }
    expect(held.length).toBeGreaterThan(100);
    expect(region(start, 512n, true)).toBeLessThan(0n);
    // Every second one: nothing but holes of less than 2 MiB.
    for (let i = 0; i < held.length; i += 2) machine.gate("cap_delete", held[i] as bigint);
    expect(freeFrames(start)).toBeGreaterThan(4096n);
    expect(region(start, 512n, true)).toBe(machine.error("E_NO_MEMORY"));
    for (let i = held.length - 1 - ((held.length - 1) % 2 === 0 ? 1 : 0); i > 0; i -= 2)
      machine.gate("cap_delete", held[i] as bigint);
    // The kernel's own tables may have grown meanwhile: most of the memory is in runs again, not all.
    let runs = 0n;
    while (region(start, 512n, true) > 0n) runs++;
    expect(runs).toBeGreaterThan(15n);
  });

  it("never hands a frame out twice and loses none, whatever is made and dropped in whatever order", async () => {
    const start = await scene();
    const { machine } = start;
    machine.gate("cap_delete", region(start, 4n));
    const before = freeFrames(start);
    const shape = fc.record({ pages: fc.integer({ min: 1, max: 700 }), contiguous: fc.boolean(), drop: fc.nat() });
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 24 }), (list) => {
        const held: { handle: bigint; pages: bigint; contiguous: boolean }[] = [];
        const drop = (which: number): void => {
          const [gone] = held.splice(which % held.length, 1);
          if (gone !== undefined) expect(machine.gate("cap_delete", gone.handle)).toBe(0n);
        };
        for (const { pages, contiguous, drop: which } of list) {
          const handle = region(start, BigInt(pages), contiguous);
          if (handle > 0n) held.push({ handle, pages: BigInt(pages), contiguous });
          if (which % 3 === 0 && held.length > 0) drop(which);
        }
        const frames = new Set<bigint>();
        let total = 0n;
        for (const { handle, pages, contiguous } of held) {
          total += pages;
          expect(map(start, handle, WINDOW, pages)).toBe(0n);
          const first = physical(start, WINDOW) ?? 0n;
          for (let page = 0n; page < pages; page++) {
            const frame = physical(start, WINDOW + page * PAGE) ?? -1n;
            frames.add(frame);
            if (contiguous) expect(frame).toBe(first + page * PAGE);
          }
          if (contiguous && pages >= 512n) expect(first % LARGE).toBe(0n);
          machine.gate("region_unmap", start.self, WINDOW, pages);
        }
        expect(BigInt(frames.size)).toBe(total);
        expect(frames.has(-1n)).toBe(false);
        while (held.length > 0) drop(0);
        return true;
      }),
      { numRuns: 40 },
    );
    expect(before - freeFrames(start)).toBeLessThanOrEqual(4n);
  });

  it("yields runs that no single block holds", async () => {
    const machine = await Machine.boot({ memoryBytes: 128 << 20 });
    const start: Scene = {
      machine,
      self: machine.handle("STARTUP_SELF"),
      system: machine.handle("STARTUP_SYSTEM"),
      archive: machine.handle("STARTUP_REGION"),
      init: machine.current,
    };
    // 96 MiB of 128: more than the half that is one block.
    const run = region(start, (96n << 20n) / PAGE, true);
    expect(run).toBeGreaterThan(0n);
    machine.gate("cap_delete", run);
    expect(region(start, (96n << 20n) / PAGE, true)).toBeGreaterThan(0n);
  });
});

describe("a window that is revoked", () => {
  it("does not crash a domain that has spent its budget: it sees a page of its own in all such places", async () => {
    const start = await scene();
    const { machine } = start;
    const domain = child(start, 1, SFI, 1n << 20n);
    const pages = 4n;
    const whole = region(start, pages);
    const all = machine.gate("cap_info", whole, 1n);
    const own = machine.gate("cap_grant", domain, domain, machine.abi.value("DOMAIN_ALLOCATE"), 0n);
    const granted = machine.gate("cap_grant", domain, whole, all, 0n);
    const index = startChild(start, domain);
    const derived = machine.gate("cap_derive", granted, all, 0n);
    expect(machine.gate("region_map", derived, WINDOW, 0n, pages, READ_WRITE)).toBe(0n);
    while (machine.gate("memory_grow", 1) >= 0n);
    while (machine.gate("region_create", own, 1n, 0n) >= 0n);
    expect(machine.gate("cap_revoke", granted)).toBe(0n);
    while (machine.gate("region_create", own, 1n, 0n) >= 0n);
    const address = machine.field(index, "DOMAIN_MEMORY_BASE") + WINDOW;
    const seen = new Set<bigint>();
    for (let page = 0n; page < pages; page++) {
      expect(machine.translate(index, address + page * PAGE)).toBeUndefined();
      touch(start, address + page * PAGE);
      expect(machine.schedule()).toBe(index);
      const frame = machine.translate(index, address + page * PAGE) ?? -1n;
      expect(machine.memory.getBigUint64(Number(frame), true)).toBe(0n);
      seen.add(frame);
    }
    expect(seen.size).toBeLessThan(3); // what was left of the budget, then the one page
    expect(machine.gate("region_unmap", own, WINDOW, pages)).toBe(0n);
    expect(machine.translate(index, address)).toBeUndefined();
  });
});
