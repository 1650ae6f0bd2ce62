// Revocation at once and removal in steps: many descendants, deep ones, revokers that never come back, roots that end
// meanwhile; and the other way of ending capabilities, by their object's maker.
import { beforeAll, describe, expect, it } from "vitest";
import { audit } from "./audit.ts";
import { COMPILE_MS, compileKernel, type Machine } from "./machine.ts";
import { child, freeFrames, MIB, SFI, scene, startChild, status, wholly } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

const MANY = 100_000;
const WINDOW = 0x8000_0000n;

async function notification(): Promise<{ machine: Machine; self: bigint; root: bigint; signal: bigint }> {
  const { machine, self } = await scene();
  const root = machine.gate("notification_create", self);
  return { machine, self, root, signal: machine.abi.value("NOTIFICATION_SIGNAL") };
}

/** Children of `from`, all live. */
function derive(machine: Machine, from: bigint, rights: bigint, count: number): bigint[] {
  return Array.from({ length: count }, () => {
    const made = machine.gate("cap_derive", from, rights, 0n);
    if (made < 0n) throw new Error(`cap_derive: ${made}`);
    return made;
  });
}

describe("revoking a subtree", () => {
  it("kills 100,000 descendants with the first gate, and removes no more than 16 with each", async () => {
    const { machine, root, signal } = await notification();
    const branch = machine.gate("cap_derive", root, machine.gate("cap_info", root, 1n), 0n);
    const beside = machine.gate("cap_derive", root, signal, 0n);
    const below = derive(machine, branch, signal, MANY);
    const before = machine.gate("system_info", machine.handle("STARTUP_SYSTEM"), machine.abi.value("INFO_CAPS"));
    expect(machine.gate("cap_revoke", branch)).toBe(1n);
    for (const handle of [below[0], below[MANY >> 1], below[MANY - 1]] as bigint[]) {
      expect([machine.error("E_REVOKED"), machine.error("E_HANDLE")]).toContain(machine.gate("notify", handle, 1n));
    }
    const after = machine.gate("system_info", machine.handle("STARTUP_SYSTEM"), machine.abi.value("INFO_CAPS"));
    expect(before - after).toBe(16n);
    expect(machine.gate("notify", branch, 1n)).toBe(0n);
    expect(machine.gate("notify", beside, 1n)).toBe(0n);
    expect(machine.gate("cap_derive", branch, signal, 0n)).toBe(machine.error("E_STATE"));
    let gates = 1;
    while (machine.gate("cap_revoke", branch) === 1n) gates++;
    expect(gates).toBeLessThanOrEqual(Math.ceil(MANY / 16) + 1);
    expect(machine.gate("cap_derive", branch, signal, 0n)).toBeGreaterThan(0n);
    expect(machine.gate("notify", beside, 1n)).toBe(0n);
  });

  it("follows derivations 255 deep and refuses the next; ancestors that are gone do not count", async () => {
    const { machine, root } = await notification();
    const all = machine.gate("cap_info", root, 1n);
    const chain = [root];
    for (let i = 0; i < 255; i++) chain.push(machine.gate("cap_derive", chain[i] as bigint, all, 0n));
    expect(chain[255]).toBeGreaterThan(0n);
    expect(machine.gate("cap_derive", chain[255] as bigint, all, 0n)).toBe(machine.error("E_DEPTH"));
    for (let i = 1; i < 200; i++) expect(machine.gate("cap_delete", chain[i] as bigint)).toBe(0n);
    expect(machine.gate("cap_derive", chain[255] as bigint, all, 0n)).toBeGreaterThan(0n);
    expect(wholly(machine, "cap_revoke", root)).toBe(0n);
    expect(machine.gate("cap_info", chain[255] as bigint, 0n)).toBe(machine.error("E_HANDLE"));
    // A right that is handed on and on, each hand letting go, never gets deep.
    let held = machine.gate("cap_derive", root, all, 0n);
    for (let i = 0; i < 1000; i++) {
      const next = machine.gate("cap_derive", held, all, 0n);
      expect(next).toBeGreaterThan(0n);
      machine.gate("cap_delete", held);
      held = next;
    }
    expect(audit(machine).problems).toEqual([]);
  });

  it("ends without its revoker: the scheduler's passes remove what is left", async () => {
    const { machine, root, signal } = await notification();
    derive(machine, root, signal, 1000);
    expect(machine.gate("cap_revoke", root)).toBe(1n);
    let passes = 0;
    while (audit(machine).dying > 0) {
      machine.schedule();
      expect(++passes).toBeLessThan(200);
    }
    expect(passes).toBeGreaterThan(50);
    expect(machine.gate("cap_derive", root, signal, 0n)).toBeGreaterThan(0n);
  });

  it("does not bring anything back when its root is deleted meanwhile", async () => {
    const { machine, root, signal } = await notification();
    const all = machine.gate("cap_info", root, 1n);
    for (const count of [2, 3]) {
      const branch = machine.gate("cap_derive", root, all, 0n);
      const below = derive(machine, branch, signal, count);
      machine.gate("yield");
      expect(machine.gate("cap_revoke", branch)).toBe(1n);
      expect(machine.gate("cap_delete", branch)).toBe(0n);
      for (const handle of below) expect(machine.gate("notify", handle, 1n)).toBeLessThan(0n);
      machine.schedule();
      expect(audit(machine)).toMatchObject({ problems: [], ghosts: 0, dying: 0 });
    }
    const branch = machine.gate("cap_derive", root, all, 0n);
    const below = derive(machine, branch, signal, 200);
    machine.gate("yield"); // something waits: one entry a gate
    expect(machine.gate("cap_revoke", branch)).toBe(1n);
    expect(machine.gate("cap_delete", branch)).toBe(0n);
    for (const handle of below) expect(machine.gate("notify", handle, 1n)).toBeLessThan(0n);
    expect(audit(machine)).toMatchObject({ problems: [], ghosts: 1, dying: 1 });
    for (let i = 0; i < 200; i++) machine.schedule();
    expect(audit(machine)).toMatchObject({ problems: [], ghosts: 0, dying: 0 });
    expect(machine.gate("notify", root, 1n)).toBe(0n);
  });

  it("of one branch inside another, and of more branches than are remembered, ends them all", async () => {
    const { machine, root, signal } = await notification();
    const all = machine.gate("cap_info", root, 1n);
    const branches = derive(machine, root, all, 100);
    for (const branch of branches) derive(machine, branch, signal, 3);
    machine.gate("yield");
    for (const branch of branches) {
      let answer = machine.gate("cap_revoke", branch);
      for (let i = 0; i < 10 && audit(machine).dying === 0; i++) answer = machine.gate("cap_revoke", branch);
      expect([0n, 1n]).toContain(answer);
    }
    expect(audit(machine).dying).toBeGreaterThan(1);
    expect(audit(machine).dying).toBeLessThanOrEqual(64);
    expect(wholly(machine, "cap_revoke", root)).toBe(0n);
    expect(audit(machine)).toMatchObject({ problems: [], ghosts: 0, dying: 0 });
    for (const branch of branches) expect(machine.gate("cap_info", branch, 0n)).toBe(machine.error("E_HANDLE"));
  });

  it("switches the gates' short way for calls off, and on again", async () => {
    const { machine, root, signal, self } = await notification();
    const block = machine.abi.number("KERNEL_CPUS");
    derive(machine, root, signal, 100);
    const bound = machine.word32(block, "CPU_PLAIN_BOUND");
    expect(bound).toBeGreaterThan(100);
    expect(machine.gate("cap_revoke", root)).toBe(1n);
    expect(machine.word32(block, "CPU_PLAIN_BOUND")).toBe(0);
    machine.gate("notification_create", self);
    expect(machine.word32(block, "CPU_PLAIN_BOUND")).toBe(0);
    expect(wholly(machine, "cap_revoke", root)).toBe(0n);
    expect(machine.word32(block, "CPU_PLAIN_BOUND")).toBeGreaterThanOrEqual(bound);
  });
});

