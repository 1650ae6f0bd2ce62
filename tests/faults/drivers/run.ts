// Random faults in drivers: an image of the bus, the drivers with fault points, their tormentor and bystanders who call them too, in one boot with
// the devices. Called by `phi faults --drivers` and tests/system/faults.test.ts.

import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Architecture, Device, Guest } from "qemu-test-harness";
import storeImage from "../../../images/store.ts";
import { loadAbi } from "../../../linker/abi/constants.ts";
import { type ArchiveEntry, writeArchive } from "../../../linker/archive.ts";
import { encodeManifest } from "../../../linker/image/encode.ts";
import { type DriverClass, defineImage, type Isolation, KiB, MiB, type Service } from "../../../linker/image/schema.ts";
import { buildKernel, buildService, moduleEntry } from "../../../linker/index.ts";
import { startMachine } from "../../../scripts/phi/machine.ts";
import { ROOT } from "../../../scripts/phi/paths.ts";
import { testModule } from "../../guest-image.ts";
import { campaignHash, countsOf } from "../run.ts";
import { buildFaultyDriver } from "./build.ts";

/** The connection whose buffer has the orders: ROLE_ORDERS of guest/order.ts. */
const ROLE_ORDERS = 5;
const DISK_BYTES = 1 << 20;
/** So many presses and releases of a key every few milliseconds. */
const KEYS = 16;
const KEYS_MS = 10;
/** Most modules are made anew for each fault, and that is no misbehaviour here. */
const RESTART = { limit: 255, window_seconds: 1 } as const;

interface Driver {
  readonly drives: DriverClass;
  /** What a bystander calls again and again: a method of the interface, and its first word. */
  readonly method: number;
  readonly word: number;
  readonly device: (directory: string, name: string) => Device;
  /** The driver calls this service, with the role that its image has for it. */
  readonly calls?: { readonly screen?: { readonly role: number; readonly buffer: number } };
}

function disk(directory: string, name: string): { kind: "disk"; file: string } {
  const file = join(directory, `${name}.disk`);
  writeFileSync(file, "");
  truncateSync(file, DISK_BYTES);
  return { kind: "disk", file };
}

export const DRIVERS = {
  "virtio-blk": { drives: "virtio-blk", method: 5, word: 0, device: disk },
  nvme: {
    drives: "nvme",
    method: 5,
    word: 0,
    device: (directory, name) => ({ ...disk(directory, name), interface: "nvme" }),
  },
  "virtio-rng": { drives: "virtio-rng", method: 1, word: 16, device: () => ({ kind: "rng" }) },
  "virtio-net": {
    drives: "virtio-net",
    method: 4,
    word: 0,
    device: () => ({ kind: "net", mac: "52:54:00:12:34:56" }),
  },
  "virtio-console": {
    drives: "virtio-console",
    method: 3,
    word: 0,
    device: (directory, name) => ({ kind: "console", output: join(directory, `${name}.console`) }),
  },
  ninep: {
    drives: "virtio-9p",
    method: 1,
    word: 0,
    device: (directory, name) => {
      const path = join(directory, `${name}.shared`);
      mkdirSync(path, { recursive: true });
      return { kind: "9p", path, tag: "host" };
    },
  },
  "virtio-gpu": {
    drives: "virtio-gpu",
    method: 1,
    word: 0,
    device: () => ({ kind: "gpu" }),
    calls: { screen: { role: 1, buffer: 0 } },
  },
  "virtio-input": { drives: "virtio-input", method: 3, word: 8, device: () => ({ kind: "input" }) },
} as const satisfies Readonly<Record<string, Driver>>;

export type DriverName = keyof typeof DRIVERS;

export interface DriverFaultModules {
  readonly arch: Architecture;
  readonly kernel: string;
  readonly entries: readonly ArchiveEntry[];
  readonly sites: Readonly<Record<string, number>>;
  /** Of the kernel and the modules. */
  readonly hash: string;
}

/** Builds everything for boots with these drivers: once for any number of runs. */
export async function buildDriverFaults(arch: Architecture, names: readonly DriverName[]): Promise<DriverFaultModules> {
  const kernel = (await buildKernel(ROOT, arch)).elf;
  const entries: ArchiveEntry[] = [];
  const sites: Record<string, number> = {};
  for (const name of ["init", "console", "bus", "screen"])
    entries.push(moduleEntry(await buildService(ROOT, name, arch), { sfi: true }));
  for (const name of ["campaign", "bystander"])
    entries.push(await testModule(arch, { name: `faults-${name}`, entry: `tests/faults/drivers/guest/${name}.ts` }));
  for (const name of names) {
    const driver = await buildFaultyDriver(arch, name);
    entries.push(driver.entry);
    sites[name] = driver.sites;
  }
  return { arch, kernel, entries, sites, hash: campaignHash(kernel, entries) };
}

