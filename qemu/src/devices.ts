// Devices that a test may plug in: one description, and QEMU's options for it on either transport. Pure; called by command.ts.
// Invariant: virtio devices are modern ones alone, and behind an IOMMU exactly when the machine has one.

import type { Architecture } from "./architectures.ts";
import { HarnessError } from "./errors.ts";

/** QEMU's option syntax doubles a literal comma. */
export function escapeComma(path: string): string {
  return path.replaceAll(",", ",,");
}

export type Device =
  | {
      readonly kind: "disk";
      readonly file: string;
      /** Default raw. */
      readonly format?: string;
      /** Default virtio. */
      readonly interface?: "virtio" | "nvme";
      readonly readOnly?: boolean;
      /** virtio: number of request queues. */
      readonly queues?: number;
      /** More of QEMU's -drive options, for example "werror=report,discard=unmap". */
      readonly drive?: string;
      /** A file that gets every write and flush in the order in which they were done: see write-log.ts. */
      readonly log?: string;
    }
  /** `backend`: QEMU's -netdev without its id, default "user". */
  | { readonly kind: "net"; readonly backend?: string; readonly mac?: string; readonly queues?: number }
  | { readonly kind: "rng" }
  /** `output`: file that the console's output goes to. */
  | { readonly kind: "console"; readonly output: string }
  | { readonly kind: "9p"; readonly path: string; readonly tag: string; readonly securityModel?: string }
  | { readonly kind: "input"; readonly type?: "keyboard" | "mouse" | "tablet" }
  | { readonly kind: "gpu" }
  /** QEMU's teaching device: PCI alone. */
  | { readonly kind: "edu" };

/** How virtio devices are attached. */
export type Transport = "pci" | "mmio";

export interface DeviceOptions {
  readonly devices?: readonly Device[];
  /** Default: pci (x86_64), mmio (riscv64). */
  readonly transport?: Transport;
  /** An IOMMU before the devices; x86_64 alone. Default false. */
  readonly iommu?: boolean;
}

/** The machine that such devices need, if it is not the architecture's usual one. */
export function deviceMachine(arch: Architecture, options: DeviceOptions): string | undefined {
  const wanted = (options.devices ?? []).length > 0 || options.iommu === true;
  if (!wanted) return undefined;
  if (arch === "riscv64") return "virt";
  if (options.transport === "mmio") return undefined; // its usual one has register blocks, and no PCI
  return options.iommu ? "q35,kernel-irqchip=split" : "q35";
}

export function deviceArguments(arch: Architecture, options: DeviceOptions): string[] {
  const transport = options.transport ?? (arch === "riscv64" ? "mmio" : "pci");
  const { iommu = false, devices = [] } = options;
  if (arch === "riscv64" && iommu) throw new HarnessError("argument", "this emulator has no IOMMU for riscv64");
  if (iommu && transport === "mmio")
    throw new HarnessError("argument", "an IOMMU stands before PCI alone: use transport pci");
  const list: string[] = iommu ? ["-device", "intel-iommu,intremap=off,aw-bits=48"] : [];
  if (devices.length > 0 && transport === "mmio") list.push("-global", "virtio-mmio.force-legacy=false");
  devices.forEach((device, index) => {
    list.push(...oneDevice(device, index, transport, iommu));
  });
  return list;
}

/** What -drive says of where a disk lies. */
function driveFile(file: string, format: string, log: string | undefined): string {
  if (log === undefined) return `format=${format},file=${escapeComma(file)}`;
  const logged = `file.driver=${format},file.file.driver=file,file.file.filename=${escapeComma(file)}`;
  return `driver=blklogwrites,${logged},log.driver=file,log.filename=${escapeComma(log)}`;
}

function oneDevice(device: Device, index: number, transport: Transport, iommu: boolean): string[] {
  const virtio = (name: string, more = ""): string[] => {
    const suffix = transport === "pci" ? `-pci,disable-legacy=on${iommu ? ",iommu_platform=on" : ""}` : "-device";
    return ["-device", `virtio-${name}${suffix}${more}`];
  };
  const queues = (count: number | undefined, name: string): string => (count === undefined ? "" : `,${name}=${count}`);
  switch (device.kind) {
    case "disk": {
      const format = device.format ?? "raw";
      const more = device.drive === undefined ? "" : `,${device.drive}`;
      const only = device.readOnly ? ",readonly=on" : "";
      const drive = `if=none,id=drive${index}${only},${driveFile(device.file, format, device.log)}${more}`;
      const attached =
        device.interface === "nvme"
          ? ["-device", `nvme,drive=drive${index},serial=phios${index}`]
          : virtio("blk", `,drive=drive${index}${queues(device.queues, "num-queues")}`);
      return ["-drive", drive, ...attached];
    }
    case "net": {
      const mac = device.mac === undefined ? "" : `,mac=${device.mac}`;
      const vectors = transport === "pci" ? `,vectors=${2 * (device.queues ?? 1) + 2}` : "";
      const many = device.queues === undefined ? "" : `,mq=on${vectors}`;
      return [
        "-netdev",
        `${device.backend ?? "user"},id=net${index}`,
        ...virtio("net", `,netdev=net${index}${mac}${many}`),
      ];
    }
    case "rng":
      // The emulator makes all that was asked for at once, and the machine stands still meanwhile: a wrong length would be four GiB.
      return virtio("rng", ",max-bytes=1048576,period=100");
    case "console":
      return [
        ...["-chardev", `file,id=chardev${index},path=${escapeComma(device.output)}`],
        ...virtio("serial", `,id=serial${index}`),
        ...["-device", `virtconsole,bus=serial${index}.0,chardev=chardev${index}`],
      ];
    case "9p": {
      const model = device.securityModel ?? "mapped-xattr";
      return [
        ...["-fsdev", `local,id=share${index},path=${escapeComma(device.path)},security_model=${model}`],
        ...virtio("9p", `,fsdev=share${index},mount_tag=${device.tag}`),
      ];
    }
    case "input":
      return virtio(device.type ?? "keyboard");
    case "gpu":
      return virtio("gpu");
    case "edu":
      return ["-device", "edu"];
  }
}
