// An interrupt by message (MSI), from the store that makes the device raise it to its driver: counted by the device tests' system, which
// boots on a machine with such a device. Called by `phi bench` with the rest of list.ts.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD } from "../../scripts/phi/paths.ts";
import { runDevices } from "../devices/run.ts";
import type { Benchmark, Figure } from "./figure.ts";

const LIMIT_MS = 240_000;
const COUNTS =
  "what a store that makes the device send its message takes longer until the first instruction of the driver's `event` than a store that does not";
const NAMES: Readonly<Record<string, string>> = {
  "message-to-handler.sfi": COUNTS,
  "message-to-handler.hw": "the same in user mode",
};

export const MESSAGES: Benchmark = {
  names: Object.keys(NAMES),
  quick: true,
  on: ["x86_64"], // the other machine's interrupt controller takes no messages
  measure: async (on) => {
    const arch = on as Architecture;
    mkdirSync(join(BUILD, "bench"), { recursive: true });
    const { status, output } = await runDevices(arch, join(BUILD, "bench", `${arch}-devices.archive`), LIMIT_MS);
    if (status !== 0) throw new CliFailure(`the device tests' system ended with ${status} on ${arch}`, output);
    return Object.entries(NAMES).map(([name, counts]): Figure => {
      const value = Number(new RegExp(`^bench ${name} (\\d+)`, "m").exec(output)?.[1]);
      const peers = "seL4 367 (a line)";
      return { name, arch, value, unit: "instructions", bar: 300, better: "lower", peers, counts };
    });
  },
};
