// Capabilities against a model in TypeScript: whatever sequence of derive, grant, move, delete and revoke, the kernel's
// lists hold exactly what the model holds, rights never grow, dead handles stay dead, and the tables fit together.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { audit } from "./audit.ts";
import { type Held, Model } from "./capability-model.ts";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { child, type Scene, scene, wholly } from "./scenario.ts";

const OWNERS = 3;
const OBJECTS = 2;

interface World {
  scene: Scene;
  domains: bigint[];
  model: Model;
}

async function world(): Promise<World> {
  const start = await scene();
  const domains = [start.self, child(start, 1), child(start, 2, 1n)];
  const model = new Model();
  for (let object = 0; object < OBJECTS; object++) {
    const endpoint = start.machine.gate("endpoint_create", start.self);
    model.add(endpoint, 0, start.machine.gate("cap_info", endpoint, 1n), 0n, object);
  }
  return { scene: start, domains, model };
}

/** What the kernel lists for a domain, of endpoints alone. */
function listed({ scene: { machine }, domains }: World, owner: number): string[] {
  const found: string[] = [];
  let cursor = 0n;
  for (;;) {
    cursor = machine.gate("cap_next", domains[owner] as bigint, cursor);
    if (cursor <= 0n) return found.sort();
    const at = Number(
      machine.translate(
        machine.current,
        machine.field(machine.current, "DOMAIN_MEMORY_BASE") + machine.abi.value("MESSAGE"),
      ),
    );
    const type = machine.memory.getUint32(at + 16, true);
    if (type !== machine.abi.number("TYPE_ENDPOINT")) continue;
    found.push(
      `${machine.memory.getBigUint64(at + 8, true)} ${machine.memory.getUint32(at + 20, true)} ${machine.memory.getBigUint64(at + 24, true)}`,
    );
  }
}

interface Step {
  what: string;
  which: number;
  owner: number;
  rights: number;
  badge: number;
}

const action: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...["derive", "derive", "derive", "grant", "grant", "delete", "delete", "revoke", "revoke-part", "stale"],
    ...["move", "revoke-all", "schedule"],
  ),
  which: fc.nat(1000),
  owner: fc.nat(OWNERS - 1),
  rights: fc.oneof(fc.nat(0xffff), fc.constant(0xc003)),
  badge: fc.nat(3),
});

function apply(state: World, step: Step): void {
  const { model, domains } = state;
  const { machine } = state.scene;
  if (step.what === "schedule") {
    machine.schedule();
    return;
  }
  if (step.what === "stale") {
    for (const held of model.dead(0)) {
      const answer = machine.gate("cap_info", held.handle, 0n);
      expect([machine.error("E_HANDLE"), machine.error("E_REVOKED")]).toContain(answer);
    }
    return;
  }
  // A stale one can still be deleted: that is how its entry is got rid of.
  const mine = step.what === "delete" ? model.all.filter((one) => one.owner === 0 && one.alive) : model.usable(0);
  const held = mine[step.which % Math.max(mine.length, 1)];
  if (held === undefined) return;
  switch (step.what) {
    case "delete":
      expect(machine.gate("cap_delete", held.handle)).toBe(0n);
      model.delete(held);
      break;
    case "revoke":
      expect(wholly(machine, "cap_revoke", held.handle)).toBe(0n);
      model.revoke(held);
      break;
    case "revoke-part": // something waits, so that each gate removes one entry: here, one alone
      machine.gate("yield");
      expect([0n, 1n]).toContain(machine.gate("cap_revoke", held.handle));
      model.revoke(held);
      break;
    case "move":
      move(state, held, step.owner);
      break;
    case "revoke-all": {
      const answer = machine.gate("cap_revoke_all", held.handle);
      if ((held.rights & machine.abi.value("RIGHT_REVOKE")) === 0n) {
        expect(answer).toBe(machine.error("E_RIGHTS"));
        break;
      }
      expect(answer).toBe(0n);
      model.revokeAll(held);
      break;
    }
    default:
      derive(state, held, step, domains);
  }
}

