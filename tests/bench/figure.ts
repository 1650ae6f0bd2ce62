// What a benchmark is and what it yields. The list of all is in list.ts; `phi bench` (scripts/phi/bench.ts) runs them.

import type { Architecture } from "qemu-test-harness";

export interface Figure {
  /** Stable; `phi bench --list` prints it. */
  readonly name: string;
  /** Architecture measured, or "host" for programs that ran on the build machine. */
  readonly arch: Architecture | "host";
  readonly value: number;
  readonly unit: string;
  /** The value it must keep, or null when none is set. */
  readonly bar: number | null;
  readonly better: "lower" | "higher";
  /** What others take for the same, if PEERS does not say. */
  readonly peers?: string;
  /** What exactly is counted: docs/benchmarks.md says it below the table. */
  readonly counts?: string;
}

export interface Benchmark {
  /** Names of all figures it yields. */
  readonly names: readonly string[];
  /** Part of `phi bench --quick`. */
  readonly quick: boolean;
  /** Runs once for each of these. */
  readonly on: readonly (Architecture | "host")[];
  readonly measure: (arch: Architecture | "host", options: { readonly quick: boolean }) => Promise<readonly Figure[]>;
}

/** What others take for the same, on the same emulator or machine; printed beside the figure. */
export const PEERS: Readonly<Record<string, string>> = {
  "boot.instructions x86_64": "Linux 6.1 1,575 M; seL4 ~208 M",
  "boot.instructions riscv64": "Linux 904 M; seL4 5.1 M",
  "kernel.size x86_64": "seL4 97 KiB; Linux 14 MiB",
  "kernel.size riscv64": "seL4 38 KiB; Linux 14 MiB",
  "memory.at-prompt x86_64": "Linux 27 MiB",
  "memory.at-prompt riscv64": "Linux 27 MiB",
  "call.sfi x86_64": "seL4 415; Linux pipe 13,012",
  "call.sfi riscv64": "seL4 538",
};
