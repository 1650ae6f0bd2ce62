// Figures measured inside a guest under -icount, where the counter counts instructions and every run gives the same:
// boot to the prompt, memory at the prompt, gates and protected calls. And the kernel's size, which needs no guest.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURES, type Architecture, type GuestOptions } from "qemu-test-harness";
import { ensureImage, extendArchive } from "../../scripts/phi/artifacts.ts";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { startMachine } from "../../scripts/phi/machine.ts";
import type { Parameter } from "../../scripts/phi/parameters.ts";
import { BUILD } from "../../scripts/phi/paths.ts";
import { Session } from "../../scripts/phi/session.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { firmwareInstructions } from "./firmware.ts";

/** ELF program header type of a loaded segment. */
const PT_LOAD = 1;
const LIMIT_MS = 120_000;
const BOOT_BAR = 5_000_000;
const SIZE_BAR = 128 * 1024;
const MEMORY_BAR = 8 * 1024 * 1024;
const CALL_BAR = { x86_64: 100, riscv64: 120 };

/** Boots an image in the multiplexed mode under -icount and returns what it wrote to standard output. */
export async function standardOutput(
  name: string,
  arch: Architecture,
  parameters: readonly Parameter[],
  machine: Partial<GuestOptions> = {},
  limit_ms = LIMIT_MS,
): Promise<string> {
  const image = await ensureImage(name, arch);
  mkdirSync(join(BUILD, "bench"), { recursive: true });
  const archive = join(BUILD, "bench", `${arch}-${name}.archive`);
  extendArchive(arch, image.archive, archive, [["console", "mux"], ...parameters]);
  const guest = startMachine(
    { kernel: image.kernel, archive },
    { arch, icount: true },
    { keepOutput: false, ...machine },
  );
  let output = "";
  const session = new Session(guest, {
    timeout_ms: limit_ms,
    forwardInput: false,
    onOutput: (bytes) => (output += Buffer.from(bytes).toString()),
  });
  const outcome = await session.run();
  if (outcome.kind !== "status" || outcome.status !== 0) {
    throw new CliFailure(
      `the ${name} image did not end well on ${arch}: ${JSON.stringify(outcome)}`,
      `${session.log.slice(-2000)}${output.slice(-2000)}`,
    );
  }
  return output;
}

function number(text: string, pattern: RegExp, what: string): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new CliFailure(`the guest did not print ${what}`, text);
  return Number(found);
}

/** Power-on to the shell's first command, above the firmware's share. */
export const BOOT: Benchmark = {
  names: ["boot.instructions"],
  quick: true,
  on: ARCHITECTURES,
  measure: async (arch) => {
    const architecture = arch as Architecture;
    const output = await standardOutput("shell", architecture, [["exec", "uptime"]]);
    const total = number(output, /counter at (\d+)/, "its counter");
    // Firmware that waits for its serial port takes a different number each time: there, from the kernel's first own call.
    const before =
      architecture === "x86_64"
        ? await firmwareInstructions()
        : number(output, /at (\d+) when the kernel began/, "the counter at its start");
    const value = total - before;
    return [{ name: "boot.instructions", arch, value, unit: "instructions", bar: BOOT_BAR, better: "lower" }];
  },
};

export const MEMORY: Benchmark = {
  names: ["memory.at-prompt"],
  quick: true,
  on: ARCHITECTURES,
  measure: async (arch) => {
    const output = await standardOutput("shell", arch as Architecture, [["exec", "mem"]]);
    const inUse = number(output, /^in use\s+(\d+) KiB$/m, "the memory in use") * 1024;
    const { kernel, archive } = await ensureImage("shell", arch as Architecture);
    // The shell counts frames that were handed out; the boot image and the archive lie beside them.
    const value = inUse + loadedBytes(kernel) + statSync(archive).size;
    return [{ name: "memory.at-prompt", arch, value, unit: "bytes", bar: MEMORY_BAR, better: "lower" }];
  },
};

/** Memory that an ELF's loaded segments take, zero-filled parts included. */
function loadedBytes(elf: string): number {
  const file = readFileSync(elf);
  const table = Number(file.readBigUInt64LE(32));
  let bytes = 0;
  for (let index = 0; index < file.readUInt16LE(56); index++) {
    const header = table + index * file.readUInt16LE(54);
    if (file.readUInt32LE(header) === PT_LOAD) bytes += Number(file.readBigUInt64LE(header + 40));
  }
  return bytes;
}

export const SIZE: Benchmark = {
  names: ["kernel.size"],
  quick: true,
  on: ARCHITECTURES,
  measure: async (arch) => {
    const { kernel } = await ensureImage("shell", arch as Architecture);
    mkdirSync(join(BUILD, "bench"), { recursive: true });
    const stripped = join(BUILD, "bench", `kernel-${arch}-stripped.elf`);
    execFileSync("llvm-strip-19", ["--strip-all", "-o", stripped, kernel]);
    return [
      { name: "kernel.size", arch, value: statSync(stripped).size, unit: "bytes", bar: SIZE_BAR, better: "lower" },
    ];
  },
};

/** Lines `bench NAME VALUE UNIT` of services/bench. */
const INSIDE: Readonly<Record<string, string>> = {
  "call.sfi": "an ordinary service's method by its generated stubs on both sides: four words that it adds",
  "call.hw": "the same with the server in user mode",
  "call-words.sfi": "a method that answers four words",
  "call-words.hw": "the same with the server in user mode",
  "call-64-bytes.sfi": "a method that makes 64 letters capitals in the buffer that both share",
  "call-64-bytes.hw": "the same with the server in user mode",
};

export const CALLS: Benchmark = {
  names: Object.keys(INSIDE),
  quick: true,
  on: ARCHITECTURES,
  measure: async (on) => {
    const arch = on as Architecture;
    const output = await standardOutput("bench", arch, []);
    return Object.entries(INSIDE).map(([name, counts]): Figure => {
      const pattern = new RegExp(`^bench ${name.replaceAll(".", "\\.")} (\\d+)`, "m");
      const value = number(output, pattern, `the figure ${name}`);
      const bar = name === "call.sfi" ? CALL_BAR[arch] : null;
      return { name, arch, value, unit: "instructions", bar, better: "lower", counts };
    });
  },
};
