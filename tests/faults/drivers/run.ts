// Random faults in drivers: an image of the bus, the drivers with fault points, their tormentor and bystanders who call them too, in one boot with
// the devices. Called by `phi faults --drivers` and tests/system/faults.test.ts.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Device } from "qemu-test-harness";
import storeImage from "../../../images/store.ts";
import { loadAbi } from "../../../linker/abi/constants.ts";
import { type ArchiveEntry, writeArchive } from "../../../linker/archive.ts";
import { encodeManifest } from "../../../linker/image/encode.ts";
import { type DriverClass, defineImage, type Isolation, KiB, MiB, type Service } from "../../../linker/image/schema.ts";
import { buildKernel, buildService, moduleEntry } from "../../../linker/index.ts";
import { startMachine } from "../../../scripts/phi/machine.ts";
import { ROOT } from "../../../scripts/phi/paths.ts";
import { testModule } from "../../guest-image.ts";
import { buildFaultyDriver } from "./build.ts";

/** The connection whose buffer has the orders: ROLE_ORDERS of guest/order.ts. */
const ROLE_ORDERS = 5;
const DISK_BYTES = 1 << 20;
/** Most modules are made anew for each fault, and that is no misbehaviour here. */
const RESTART = { limit: 255, window_seconds: 1 } as const;

interface Driver {
  readonly drives: DriverClass;
  /** What a bystander calls again and again: a method of the interface, and its first word. */
  readonly method: number;
  readonly word: number;
  readonly device: (directory: string, name: string) => Device;
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
  for (const name of ["init", "console", "bus"])
    entries.push(moduleEntry(await buildService(ROOT, name, arch), { sfi: true }));
  for (const name of ["campaign", "bystander"])
    entries.push(await testModule(arch, { name: `faults-${name}`, entry: `tests/faults/drivers/guest/${name}.ts` }));
  for (const name of names) {
    const driver = await buildFaultyDriver(arch, name);
    entries.push(driver.entry);
    sites[name] = driver.sites;
  }
  const hash = createHash("sha256").update(readFileSync(kernel));
  for (const entry of entries) hash.update(entry.bytes);
  return { arch, kernel, entries, sites, hash: hash.digest("hex").slice(0, 32) };
}

export interface DriverFaultRun {
  /** "done": the campaign told its counts; "kernel": a panic, or a machine that says nothing any more; "emulator": that ended by itself, as its devices' code does. */
  readonly end: "done" | "kernel" | "emulator";
  /** What the emulator said when it ended by itself. */
  readonly detail: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Faults that were met, by kind. */
  readonly kinds: readonly number[];
  /** Times that the IOMMU kept a device from memory. */
  readonly refused_accesses: number;
  readonly output: string;
}

export interface DriverFaultOptions {
  readonly count: number;
  readonly seed: number;
  readonly isolation: Isolation;
  readonly iommu: boolean;
  readonly directory: string;
  readonly timeout_ms: number;
}

export async function injectDriverFaults(
  { arch, kernel, entries, sites }: DriverFaultModules,
  { count, seed, isolation, iommu, directory, timeout_ms }: DriverFaultOptions,
): Promise<DriverFaultRun> {
  const names = Object.keys(sites) as DriverName[];
  const { console, bus } = storeImage.services;
  const services: Record<string, Service> = { console: console as Service, bus: bus as Service };
  const calls: Record<string, { role?: number; buffer?: number }> = { console: {}, init: { role: 1, buffer: 4 * KiB } };
  const numbers: Record<string, number> = { faults: count, seed };
  for (const name of names) {
    const { drives, method, word } = DRIVERS[name];
    const module = `faulty-${name}`;
    services[name] = { module, drives, isolation, trustedDma: !iommu, priority: 32, memory: 4 * MiB, restart: RESTART };
    services[`by-${name}`] = {
      module: "faults-bystander",
      priority: 26,
      restart: "never",
      numbers: { method, word },
      calls: { [name]: { buffer: 4 * KiB } },
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
  await using guest = startMachine({ kernel, archive }, { arch, devices, iommu }, { timeout_ms });
  const { timedOut, code } = await guest.exited;
  const { output } = guest;
  const line = /driver-faults: (injected=.*)/.exec(output)?.[1] ?? "";
  const counts = Object.fromEntries([...line.matchAll(/(\w+)=(\d+)/g)].map((pair) => [pair[1], Number(pair[2])]));
  const kinds = (/driver-faults: kinds:((?: \d+)+)/.exec(output)?.[1] ?? "").trim().split(" ").map(Number);
  // The emulator's own messages about a device make its exit code say nothing.
  const isPanic = timedOut || /panic/i.test(output) || (code !== null && code > 100);
  const end = line !== "" ? "done" : isPanic ? "kernel" : "emulator";
  const detail = `code ${code}: ${guest.diagnostics.trim().split("\n").at(-1) ?? ""}`;
  return { end, detail, counts, kinds, refused_accesses: output.match(/was kept from/g)?.length ?? 0, output };
}
