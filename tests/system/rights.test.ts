// No superuser: every right in the running system, who holds it, and why. `caps` lists them all; each must be explained by the
// image's page (images/shell.ts), by init's own start, or by the service having made the object itself. Nothing else exists.
import { beforeAll, describe, expect, test } from "vitest";
import shellImage from "../../images/shell.ts";
import { callsOf } from "../../linker/image/encode.ts";
import type { Service } from "../../linker/image/schema.ts";
import { bootShell, TESTED } from "./support.ts";

const BOOT_LIMIT_MS = 300_000;
/** The order in which `caps` prints them: by bit. */
const SYSTEM_RIGHTS = ["power", "info", "log", "trace", "hook", "dma", "messages", "devices", "iommu", "share"];
/** What a service may have made on its own account: timers and wake-ups. */
const OWN_MAX = 2;

interface Capability {
  unit: string;
  handle: string;
  type: string;
  object: number;
  parent: string | undefined;
  badge: bigint;
  rights: string[];
}

function parse(text: string): { units: Map<string, Capability[]>; listed: number; table: number } {
  const units = new Map<string, Capability[]>();
  let [listed, table] = [-1, -1];
  let unit = "";
  // A terminal sees names in bold.
  for (const line of text
    .replaceAll(/\x1b\[\d*m/g, "")
    .split("\n")
    .map((raw) => raw.trimEnd())) {
    const head = /^(\S+) +id \d+$/.exec(line);
    const row = /^ +(\d+\.\d+) +(\S+) +object +(\d+) +from (nothing|\d+\.\d+)(?: +badge (0x[0-9a-f]+))? +(.*)$/.exec(
      line,
    );
    const foot = /^(\d+) listed, (\d+) in the kernel's table$/.exec(line);
    if (head?.[1] !== undefined) {
      unit = head[1];
      units.set(unit, []);
    } else if (row !== null) {
      units.get(unit)?.push({
        unit,
        handle: row[1] as string,
        type: row[2] as string,
        object: Number(row[3]),
        parent: row[4] === "nothing" ? undefined : row[4],
        badge: BigInt(row[5] ?? "0"),
        rights: (row[6] as string).split(" ").filter((right) => right !== "-"),
      });
    } else if (foot !== null) {
      [listed, table] = [Number(foot[1]), Number(foot[2])];
    }
  }
  return { units, listed, table };
}

/** Of a companion and of the template there is an instance for each program and each loaded module, and none at boot. */
const isOne = ({ companion, template }: Service): boolean => !companion && !template;
/** The services that run: schedulers wait until they are chosen. */
const awake = Object.entries(shellImage.services).flatMap(([name, service]) =>
  isOne(service) && !service.policy ? [name] : [],
);

const said = ({ type, rights }: Capability): string => `${type}: ${rights.join(" ")}`;

/** What the image's page gives a service, without devices: they depend on the machine. */
function given(name: string, service: Service): string[] {
  const list = ["domain: allocate"];
  for (const _callee of Object.keys(callsOf(service))) list.push("endpoint: call");
  const clients = Object.values(shellImage.services).filter(
    (other) => isOne(other) && callsOf(other)[name]?.buffer !== 0 && callsOf(other)[name],
  );
  for (const _client of clients) list.push("region: read write map");
  if (name === "console") list.push("region: read write map"); // init itself writes there
  if (service.system) {
    list.push(`system: ${SYSTEM_RIGHTS.filter((right) => service.system?.includes(right as "log")).join(" ")}`);
  }
  if (service.interrupt) list.push("notification: signal");
  if (service.policy) list.push("scheduler: commit", "notification: wait");
  if (service.context) list.push("context: bind");
  return list.sort();
}

describe.each(TESTED)("%s", (arch) => {
  let units: Map<string, Capability[]>;
  let counts: { listed: number; table: number };
  const all = (): Capability[] => [...units.values()].flat();

  beforeAll(async () => {
    await using guest = await bootShell(arch);
    const { units: found, listed, table } = parse(await guest.run("caps"));
    units = found;
    counts = { listed, table };
  }, BOOT_LIMIT_MS);

  test("the kernel's table holds no capability that is not listed", () => {
    expect(counts.table).toBe(counts.listed);
    expect(all()).toHaveLength(counts.listed);
    const holders = [...units].filter(([, held]) => held.length > 0).map(([name]) => name);
    expect(holders.sort()).toEqual(["init", ...awake].sort());
    expect(new Set(all().map((one) => one.handle)).size).toBe(counts.listed);
  });

  test("a service holds what its image entry lists, and what it made itself", () => {
    for (const [name, service] of Object.entries(shellImage.services)) {
      if (!awake.includes(name)) continue;
      const held = units.get(name) ?? [];
      const own = held.filter((one) => one.parent === undefined);
      for (const one of own) expect(said(one)).toBe("notification: signal wait revoke share");
      expect(own.length).toBeLessThanOrEqual(OWN_MAX);
      const devices = held.filter((one) => one.type === "device");
      const lines = held.filter((one) => one.type === "irq");
      const entries = Object.values(service.devices ?? {});
      expect(devices.length).toBeLessThanOrEqual(entries.length);
      expect(devices.length).toBeGreaterThanOrEqual(entries.filter((entry) => entry.required !== false).length);
      for (const one of devices) expect(said(one)).toBe("device: load store");
      expect(lines.length).toBeLessThanOrEqual(entries.filter((entry) => entry.interrupt !== false).length);
      for (const one of lines) expect(said(one)).toBe("irq: ack bind");
      const rest = held.filter((one) => one.parent !== undefined && one.type !== "device" && one.type !== "irq");
      expect(rest.map(said).sort(), name).toEqual(given(name, service));
    }
  });

  test("everything that a service was given is derived from init's, with no right more and for nobody else", () => {
    expect(units.size).toBeGreaterThan(3);
    const byHandle = new Map(all().map((one) => [one.handle, one]));
    for (const one of all()) {
      if (one.parent === undefined) continue;
      const parent = byHandle.get(one.parent);
      expect(parent?.unit, said(one)).toBe("init");
      expect(parent).toMatchObject({ type: one.type, object: one.object });
      expect(parent?.rights).toEqual(expect.arrayContaining(one.rights));
      // Handing on what init gave takes the image's word: the bus service has it, for its drivers.
      const mayShare = one.type === "system" && shellImage.services[one.unit]?.system?.includes("share");
      if (!mayShare) expect(one.rights, said(one)).not.toContain("share");
      if (one.type === "endpoint") expect(one.badge).not.toBe(0n);
    }
  });

  test("init's own set is short: what the machine has, and what it made of it", () => {
    const held = units.get("init") ?? [];
    const count = (what: string): number => held.filter((one) => said(one) === what).length;
    const services = awake.length;
    expect(count("domain: grant inspect allocate share")).toBe(1); // itself
    expect(held.filter((one) => one.type === "system")).toHaveLength(1);
    expect(count("region: read map share")).toBe(1); // the archive
    expect(count("region: read map")).toBe(1); // its start-up page
    const made = held.filter((one) => one.type === "domain" && one.rights.includes("start"));
    expect(made).toHaveLength(services);
    const endpoints = Object.values(shellImage.services).filter(isOne);
    // Theirs, its own, and those by which it speaks to the console and to the bus.
    expect(held.filter((one) => one.type === "endpoint")).toHaveLength(endpoints.length + 3);
    expect(held.filter((one) => one.type === "code").length).toBeLessThanOrEqual(services);
    const known = ["domain", "system", "region", "device", "irq", "endpoint", "code", "notification", "scheduler"];
    expect(held.filter((one) => !known.includes(one.type))).toEqual([]);
  });
});
