// From command-line options to a started guest: one place that knows which file goes where on which machine.
// Used by boot, run, bench and debug, and by the system tests.

import {
  ARCHITECTURES,
  type Architecture,
  boot,
  type DeviceOptions,
  type Guest,
  type GuestOptions,
} from "qemu-test-harness";
import { CliFailure, EXIT_USAGE } from "./failure.ts";

/** A bootable pair of files. */
export interface Bootable {
  readonly kernel: string;
  readonly archive: string;
}

/** What a person may choose about the machine. */
export interface MachineOptions extends DeviceOptions {
  readonly arch: Architecture;
  readonly machine?: string;
  readonly memory?: string;
  readonly smp?: number;
  readonly icount?: boolean;
  /** A window with the machine's display: QEMU's -display; "": QEMU's own choice. */
  readonly window?: string;
  /** Options of QEMU's behind all others. */
  readonly extraArguments?: readonly string[];
}

/** Emulation on a busy machine is slow; a guest that is silent for so long has hung. */
const WAIT_MS = 240_000;

/** Starts the machine. Time limits are the caller's: a guest lives until it powers off or is killed. */
export function startMachine(image: Bootable, options: MachineOptions, more: Partial<GuestOptions> = {}): Guest {
  if (options.arch === "riscv64" && options.icount && (options.smp ?? 1) > 1) {
    throw new CliFailure(
      "riscv64 cannot count instructions with several CPUs",
      "Its firmware waits for other harts in a loop that never lets them run then: leave out --icount or --smp.",
      EXIT_USAGE,
    );
  }
  return boot({
    ...options,
    timeout_ms: Number.POSITIVE_INFINITY,
    wait_ms: WAIT_MS,
    echo: true,
    kernel: image.kernel,
    initrd: image.archive,
    ...more,
  });
}

export const DEFAULT_ARCHITECTURE: Architecture = "x86_64";

export function parseArchitecture(name: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture === name);
  if (found === undefined) {
    throw new CliFailure(`unknown architecture "${name}"`, `Choose one of: ${ARCHITECTURES.join(", ")}.`, EXIT_USAGE);
  }
  return found;
}

/** "all" or one name. */
export function parseArchitectures(name: string): readonly Architecture[] {
  return name === "all" ? ARCHITECTURES : [parseArchitecture(name)];
}

/** Kernels lie 2 MiB into memory: in less than this there is nobody who could say that memory is too small. */
const LOADABLE_BYTES = 3 * 1024 ** 2;

export function parseMemory(text: string): string {
  if (!/^[1-9][0-9]*[KMG]?$/.test(text)) {
    throw new CliFailure(
      `"${text}" is not a memory size`,
      "Write a number and K, M or G, for example --mem 128M.",
      EXIT_USAGE,
    );
  }
  const unit = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[text.slice(-1)] ?? 1024 ** 2;
  if (Number.parseInt(text, 10) * unit < LOADABLE_BYTES) {
    throw new CliFailure(
      `${text} of memory are too small: the kernel cannot even be loaded there`,
      "Give at least --mem 16M.",
      EXIT_USAGE,
    );
  }
  return text;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < 1 || count > 255) {
    throw new CliFailure(`"${text}" is not a number of CPUs`, "Give an integer from 1 to 255.", EXIT_USAGE);
  }
  return count;
}

export function parsePort(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text) || Number(text) > 65535)
    throw new CliFailure(`"${text}" is not a port`, "Give a number from 1 to 65535.", EXIT_USAGE);
  return Number(text);
}

/** A positive number, fractions allowed. */
export function parseAmount(
  text: string,
  what = "a positive number",
  advice = "Give one in digits, for example 30.",
): number {
  const amount = Number(text);
  if (text.trim() === "" || !Number.isFinite(amount) || amount <= 0)
    throw new CliFailure(`"${text}" is not ${what}`, advice, EXIT_USAGE);
  return amount;
}

/** Seconds, fractions allowed; answers milliseconds. */
export function parseTimeout(text: string): number {
  return parseAmount(text, "a time limit", "Give seconds, for example --timeout 30.") * 1000;
}