export interface DriverFaultRun {
  /** "done": the campaign told its counts; "kernel": a panic, or a machine that says nothing any more; "emulator": that ended by itself, as its devices' code does. */
  readonly end: "done" | "kernel" | "emulator";
  /** What the emulator said when it ended by itself. */
  readonly detail: string;
  /** As they were told last: of a machine that ended in the midst of it up to then. */
  readonly counts: Readonly<Record<string, number>>;
  /** Faults that were met, by kind. */
  readonly kinds: readonly number[];
  /** Times that the IOMMU kept a device from memory. */
  readonly refused_accesses: number;
  /** Times that anybody else ended: a service without faults, which faulty drivers call or are called by. */
  readonly others_ended: number;
  readonly output: string;
}

export interface DriverFaultOptions {
  /** Of those that were built: a service calls eight others at most, and the campaign's client is one of console and init, too. */
  readonly names: readonly DriverName[];
  readonly count: number;
  readonly seed: number;
  readonly isolation: Isolation;
  readonly iommu: boolean;
  readonly directory: string;
  readonly timeout_ms: number;
}

/** Presses one key again and again until the machine is no more. */
async function type(guest: Guest): Promise<void> {
  const state = { isOver: false };
  const over = guest.exited.then(() => {
    state.isOver = true;
  });
  const key = { type: "qcode", data: "a" };
  const events = Array.from({ length: KEYS }, (_, at) => ({ type: "key", data: { down: at % 2 === 0, key } }));
  const qmp = await guest.qmp().catch(() => undefined);
  while (qmp !== undefined && !state.isOver) {
    // A machine that ends does not answer any more.
    await Promise.race([over, qmp.execute("input-send-event", { events }).catch(() => undefined)]);
    await setTimeout(KEYS_MS);
  }
}

export async function injectDriverFaults(
  { arch, kernel, entries, sites }: DriverFaultModules,
  { names, count, seed, isolation, iommu, directory, timeout_ms }: DriverFaultOptions,
): Promise<DriverFaultRun> {
  const { console, bus } = storeImage.services;
  const screen: Service = { priority: 40, memory: 10 * MiB };
  const services: Record<string, Service> = { screen, console: console as Service, bus: bus as Service };
  const calls: Record<string, { role?: number; buffer?: number }> = {
    ...{ console: {}, init: { role: 1, buffer: 4 * KiB } },
  };
  const numbers: Record<string, number> = { faults: count, seed };
  for (const name of names) {
    const { drives, method, word, calls: own = {} }: Driver = DRIVERS[name];
    const module = `faulty-${name}`;
    services[name] = {
      ...{ module, drives, isolation, trustedDma: !iommu, priority: 32, memory: 4 * MiB, restart: RESTART, calls: own },
    };
    services[`by-${name}`] = {
      module: "faults-bystander",
      priority: 26,
      restart: "never",
      numbers: { method, word },
      calls: { [name]: { buffer: 4 * KiB }, ...(own.screen && { screen: { buffer: 4 * KiB } }) },
    };
    calls[name] = { role: ROLE_ORDERS, buffer: 4 * KiB };
    numbers[`sites.${name}`] = sites[name] ?? 0;
  }
  services["campaign"] = {
    module: "faults-campaign",
    priority: 28,
    restart: "never",
    required: true,
    memory: 2 * MiB,
    calls,
    numbers,
  };
  const image = defineImage({
    name: "driver-faults",
    summary: "drivers with faults in them, and their clients",
    services,
  });
  const manifest: ArchiveEntry = { name: "manifest", kind: "manifest", bytes: encodeManifest(image) };
  const run = `driver-faults-${arch}-${isolation}-${seed}`;
  const archive = join(directory, `${run}.archive`);
  writeFileSync(archive, writeArchive(loadAbi(ROOT, arch), [...entries, manifest]));
  const devices = names.map((name) => DRIVERS[name].device(directory, `${run}-${name}`));
  const has_keys = names.includes("virtio-input");
  await using guest = startMachine({ kernel, archive }, { arch, devices, iommu }, { timeout_ms, control: has_keys });
  const [{ timedOut, code }] = await Promise.all([guest.exited, has_keys ? type(guest) : undefined]);
  const { output } = guest;
  const counts = countsOf(output, "driver-faults");
  const told = [...output.matchAll(/driver-faults: kinds:((?: \d+)+)/g)].at(-1)?.[1] ?? "";
  const kinds = told.trim().split(" ").map(Number);
  // The emulator's own messages about a device make its exit code say nothing.
  const isPanic = timedOut || /panic/i.test(output) || (code !== null && code > 100);
  const end = /driver-faults: done/.test(output) ? "done" : isPanic ? "kernel" : "emulator";
  const detail = `code ${code}: ${guest.diagnostics.trim().split("\n").at(-1) ?? ""}`;
  const refused_accesses = output.match(/was kept from/g)?.length ?? 0;
  const others_ended =
    output.match(/^init: (?:screen|console|bus|campaign|by-[\w-]+)(?: exited|: trap)/gm)?.length ?? 0;
  return { end, detail, counts, kinds, refused_accesses, others_ended, output };
}
