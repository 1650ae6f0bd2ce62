// `phi faults --drivers`: random faults in running drivers, in boots of a bounded length, each from its own seed and in one mode after the other, until so
// many have been injected. Every boot is a line of build/faults/drivers-<arch>-<hash of kernel and modules>.jsonl: a long campaign can be
// interrupted and taken up again.

import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
import type { FaultOptions } from "./faults.ts";
import { BUILD } from "./paths.ts";

const WORK = join(BUILD, "faults");
/** Faults of one boot. */
const BOOT_FAULTS = 20_000;
const BOOT_LIMIT_MS = 1_800_000;
/** So many boots without a result, one after the other: something else is wrong. */
const FAILURES_MAX = 5;
/** What the kinds are called that a guest counts: FAULT_ of tests/faults/drivers/guest/order.ts, from 1. */
const KINDS = "flip more less nothing wild other inverted near skipped elsewhere".split(" ");

type BootRecord = Omit<DriverFaultRun, "output"> & { readonly seed: number };

/** Sums of a campaign; what must be 0 is last. */
function report(arch: Architecture, hash: string, boots: readonly BootRecord[]): string {
  const total = (name: string): number => boots.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
  const names = Object.keys(boots.find(({ end }) => end === "done")?.counts ?? {}).filter(
    (name) => name !== "slowest_us",
  );
  const ends = (["kernel", "emulator"] as const).map((end) => boots.filter((boot) => boot.end === end).length);
  const slowest = Math.max(...boots.map(({ counts }) => counts["slowest_us"] ?? 0));
  const kinds = KINDS.map((kind, at) => `${kind}=${boots.reduce((sum, boot) => sum + (boot.kinds[at] ?? 0), 0)}`);
  return [
    `${arch} ${hash}: boots=${boots.length} ${names.map((name) => `${name}=${total(name)}`).join(" ")} slowest_us=${slowest}`,
    `met: ${kinds.join(" ")}; accesses that the IOMMU refused: ${boots.reduce((sum, boot) => sum + boot.refused_accesses, 0)}`,
    `kernel-crashes=${ends[0]} emulator-crashes=${ends[1]}`,
    "",
  ].join("\n");
}

function isGood({ end, counts }: BootRecord): boolean {
  return end !== "kernel" && ["unrecovered", "stranded", "late"].every((name) => (counts[name] ?? 0) === 0);
}

async function boot(modules: DriverFaultModules, count: number, seed: number): Promise<BootRecord> {
  const isolation = seed % 2 === 1 ? "sfi" : "hw";
  const run = await injectDriverFaults(modules, {
    ...{ count, seed, isolation, iommu: modules.arch === "x86_64", directory: WORK, timeout_ms: BOOT_LIMIT_MS },
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
  const known: BootRecord[] = existsSync(file)
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
  for (;;) {
    const done = known.reduce((sum, { counts }) => sum + (counts["injected"] ?? 0), 0);
    const isHopeless = known.length >= FAILURES_MAX && known.slice(-FAILURES_MAX).every(({ end }) => end !== "done");
    if (done >= count || known.at(-1)?.end === "kernel" || isHopeless) break;
    process.stdout.write(`${arch}: ${done} of ${count}\n`);
    const record = await boot(modules, Math.min(BOOT_FAULTS, count - done), known.length + 1);
    known.push(record);
    appendFileSync(file, `${JSON.stringify(record)}\n`);
  }
  process.stdout.write(report(arch, modules.hash, known));
  return known.every(isGood);
}

export async function runDriverFaults({ architectures, count }: FaultOptions): Promise<number> {
  mkdirSync(WORK, { recursive: true });
  let isGood = true;
  for (const arch of architectures) isGood = (await campaign(arch, count)) && isGood;
  return isGood ? 0 : 1;
}
