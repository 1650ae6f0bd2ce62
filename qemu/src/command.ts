// Turns BootOptions into QEMU's command line. Pure, so that tests can look at it; guest.ts runs it.
// Invariant: nothing ambient. -nodefaults, no user configuration, TCG unless KVM is asked for by name.

import { type Architecture, architectureFacts } from "./architectures.ts";
import { type DeviceOptions, deviceArguments, deviceMachine, escapeComma } from "./devices.ts";
import { HarnessError } from "./errors.ts";

export interface BootOptions extends DeviceOptions {
  readonly arch: Architecture;
  /** QEMU's -M; default microvm (x86_64; q35 with `devices`), virt (riscv64). */
  readonly machine?: string;
  /** Path of the file for -kernel. Leave out to boot from a disk. */
  readonly kernel?: string;
  /** Path of the file for -initrd. */
  readonly initrd?: string;
  /** Kernel command line (-append). */
  readonly commandLine?: string;
  /** Memory as QEMU takes it: "128M", "4G". Default 256M. */
  readonly memory?: string;
  /** Number of CPUs. Default 1. */
  readonly smp?: number;
  /** QEMU's -cpu; default max (x86_64), rv64 (riscv64). */
  readonly cpu?: string;
  /** Deterministic instruction counting: -icount shift=0,sleep=off. Default off. */
  readonly icount?: boolean;
  /** false: no device by which a guest reports its status (x86_64), as on a real machine; a guest that switches itself off gives no verdict. Default true. */
  readonly exitDevice?: boolean;
  /** "kvm" is opt-in: /dev/kvm may exist without being able to run a guest. */
  readonly accelerator?: "tcg" | "kvm";
  /** "stdio" (default): Guest.send and output. "none": the machine has no serial reader. */
  readonly serial?: "stdio" | "none";
  /** -bios: a firmware file, for machines that boot from a disk or another boot loader. */
  readonly firmware?: string;
  /** A pflash firmware (read-only code volume), as OVMF needs on q35. */
  readonly flash?: string;
  /** A raw image plugged in as a USB stick (xHCI, usb-storage). */
  readonly usbStick?: string;
  /** Raw images attached as virtio-blk disks, read-only. */
  readonly disks?: readonly string[];
  /** A window with the machine's display: QEMU's -display; "": QEMU's own choice. Default: none. */
  readonly window?: string;
  /** Adds a VGA display, so that screenshots show something. */
  readonly display?: boolean;
  /** gdb stub: a TCP port on the loopback interface; the guest waits for gdb when gdbWait. */
  readonly gdbPort?: number;
  readonly gdbWait?: boolean;
  /** Anything else for QEMU's command line. */
  readonly extraArguments?: readonly string[];
}

/** The emulator and its arguments. `control` is the path of the QMP socket, if one is wanted. */
export function emulatorCommand(options: BootOptions, control?: string): { program: string; arguments: string[] } {
  const facts = architectureFacts(options.arch);
  const list = [
    ...[
      "-M",
      options.machine ?? deviceMachine(options.arch, options) ?? facts.machine,
      "-cpu",
      options.cpu ?? facts.cpu,
    ],
    ...["-accel", options.accelerator ?? "tcg", "-nodefaults", "-no-user-config", "-no-reboot"],
    ...(options.window === "" ? [] : ["-display", options.window ?? "none"]),
    ...["-m", checkMemory(options.memory ?? "256M"), "-smp", String(checkCount(options.smp ?? 1))],
    ...["-monitor", "none", "-serial", options.serial === "none" ? "null" : "stdio"],
    ...(options.exitDevice === false ? [] : facts.exitDevice),
  ];
  if (options.icount) list.push("-icount", "shift=0,sleep=off");
  if (options.kernel !== undefined) list.push("-kernel", options.kernel);
  if (options.initrd !== undefined) list.push("-initrd", options.initrd);
  if (options.commandLine !== undefined) list.push("-append", options.commandLine);
  if (options.firmware !== undefined) list.push("-bios", options.firmware);
  if (options.flash !== undefined)
    list.push("-drive", `if=pflash,format=raw,readonly=on,file=${escapeComma(options.flash)}`);
  if (options.usbStick !== undefined) {
    list.push("-drive", `if=none,id=stick,format=raw,readonly=on,file=${escapeComma(options.usbStick)}`);
    list.push("-device", "qemu-xhci", "-device", "usb-storage,drive=stick,bootindex=0");
  }
  for (const [index, disk] of (options.disks ?? []).entries()) {
    list.push("-drive", `if=none,id=disk${index},format=raw,readonly=on,file=${escapeComma(disk)}`);
    list.push("-device", `virtio-blk-device,drive=disk${index}`);
  }
  list.push(...deviceArguments(options.arch, options));
  if (options.display) list.push("-device", options.arch === "riscv64" ? "bochs-display" : "VGA");
  if (options.gdbPort !== undefined) list.push("-gdb", `tcp:127.0.0.1:${options.gdbPort}`);
  if (options.gdbWait) list.push("-S");
  if (control !== undefined) list.push("-qmp", `unix:${escapeComma(control)},server=on,wait=off`);
  return { program: facts.emulator, arguments: [...list, ...(options.extraArguments ?? [])] };
}

function checkMemory(memory: string): string {
  if (!/^[1-9][0-9]*[KMG]?$/.test(memory)) {
    throw new HarnessError(
      "argument",
      `memory "${memory}" is not a size; write a number and K, M or G, for example 128M`,
    );
  }
  return memory;
}

function checkCount(count: number): number {
  if (!Number.isInteger(count) || count < 1 || count > 255) {
    throw new HarnessError("argument", `smp ${count} is not a number of CPUs; give an integer from 1 to 255`);
  }
  return count;
}
