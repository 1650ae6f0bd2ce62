// Capabilities against a model in TypeScript: whatever sequence of derive, grant, delete and revoke, the kernel's
// lists hold exactly what the model holds, rights never grow, and dead handles stay dead.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { child, type Scene, scene, wholly } from "./scenario.ts";

interface Held {
  handle: bigint;
  rights: bigint;
  badge: bigint;
  owner: number;
  parent: Held | undefined;
  alive: boolean;
}

const OWNERS = 3;

interface World {
  scene: Scene;
  domains: bigint[];
  all: Held[];
}

async function world(): Promise<World> {
  const start = await scene();
  const domains = [start.self, child(start, 1), child(start, 2, 1n)];
  const endpoint = start.machine.gate("endpoint_create", start.self);
  const rights = start.machine.gate("cap_info", endpoint, 1n);
  return {
    scene: start,
    domains,
    all: [{ handle: endpoint, rights, badge: 0n, owner: 0, parent: undefined, alive: true }],
  };
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

function expected({ all }: World, owner: number): string[] {
  return all
    .filter((held) => held.alive && held.owner === owner)
    .map((held) => `${held.handle} ${held.rights} ${held.badge}`)
    .sort();
}

function descendants(world: World, of: Held): Held[] {
  return world.all.filter((held) => {
    for (let up = held.parent; up !== undefined; up = up.parent) if (up === of) return true;
    return false;
  });
}

const action = fc.record({
  what: fc.constantFrom("derive", "grant", "delete", "revoke", "stale"),
  which: fc.nat(1000),
  owner: fc.nat(OWNERS - 1),
  rights: fc.nat(0xffff),
  badge: fc.nat(3),
});

function apply(
  world: World,
  step: { what: string; which: number; owner: number; rights: number; badge: number },
): void {
  const { machine } = world.scene;
  const mine = world.all.filter((held) => held.owner === 0 && held.alive);
  const dead = world.all.filter((held) => held.owner === 0 && !held.alive);
  const badge = BigInt(step.badge);
  if (step.what === "stale") {
    const held = dead[step.which % Math.max(dead.length, 1)];
    if (held !== undefined) expect(machine.gate("cap_info", held.handle, 0n)).toBe(machine.error("E_HANDLE"));
    return;
  }
  const held = mine[step.which % Math.max(mine.length, 1)];
  if (held === undefined) return;
  if (step.what === "delete") {
    expect(machine.gate("cap_delete", held.handle)).toBe(0n);
    held.alive = false;
    for (const other of world.all) if (other.parent === held) other.parent = held.parent;
    return;
  }
  if (step.what === "revoke") {
    expect(wholly(machine, "cap_revoke", held.handle)).toBe(0n);
    for (const other of descendants(world, held)) other.alive = false;
    return;
  }
  const rights = BigInt(step.rights);
  const answer =
    step.what === "derive"
      ? machine.gate("cap_derive", held.handle, rights, badge)
      : machine.gate("cap_grant", world.domains[step.owner] as bigint, held.handle, rights, badge);
  const shareable = step.what === "derive" || (held.rights & machine.abi.value("RIGHT_SHARE")) !== 0n;
  const legal =
    shareable && (rights & ~held.rights) === 0n && (held.badge === 0n || badge === 0n || badge === held.badge);
  if (step.what === "grant" && step.owner === 0 && answer === machine.error("E_RIGHTS")) return;
  if (!legal) {
    expect(answer).toBe(machine.error("E_ARGUMENT"));
    return;
  }
  expect(answer).toBeGreaterThan(0n);
  world.all.push({
    handle: answer,
    rights,
    badge: held.badge === 0n ? badge : held.badge,
    owner: step.what === "derive" ? 0 : step.owner,
    parent: held,
    alive: true,
  });
}

beforeAll(compileKernel, COMPILE_MS);

describe("capabilities", () => {
  it("agree with the model after any sequence of operations", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (steps) => {
        const state = await world();
        for (const step of steps) apply(state, step);
        for (let owner = 0; owner < OWNERS; owner++) expect(listed(state, owner)).toEqual(expected(state, owner));
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it("answer forged handles with E_HANDLE, whatever the bits", async () => {
    const {
      scene: { machine },
      all,
    } = await world();
    const real = new Set(machine.startup().map((entry) => entry.handle));
    for (const held of all) real.add(held.handle);
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
