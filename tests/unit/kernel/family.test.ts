// Domains that make domains: a parent's end is its children's, what others still hold lives on, and every frame returns.
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { child, freeFrames, HW, MIB, type Scene, SFI, scene, startChild, wholly } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

/** A child of init that runs its start with its own self, code and archive handles: it can make domains. */
function parentOf(start: Scene, budget = 8n * MIB): { domain: bigint; self: bigint; code: bigint; index: number } {
  const { machine, archive, init } = start;
  const domain = child(start, 1, SFI, budget);
  const abi = machine.abi;
  const code = machine.gate("code_load", archive, ...machine.module(1));
  const self = machine.gate("cap_grant", domain, domain, abi.value("DOMAIN_ALLOCATE"), 0n);
  const all = machine.gate("cap_info", code, 1n);
  const granted = machine.gate("cap_grant", domain, code, all, 0n);
  const wake = machine.gate("notification_create", start.self);
  machine.gate("notification_bind", wake);
  machine.gate("domain_supervise", domain, wake, 1n);
  const index = startChild(start, domain);
  expect(index).not.toBe(init);
  return { domain, self, code: granted, index };
}

/** The running child exits; init is entered with its supervisor's bits. */
function exitToInit(start: Scene): void {
  start.machine.gate("exit", 0);
  expect(start.machine.schedule()).toBe(start.init);
}

describe("a domain's children", () => {
  it("end with it, however deep and many, and every frame returns", async () => {
    const start = await scene();
    const { machine } = start;
    wholly(machine, "domain_destroy", child(start, 1)); // the kernel's tables grow once
    wholly(machine, "domain_destroy", child(start, 1, HW));
    for (let round = 0; round < 2; round++) {
      const before = freeFrames(start);
      const { domain, self, code } = parentOf(start);
      let made = 0;
      for (;;) {
        const one = machine.gate("domain_create", self, code, HW | (1n << 8n), MIB / 4n);
        if (one < 0n) {
          expect([machine.error("E_BUDGET"), machine.error("E_NO_MEMORY")]).toContain(one);
          break;
        }
        expect(machine.gate("domain_start", one)).toBe(0n);
        made++;
      }
      expect(made).toBeGreaterThan(10);
      exitToInit(start);
      expect(wholly(machine, "domain_destroy", domain)).toBe(0n);
      if (round === 1) expect(before - freeFrames(start)).toBeLessThanOrEqual(4n); // two code objects of the test stay
    }
  });

  it("cannot end themselves by ending their parent", async () => {
    const start = await scene();
    const { machine } = start;
    const domain = child(start, 1, SFI, 4n * MIB);
    const rights = machine.gate("cap_info", domain, 1n);
    const own = machine.gate("cap_grant", domain, domain, rights, 0n);
    startChild(start, domain);
    expect(machine.gate("domain_stop", own)).toBe(0n);
    expect(wholly(machine, "domain_destroy", own)).toBe(machine.error("E_STATE"));
  });

  it("and what it paid for but others hold lives on at its parent's expense", async () => {
    const start = await scene();
    const { machine, self } = start;
    const survivor = child(start, 1, SFI, 2n * MIB);
    const { domain, self: own } = parentOf(start);
    expect(machine.gate("cap_grant", survivor, own, 0n, 0n)).toBe(machine.error("E_HANDLE"));
    exitToInit(start);
    const notification = machine.gate("notification_create", domain);
    expect(notification).toBeGreaterThan(0n); // init pays from the dead child's budget
    expect(machine.gate("domain_supervise", survivor, notification, 2n)).toBe(0n);
    expect(wholly(machine, "domain_destroy", domain)).toBe(0n);
    expect(machine.gate("domain_stop", survivor)).toBe(0n);
    expect(machine.gate("wait", notification, 0n)).toBe(2n);
    expect(machine.gate("cap_delete", notification)).toBe(0n);
    expect(wholly(machine, "domain_destroy", survivor)).toBe(0n);
    expect(machine.gate("notification_create", self)).toBeGreaterThan(0n);
  });
});
