// What differs between the machines the harness can start: emulator binary, default machine and CPU, the device
// by which a guest reports its exit status, and how that status is decoded. Adding an architecture is adding a row.

import { HarnessError } from "./errors.ts";

export type Architecture = "x86_64" | "riscv64";

export interface ArchitectureFacts {
  readonly emulator: string;
  /** Debian package that holds the emulator, for error messages. */
  readonly debianPackage: string;
  readonly machine: string;
  readonly cpu: string;
  /** Devices the harness always adds so that a guest can power off with a status. */
  readonly exitDevice: readonly string[];
  /** The guest's own status from the emulator's exit code; undefined: the guest gave no verdict. */
  readonly decodeExit: (code: number) => number | undefined;
}

const FACTS: Readonly<Record<Architecture, ArchitectureFacts>> = {
  x86_64: {
    emulator: "qemu-system-x86_64",
    debianPackage: "qemu-system-x86",
    machine: "microvm,acpi=off,rtc=on",
    cpu: "max",
    // A byte v written to port 0xF4 ends QEMU with (v << 1) | 1: always odd, so 0 is never a verdict of the guest.
    exitDevice: ["-device", "isa-debug-exit,iobase=0xf4"],
    decodeExit: (code) => (code & 1 ? code >> 1 : undefined),
  },
  riscv64: {
    emulator: "qemu-system-riscv64",
    debianPackage: "qemu-system-misc",
    machine: "virt",
    cpu: "rv64",
    // sifive_test is part of the virt machine: 0x5555 exits with 0, 0x3333 | status << 16 exits with status.
    exitDevice: [],
    decodeExit: (code) => code,
  },
};

/** The facts of an architecture; a name that is not one is refused. */
export function architectureFacts(architecture: Architecture): ArchitectureFacts {
  const facts = FACTS[architecture];
  if (facts === undefined) {
    throw new HarnessError("argument", `unknown architecture "${architecture}"; known: ${ARCHITECTURES.join(", ")}`);
  }
  return facts;
}

export const ARCHITECTURES: readonly Architecture[] = ["x86_64", "riscv64"];