describe("an object's maker", () => {
  it("ends all other capabilities at once, and only the maker can", async () => {
    const { machine, root, signal } = await notification();
    const weak = machine.gate("cap_derive", root, signal, 0n);
    expect(machine.gate("cap_revoke_all", weak)).toBe(machine.error("E_RIGHTS"));
    const others = derive(machine, root, signal, 1000);
    expect(machine.gate("cap_revoke_all", root)).toBe(0n);
    for (const handle of [weak, ...others]) expect(machine.gate("notify", handle, 1n)).toBe(machine.error("E_REVOKED"));
    expect(machine.gate("notify", root, 1n)).toBe(0n);
    expect(machine.gate("notify", machine.gate("cap_derive", root, signal, 0n), 1n)).toBe(0n);
    for (const handle of [weak, ...others]) expect(machine.gate("cap_delete", handle)).toBe(0n);
    expect(machine.gate("notify", root, 1n)).toBe(0n);
    expect(audit(machine).problems).toEqual([]);
  });

  it("takes a region's windows away, and the frames return though others keep dead entries", async () => {
    const start = await scene();
    const { machine, self, init } = start;
    machine.gate("cap_delete", machine.gate("region_create", self, 4n, 0n)); // the kernel's tables grow once
    const region = machine.gate("region_create", self, 4n, 0n);
    const rights = machine.gate("cap_info", region, 1n);
    const indices = Array.from({ length: 12 }, (_, i) => WINDOW + 0x20_0000n + BigInt(i) * 0x4000n);
    const copies = indices.map((index) => {
      const copy = machine.gate("cap_derive", region, rights, 0n);
      expect(machine.gate("region_map", copy, index, 0n, 4n, 3n)).toBe(0n);
      return copy;
    });
    const own = WINDOW + 0x40_0000n;
    expect(machine.gate("region_map", region, own, 0n, 4n, 3n)).toBe(0n);
    const held = freeFrames(start);
    expect(machine.gate("cap_revoke_all", region)).toBe(1n); // twelve windows are more than one gate empties
    expect(machine.gate("region_map", copies[0] as bigint, WINDOW + 0x50_0000n, 0n, 1n, 1n)).toBe(
      machine.error("E_REVOKED"),
    );
    expect(wholly(machine, "cap_revoke_all", region)).toBe(0n);
    const base = machine.field(init, "DOMAIN_MEMORY_BASE");
    for (const index of indices) expect(machine.translate(init, base + index)).toBeUndefined();
    expect(machine.translate(init, base + own)).toBeDefined();
    expect(machine.gate("region_unmap", self, own, 4n)).toBe(0n);
    expect(machine.gate("cap_delete", region)).toBe(0n);
    expect(freeFrames(start) - held).toBe(5n); // four pages and the list of them
    expect(audit(machine).problems).toEqual([]);
  });
});

