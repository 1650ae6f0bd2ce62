// Command-line options for the devices of a machine, of `phi boot`: what a person writes, as the harness takes it.

import { statSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Device, DeviceOptions } from "qemu-test-harness";
import { checkUnused } from "./disk-image.ts";
import { CliFailure, EXIT_USAGE } from "./failure.ts";

/** What commander collects for these options. */
export interface DeviceArguments {
  readonly disk?: readonly string[];
  readonly net?: string | boolean;
  readonly rng?: boolean;
  readonly share?: readonly string[];
  readonly input?: boolean;
  readonly gpu?: boolean;
  /** `boot` alone: a window, and what is used by it. */
  readonly screen?: string | boolean;
  readonly iommu?: "on" | "off";
  readonly transport?: "pci" | "mmio";
}

/** An option that may repeat. */
export const collect = (value: string, list: readonly string[] = []): readonly string[] => [...list, value];

/** Of `phi boot` and `phi run`. */
export function iommuOption(): Option {
  return new Option("--iommu <switch>", "x86_64: devices behind an IOMMU, default off").choices(["on", "off"]);
}

export function addDeviceOptions(command: Command): Command {
  return command
    .option("--disk <file>", "a disk: FILE[,format=qcow2][,interface=virtio|nvme][,readonly]; may repeat", collect)
    .option("--net [backend]", "a network card; QEMU's -netdev without its id, default user")
    .option("--rng", "a source of random bytes")
    .option("--share <directory>", "a host directory by virtio-9p: DIRECTORY[,tag=NAME]; may repeat", collect)
    .option("--input", "a keyboard and a tablet")
    .option("--gpu", "a graphics card")
    .addOption(iommuOption())
    .addOption(
      new Option("--transport <name>", "of virtio devices; default pci (x86_64), mmio (riscv64)").choices([
        "pci",
        "mmio",
      ]),
    );
}

export function deviceOptions(o: DeviceArguments): DeviceOptions & { readonly window?: string } {
  const isScreen = o.screen !== undefined && o.screen !== false;
  const devices: Device[] = [
    ...(o.disk ?? []).map(parseDisk),
    ...(o.share ?? []).map(parseShare),
    ...(o.net === undefined || o.net === false
      ? []
      : [{ kind: "net", ...(typeof o.net === "string" ? { backend: o.net } : {}) } as const]),
    ...(o.rng ? [{ kind: "rng" } as const] : []),
    ...(o.input ? [{ kind: "input", type: "keyboard" } as const, { kind: "input", type: "tablet" } as const] : []),
    ...(isScreen && !o.input ? [{ kind: "input", type: "keyboard" } as const] : []),
    ...(o.gpu || isScreen ? [{ kind: "gpu" } as const] : []),
  ];
  return {
    devices,
    ...(isScreen ? { window: typeof o.screen === "string" ? o.screen : "" } : {}),
    ...(o.transport === undefined ? {} : { transport: o.transport }),
    iommu: o.iommu === "on",
  };
}

/** FILE[,key=value…]; a comma that belongs to the name is doubled. */
function parts(text: string): { first: string; more: ReadonlyMap<string, string> } {
  const [first = "", ...rest] = text.replaceAll(",,", "\0").split(",");
  const more = rest.map((part): [string, string] => {
    const [key = "", value = ""] = part.replaceAll("\0", ",").split("=", 2);
    return [key, value];
  });
  return { first: first.replaceAll("\0", ","), more: new Map(more) };
}

function refuse(option: string, key: string, known: string): never {
  throw new CliFailure(`${option}: "${key}" is not one of ${known}`, undefined, EXIT_USAGE);
}

export function parseDisk(text: string): Device {
  const { first: file, more } = parts(text);
  for (const key of more.keys())
    if (!["format", "interface", "readonly"].includes(key)) refuse("--disk", key, "format, interface, readonly");
  const attached = more.get("interface") ?? "virtio";
  if (attached !== "virtio" && attached !== "nvme") refuse("--disk", attached, "virtio, nvme");
  checkDisk(file, more.has("readonly"));
  return {
    kind: "disk",
    file,
    interface: attached,
    format: more.get("format") ?? "raw",
    readOnly: more.has("readonly"),
  };
}

/** What is no file may be one of the emulator's own: `nbd:…`, or `blkdebug:RULES:FILE`, which makes errors. */
const PROTOCOL = /^[a-z][a-z0-9+-]*:/;

function checkDisk(file: string, isReadOnly: boolean): void {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) {
    if (PROTOCOL.test(file)) return;
    throw new CliFailure(`--disk: there is no ${file}`, `Make a disk: phi disk create ${file} 256M`);
  }
  if (status.isDirectory()) throw new CliFailure(`--disk: ${file} is a directory`, "Give a disk image.");
  if (!isReadOnly) checkUnused(file);
}

export function parseShare(text: string): Device {
  const { first: path, more } = parts(text);
  for (const key of more.keys()) if (key !== "tag") refuse("--share", key, "tag");
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CliFailure(`--share: there is no directory ${path}`, "Make it, or give one that is there.");
  // files as they are on the host, links among them; what only root could do is left out
  return { kind: "9p", path, tag: more.get("tag") ?? "host", securityModel: "none" };
}
