// Boots the device tests' own system on a machine with a PCI device that interrupts when it is told to (QEMU's `edu`). Called by
// tests/system/devices.test.ts and, for the figure of messages, by tests/bench. Deterministic: instructions are counted.

import type { Architecture } from "qemu-test-harness";
import { bootModules, testModules } from "../guest-image.ts";

/** Machines with PCI; the second is one without messages from devices. */
const MACHINES: Readonly<Record<Architecture, string>> = { x86_64: "q35", riscv64: "virt" };
const MODULES = ["init", "driver"].map((name) => ({
  name: `devices-${name}`,
  entry: `tests/devices/guest/${name}.ts`,
}));

export interface DeviceRun {
  /** The number of what went wrong (tests/devices/guest/init.ts), or 101 and more: a panic. */
  readonly status: number;
  readonly output: string;
}

export async function runDevices(arch: Architecture, archive: string, timeout_ms: number): Promise<DeviceRun> {
  const machine = { machine: MACHINES[arch], extraArguments: ["-device", "edu"] };
  await using guest = await bootModules(arch, await testModules(arch, MODULES), archive, { timeout_ms, ...machine });
  const status = await guest.exitStatus(timeout_ms);
  return { status, output: guest.output.replaceAll("\r", "") };
}