describe("moving", () => {
  it("changes the owner and nothing else", async () => {
    const start = await scene();
    const { machine, self } = start;
    const domain = child(start, 1);
    const root = machine.gate("notification_create", self);
    const branch = machine.gate("cap_derive", root, machine.gate("cap_info", root, 1n), 0n);
    const leaf = machine.gate("cap_derive", branch, machine.abi.value("NOTIFICATION_SIGNAL"), 0n);
    const count = status(start, domain, "STATUS_CAPS");
    expect(machine.gate("cap_move", domain, branch)).toBe(0n);
    expect(status(start, domain, "STATUS_CAPS")).toBe(count + 1n);
    expect(machine.gate("notify", branch, 1n)).toBe(machine.error("E_HANDLE"));
    expect(machine.gate("cap_move", domain, branch)).toBe(machine.error("E_HANDLE"));
    expect(machine.gate("cap_move", domain, leaf)).toBe(machine.error("E_ARGUMENT")); // no right to share
    const blind = machine.gate("cap_derive", domain, machine.abi.value("DOMAIN_INSPECT"), 0n);
    expect(machine.gate("cap_move", blind, root)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("notify", leaf, 1n)).toBe(0n);
    startChild(start, domain);
    expect(machine.gate("notify", branch, 1n)).toBe(0n); // the same number, there
    expect(machine.gate("notify", leaf, 1n)).toBe(machine.error("E_HANDLE"));
    expect(wholly(machine, "cap_revoke", branch)).toBe(0n); // what was derived from it before is still below it
    expect(audit(machine).problems).toEqual([]);
  });
});

describe("the end of a domain", () => {
  it("comes in bounded pieces, with all its capabilities and children", async () => {
    const start = await scene();
    const { machine, self } = start;
    const source = machine.gate("notification_create", self);
    for (let round = 0; round < 2; round++) {
      const before = freeFrames(start);
      const domain = child(start, 1, SFI, 2n * MIB);
      const signal = machine.abi.value("NOTIFICATION_SIGNAL");
      for (let i = 0; i < 5000; i++) expect(machine.gate("cap_grant", domain, source, signal, 0n)).toBeGreaterThan(0n);
      const created = machine.gate("notification_create", domain); // its budget pays, and init keeps it
      let gates = 1;
      while (machine.gate("domain_destroy", domain) === 1n) {
        gates++;
        expect(machine.gate("notification_create", domain)).toBeLessThan(0n);
      }
      expect(gates).toBeGreaterThan(5000 / 16);
      expect(machine.gate("domain_status", domain, 0n)).toBe(machine.error("E_REVOKED"));
      expect(machine.gate("notify", created, 1n)).toBe(0n);
      expect(machine.gate("cap_delete", created)).toBe(0n);
      machine.gate("cap_delete", domain);
      expect(audit(machine).problems).toEqual([]);
      if (round === 1) expect(before - freeFrames(start)).toBeLessThanOrEqual(2n);
    }
  });
});
