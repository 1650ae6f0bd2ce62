// `phi faults --drivers`: random faults in running drivers, in boots of a bounded length, each from its own seed and in one mode after the other, until so
// many have been injected. Every boot is a line of build/faults/drivers-<arch>-<hash of kernel and modules>.jsonl: a long campaign can be
// interrupted and taken up again.

import { appendFileSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import {
  buildDriverFaults,
  DRIVERS,
  type DriverFaultModules,
  type DriverFaultRun,
  type DriverName,
  injectDriverFaults,
} from "../../tests/faults/drivers/run.ts";
import { type FaultOptions, records, runCampaigns, total, WORK } from "./faults.ts";

/** Faults of one boot. */
const BOOT_FAULTS = 30_000;
/** Machines beside each other: half of the time one waits for its devices. */
const MACHINES = 2;
/** Drivers of one boot: so many of all leave in turns. */
const LEFT_OUT = 2;
const BOOT_LIMIT_MS = 1_800_000;
/** So many boots without a result, one after the other: something else is wrong. */
const FAILURES_MAX = 5;
/** What the kinds are called that a guest counts: FAULT_ of tests/faults/drivers/guest/order.ts, from 1. */
const KINDS = "flip more less nothing wild other inverted near skipped elsewhere".split(" ");

type BootRecord = Omit<DriverFaultRun, "output"> & { readonly seed: number };

/** Sums of a campaign; what must be 0 is last. */
function report(arch: Architecture, hash: string, boots: readonly BootRecord[]): string {
  const names = Object.keys(boots.find(({ counts }) => "injected" in counts)?.counts ?? {}).filter(
    (name) => name !== "slowest_us",
  );
  const ends = (["kernel", "emulator"] as const).map((end) => boots.filter((boot) => boot.end === end).length);
  const slowest = Math.max(...boots.map(({ counts }) => counts["slowest_us"] ?? 0));
  const kinds = KINDS.map((kind, at) => `${kind}=${boots.reduce((sum, boot) => sum + (boot.kinds[at] ?? 0), 0)}`);
  return [
    `${arch} ${hash}: boots=${boots.length} ${names.map((name) => `${name}=${total(boots, name)}`).join(" ")} slowest_us=${slowest}`,
    `met: ${kinds.join(" ")}; accesses that the IOMMU refused: ${boots.reduce((sum, boot) => sum + boot.refused_accesses, 0)}`,
    `others-ended=${boots.reduce((sum, boot) => sum + boot.others_ended, 0)} kernel-crashes=${ends[0]} emulator-crashes=${ends[1]}`,
    "",
  ].join("\n");
}

function isGood({ end, others_ended, counts }: BootRecord): boolean {
  return (
    end !== "kernel" &&
    others_ended === 0 &&
    ["unrecovered", "stranded", "late"].every((name) => (counts[name] ?? 0) === 0)
  );
}

/** The drivers of a boot: two boots, one in each mode, leave out the same ones. */
function driversOf(seed: number): DriverName[] {
  const all = Object.keys(DRIVERS) as DriverName[];
  const turn = Math.floor(seed / 2) % (all.length / LEFT_OUT);
  return all.filter((_, at) => Math.floor(at / LEFT_OUT) !== turn);
}

async function boot(modules: DriverFaultModules, count: number, seed: number): Promise<BootRecord> {
  const isolation = seed % 2 === 1 ? "sfi" : "hw";
  // disks and archive of this machine alone: a campaign has hundreds of boots
  const directory = join(WORK, `drivers-${modules.arch}-boot-${seed % MACHINES}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  const run = await injectDriverFaults(modules, {
    ...{ names: driversOf(seed), count, seed, isolation, iommu: modules.arch === "x86_64", directory },
    timeout_ms: BOOT_LIMIT_MS,
  });
  const { output, ...record } = run;
  if (!isGood({ ...record, seed })) writeFileSync(join(WORK, `drivers-${modules.arch}-${seed}.log`), output);
  return { ...record, seed };
}

async function campaign(arch: Architecture, count: number): Promise<boolean> {
  const built = await buildDriverFaults(arch, Object.keys(DRIVERS) as DriverName[]);
  // A long campaign outlives the next build.
  const kernel = join(WORK, `${arch}-${built.hash}.elf`);
  copyFileSync(built.kernel, kernel);
  const modules = { ...built, kernel };
  const file = join(WORK, `drivers-${arch}-${modules.hash}.jsonl`);
  const known = records<BootRecord>(file);
  const isHopeless = (): boolean =>
    known.length >= FAILURES_MAX && known.slice(-FAILURES_MAX).every(({ end }) => end !== "done");
  // Seeds in turns, so that each machine knows which ones are its own.
  const machine = async (number: number): Promise<void> => {
    for (let seed = number; !known.some(({ end }) => end === "kernel") && !isHopeless(); seed += MACHINES) {
      if (known.some((record) => record.seed === seed)) continue;
      const done = total(known, "injected");
      if (done >= count) return;
      process.stdout.write(`${arch}: ${done} of ${count}\n`);
      const record = await boot(modules, Math.min(BOOT_FAULTS, count - done), seed);
      known.push(record);
      appendFileSync(file, `${JSON.stringify(record)}\n`);
    }
  };
  await Promise.all(Array.from({ length: MACHINES }, (_, at) => machine(at + 1)));
  process.stdout.write(report(arch, modules.hash, known));
  return known.every(isGood);
}

export function runDriverFaults(options: FaultOptions): Promise<number> {
  return runCampaigns(options, campaign);
}