function move({ scene: { machine }, model, domains }: World, held: Held, owner: number): void {
  const answer = machine.gate("cap_move", domains[owner] as bigint, held.handle);
  if (owner === 0 && answer === machine.error("E_RIGHTS")) return;
  if ((held.rights & machine.abi.value("RIGHT_SHARE")) === 0n) {
    expect(answer).toBe(machine.error("E_ARGUMENT"));
    return;
  }
  expect(answer).toBe(0n);
  model.move(held, owner);
}

function derive({ scene: { machine }, model }: World, held: Held, step: Step, domains: bigint[]): void {
  const rights = BigInt(step.rights),
    badge = BigInt(step.badge);
  const isDerive = step.what === "derive";
  const answer = isDerive
    ? machine.gate("cap_derive", held.handle, rights, badge)
    : machine.gate("cap_grant", domains[step.owner] as bigint, held.handle, rights, badge);
  const shareable = isDerive || (held.rights & machine.abi.value("RIGHT_SHARE")) !== 0n;
  if (!isDerive && step.owner === 0 && answer === machine.error("E_RIGHTS")) return;
  if (!shareable || !Model.mayDerive(held, rights, badge)) {
    expect(answer).toBe(machine.error("E_ARGUMENT"));
    return;
  }
  // While what was derived from it before is being removed, nothing new is.
  if (answer === machine.error("E_STATE")) {
    expect(audit(machine).dying).toBeGreaterThan(0);
    return;
  }
  expect(answer).toBeGreaterThan(0n);
  model.derive(held, answer, isDerive ? 0 : step.owner, rights, badge);
}

beforeAll(compileKernel, COMPILE_MS);

describe("capabilities", () => {
  it("agree with the model after any sequence of operations", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (steps) => {
        const state = await world();
        const { machine } = state.scene;
        for (const step of steps) {
          apply(state, step);
          const { problems, live, ghosts } = audit(machine, 256);
          expect(problems).toEqual([]);
          expect(ghosts).toBeLessThan(live);
        }
        for (let passes = 0; audit(machine, 256).dying > 0; passes++) {
          expect(passes).toBeLessThan(64);
          machine.schedule(); // nobody calls again: the scheduler's passes remove the rest
        }
        for (let owner = 0; owner < OWNERS; owner++) expect(listed(state, owner)).toEqual(state.model.listed(owner));
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it("answer forged handles with E_HANDLE, whatever the bits", async () => {
    const {
      scene: { machine },
      model,
    } = await world();
    const real = new Set(machine.startup().map((entry) => entry.handle));
    for (const held of model.all) real.add(held.handle);
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 64n) - 1n), (handle) => {
        if (real.has(handle) || machine.gate("cap_info", handle, 0n) >= 0n) return true;
        return (
          machine.gate("cap_info", handle, 0n) === machine.error("E_HANDLE") &&
          machine.gate("notify", handle, 1n) === machine.error("E_HANDLE")
        );
      }),
      { numRuns: 3000 },
    );
  });

  it("ask for the right that the operation needs", async () => {
    const { machine, self } = await scene();
    const notification = machine.gate("notification_create", self);
    const only_wait = machine.gate("cap_derive", notification, machine.abi.value("NOTIFICATION_WAIT"), 0n);
    expect(machine.gate("notify", only_wait, 1n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("notify", notification, 1n)).toBe(0n);
    expect(machine.gate("wait", only_wait, 0n)).toBe(1n);
  });

  it("die with their object, wherever they are", async () => {
    const start = await scene();
    const { machine } = start;
    const domain = child(start, 1);
    const second = machine.gate("cap_derive", domain, machine.abi.value("DOMAIN_INSPECT"), 0n);
    expect(wholly(machine, "domain_destroy", domain)).toBe(0n);
    expect(machine.gate("domain_status", second, 0n)).toBe(machine.error("E_REVOKED"));
    expect(machine.gate("cap_delete", second)).toBe(0n);
  });
});
