// What a driver that crashes every second costs its clients, in time that the processor is busy (images/bench-faults.ts). RedLeaf's block driver, crashing
// once a second, lost 5 % of its reads and 16 % of its writes. Instructions are counted, and waiting takes the host's time: if it took none, as in the
// other benchmarks, every timer of the system would run off while the host looks for a block, and the instructions of that would be counted too.

import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURES, type Architecture } from "qemu-test-harness";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD } from "../../scripts/phi/paths.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { standardOutput } from "./guest.ts";

const DISK_BYTES = 16 << 20;
/** In each of the two storms. */
const CRASHES = 2;
const LIMIT_MS = 900_000;
/** A restart that takes longer would be seen. */
const RESTART_INSTRUCTIONS_MAX = 10_000_000;

const COUNTS: Readonly<Record<string, string>> = {
  "faults.read-loss":
    "reads of 16 KiB that a driver crashing every second that the processor is busy costs, in thousandths",
  "faults.write-loss": "the same of writes",
  "faults.restart": "the slowest request of these, crash to answer: instructions that the processor ran meanwhile",
};

export const FAULTS: Benchmark = {
  names: Object.keys(COUNTS),
  quick: false,
  on: ARCHITECTURES,
  measure: async (on) => {
    const arch = on as Architecture;
    mkdirSync(join(BUILD, "bench"), { recursive: true });
    const file = join(BUILD, "bench", `${arch}-faults.disk`);
    writeFileSync(file, "");
    truncateSync(file, DISK_BYTES);
    const machine = {
      ...{ devices: [{ kind: "disk", file }] as const, icount: false },
      extraArguments: ["-icount", "shift=0,sleep=on"],
    };
    const output = await standardOutput("bench-faults", arch, [], machine, LIMIT_MS);
    const value = (name: string): number => {
      const found = new RegExp(`^bench faults\\.${name.replaceAll(".", "\\.")} (\\d+) `, "m").exec(output)?.[1];
      if (found === undefined) throw new CliFailure(`the guest did not print ${name}`, output);
      return Number(found);
    };
    for (const what of ["read", "write"])
      if (value(`${what}.crashes`) !== CRASHES) throw new CliFailure("not every driver crashed", output);
    const loss = (what: string): number =>
      Math.max(0, Math.round(1000 * (1 - value(`${what}.crashing`) / value(`${what}.calm`))));
    const figure = (name: string, measured: number, unit: string, bar: number, peers: string): Figure => ({
      ...{ name, arch, value: measured, unit, bar, better: "lower", counts: COUNTS[name] ?? "", peers },
    });
    const slowest = Math.max(value("read.slowest"), value("write.slowest"));
    return [
      figure("faults.read-loss", loss("read"), "per mille", 50, "RedLeaf 50, crashing once a second"),
      figure("faults.write-loss", loss("write"), "per mille", 160, "RedLeaf 160, crashing once a second"),
      figure("faults.restart", slowest, "instructions", RESTART_INSTRUCTIONS_MAX, "Theseus 385 µs for a live update"),
    ];
  },
};
