// The shell image with one more service, made from a file of tests/system/guest. Called by tests of services that misbehave.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Guest } from "qemu-test-harness";
import shellImage from "../../images/shell.ts";
import storeImage, { vdfs } from "../../images/store.ts";
import { loadAbi } from "../../linker/abi/constants.ts";
import { readArchive, writeArchive } from "../../linker/archive.ts";
import { encodeManifest } from "../../linker/image/encode.ts";
import { withIsolation } from "../../linker/image/isolation.ts";
import { defineImage, type Isolation, type Service } from "../../linker/image/schema.ts";
import { buildService, moduleEntry } from "../../linker/index.ts";
import { ensureImage, wholeMode } from "../../scripts/phi/artifacts.ts";
import { type MachineOptions, startMachine } from "../../scripts/phi/machine.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { testModule } from "../guest-image.ts";
import { CPUS, PROMPT } from "./support.ts";

const GUEST_LIMIT_MS = 280_000;
let made = 0;

export function guestSource(name: string): string {
  return `tests/system/guest/${name}.ts`;
}

/**
 * One more service: its entry in the image, and the file in tests/system/guest if it is not the service's name; or the folder
 * in services/ of one that the shell image does not have.
 */
export interface Extra {
  readonly service: Service;
  readonly source?: string;
  readonly folder?: string;
}

export type DiskInterface = "virtio" | "nvme";

/** Each kind of disk once in each mode, over both architectures. */
export const DISKS = [
  { device: "virtio", isolation: "sfi", of: "x86_64" },
  { device: "nvme", isolation: "hw", of: "x86_64" },
  { device: "virtio", isolation: "hw", of: "riscv64" },
  { device: "nvme", isolation: "sfi", of: "riscv64" },
] as const satisfies readonly { device: DiskInterface; isolation: Isolation; of: Architecture }[];

/**
 * The store and the one driver of its disk, as images/store.ts has them, in one mode; `more` is the driver's besides. The store looks for its
 * disk under virtio-blk's name, whoever drives it.
 */
export function storeServices(isolation: Isolation, device: DiskInterface = "virtio", more: Service = {}) {
  const drives = device === "virtio" ? "virtio-blk" : "nvme";
  return {
    "virtio-blk": { folder: drives, service: { ...storeImage.services["virtio-blk"], drives, isolation, ...more } },
    vdfs: { folder: "vdfs", service: { ...vdfs, isolation } },
  } satisfies Record<string, Extra>;
}

/** Boots the shell image with one more service; `directory` takes the archive. */
export function bootWithService(arch: Architecture, directory: string, name: string, service: Service): Promise<Guest> {
  return bootWithServices(arch, directory, { [name]: { service } });
}

/** The same with several, and with modules (of tests/system/guest) that no service of the image is made of. */
export async function bootWithServices(
  arch: Architecture,
  directory: string,
  extras: Readonly<Record<string, Extra>>,
  modules: readonly string[] = [],
  machine: Partial<MachineOptions> & { readonly control?: boolean } = {},
): Promise<Guest> {
  const image = await ensureImage("shell", arch);
  const abi = loadAbi(ROOT, arch);
  const added = Object.fromEntries(
    Object.entries(extras).map(([name, { service, source, folder }]) => [
      name,
      { ...service, module: folder ?? source ?? name },
    ]),
  );
  const services = { ...shellImage.services, ...added };
  const manifest = encodeManifest(withIsolation(defineImage({ ...shellImage, services }), wholeMode()));
  const entries = readArchive(abi, readFileSync(image.archive)).map((entry) =>
    entry.kind === "manifest" ? { ...entry, bytes: manifest } : entry,
  );
  const folders = new Set(Object.values(extras).flatMap(({ folder }) => folder ?? []));
  const sources = new Set([...Object.values(added).map(({ module }) => module), ...modules]);
  for (const source of sources) {
    entries.push(
      folders.has(source)
        ? moduleEntry(await buildService(ROOT, source, arch), { sfi: true })
        : await testModule(arch, { name: source, entry: guestSource(source) }),
    );
  }
  const archive = join(directory, `${arch}-${made++}.archive`);
  writeFileSync(archive, writeArchive(abi, entries));
  return startMachine(
    { kernel: image.kernel, archive },
    { smp: machine.icount && arch === "riscv64" ? 1 : CPUS, ...machine, arch }, // which cannot count with several
    { prompt: PROMPT, timeout_ms: GUEST_LIMIT_MS },
  );
}
