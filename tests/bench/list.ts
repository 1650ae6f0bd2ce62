// All benchmarks, in the order in which they are printed.

import { KERNELS, LUA } from "./compute.ts";
import { CYCLES } from "./cycles.ts";
import { DISK } from "./disk.ts";
import { FAULTS } from "./faults.ts";
import type { Benchmark } from "./figure.ts";
import { BOOT, CALLS, MEMORY, SIZE } from "./guest.ts";
import { KERNEL } from "./kernel.ts";
import { MESSAGES } from "./messages.ts";
import { STORE_GROWTH } from "./store.ts";
import { DIGITS, GROWTH, WORDS } from "./vector.ts";

export const BENCHMARKS: readonly Benchmark[] = [
  BOOT,
  SIZE,
  MEMORY,
  CALLS,
  KERNEL,
  MESSAGES,
  DISK,
  FAULTS,
  CYCLES,
  ...KERNELS,
  LUA,
  WORDS,
  DIGITS,
  GROWTH,
  STORE_GROWTH,
];
