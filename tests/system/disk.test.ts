// Disks in QEMU, behind their drivers: data lands where it belongs, whatever the transport and whichever mode the driver runs in; what a disk refuses or
// fails at is said; a driver that is killed under load costs its clients repeated reads, and no wrong byte.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Device, Guest } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import type { DriverClass, Isolation } from "../../linker/image/schema.ts";
import { bootWithServices } from "./extra-service.ts";
import { TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 240_000;
const DISK_BYTES = 8 << 20;
const directory = temporaryDirectory();
let made = 0;

/** A file of DISK_BYTES in which every 8 bytes say where they lie. */
function patternFile(): string {
  const words = new BigUint64Array(DISK_BYTES / 8).map((_, index) => BigInt(index * 8));
  const file = join(directory, `disk-${made++}.img`);
  writeFileSync(file, new Uint8Array(words.buffer));
  return file;
}

interface DiskRun {
  readonly driver: DriverClass;
  readonly isolation: Isolation;
  readonly device: Device;
  readonly numbers?: Record<string, number>;
  /** Behind an IOMMU, and not trusted; x86_64 alone. */
  readonly iommu?: boolean;
  readonly transport?: "pci" | "mmio";
}

function bootDisk(arch: Architecture, run: DiskRun): Promise<Guest> {
  const { driver, isolation, device, iommu = false, transport } = run;
  const service = { isolation, drives: driver, trustedDma: !iommu, priority: 32, memory: 2 << 20 };
  const calls = { console: {}, disk: {} };
  const user = { calls, numbers: run.numbers ?? {}, memory: 4 << 20, restart: "never" as const };
  const services = { disk: { service, folder: driver }, "disk-user": { service: user } };
  const machine = { icount: true, devices: [device], iommu, ...(transport === undefined ? {} : { transport }) };
  return bootWithServices(arch, directory, services, [], machine);
}

type Way = Omit<DiskRun, "device"> & {
  readonly name: string;
  readonly interface: "virtio" | "nvme";
  readonly queues?: number;
};

/** Every driver in both modes; each transport, and an IOMMU where there is one, at least once. */
const WAYS: Readonly<Record<Architecture, readonly Way[]>> = {
  x86_64: [
    { name: "virtio, sfi", interface: "virtio", driver: "virtio-blk", isolation: "sfi" },
    { name: "virtio, hw, behind an IOMMU", interface: "virtio", driver: "virtio-blk", isolation: "hw", iommu: true },
    {
      name: "virtio, sfi, four queues, behind an IOMMU",
      interface: "virtio",
      driver: "virtio-blk",
      isolation: "sfi",
      iommu: true,
      queues: 4,
    },
    { name: "nvme, sfi, behind an IOMMU", interface: "nvme", driver: "nvme", isolation: "sfi", iommu: true },
    { name: "nvme, hw", interface: "nvme", driver: "nvme", isolation: "hw" },
  ],
  riscv64: [
    { name: "virtio, sfi, mmio", interface: "virtio", driver: "virtio-blk", isolation: "sfi" },
    { name: "virtio, hw, pci", interface: "virtio", driver: "virtio-blk", isolation: "hw", transport: "pci" },
    { name: "nvme, sfi", interface: "nvme", driver: "nvme", isolation: "sfi", transport: "pci" },
    { name: "nvme, hw", interface: "nvme", driver: "nvme", isolation: "hw", transport: "pci" },
  ],
};

describe.each(TESTED)("%s", (arch) => {
  test.each(WAYS[arch])(
    "$name",
    async (way) => {
      const file = patternFile();
      const queues = way.queues === undefined ? {} : { queues: way.queues };
      const device = { kind: "disk", file, interface: way.interface, ...queues } as const;
      await using guest = await bootDisk(arch, { ...way, device });
      await guest.waitFor("disk-user: done", LIMIT_MS);
      const { output } = guest;
      expect(output).toContain(`disk-user: blocks ${DISK_BYTES / 512} of 512 flags 6`);
      if (process.env["PHI_SHOW"] !== undefined) process.stdout.write(`${way.name}\n${output}\n`);
      expect(output).toMatch(/single reads wrong 0 /);
      expect(output).toMatch(/large read of \d+ answers 0 right/);
      expect(output).toMatch(/batch answers 0 right 16/);
      expect(output).toMatch(/write 0 flush 0 .* back 0 right/);
      expect(output).toContain("refused -3 -3 -3 -11 -3 discard 0");
      expect(readFileSync(file).readBigUInt64LE(1000 * 512 + 8)).toBe(BigInt(1000 * 512 + 8));
    },
    LIMIT_MS,
  );

  test.each(["virtio-blk", "nvme"] as const)(
    "%s is killed under load: reads are repeated, none is wrong",
    async (driver) => {
      const device = { kind: "disk", file: patternFile(), interface: driver === "nvme" ? "nvme" : "virtio" } as const;
      const transport = driver === "nvme" ? ("pci" as const) : undefined;
      const run = { driver, isolation: "sfi" as const, device, numbers: { rounds: 6000 } };
      await using guest = await bootDisk(arch, transport === undefined ? run : { ...run, transport });
      await guest.waitFor("disk-user: reads 1000", LIMIT_MS);
      await guest.sendLine("kill disk");
      await guest.waitFor("disk-user: done", LIMIT_MS);
      expect(guest.output).toMatch(/load failed 0 wrong 0 repeated [1-9]/);
    },
    LIMIT_MS,
  );

  test(
    "a block that cannot be read is an error of its own, and a disk that is read-only says so",
    async () => {
      const rules = join(directory, `${arch}.blkdebug`);
      writeFileSync(rules, '[inject-error]\nevent = "read_aio"\nerrno = "5"\nsector = "100"\nonce = "off"\n');
      const run = { driver: "virtio-blk", isolation: "hw" } as const;
      const failing = { kind: "disk", file: `blkdebug:${rules}:${patternFile()}` } as const;
      await using first = await bootDisk(arch, { ...run, device: failing, numbers: { failing: 101 } });
      await first.waitFor("disk-user: done", LIMIT_MS);
      expect(first.output).toContain("failing block -36 next 0");
      const sealed = { kind: "disk", file: patternFile(), readOnly: true } as const;
      await using second = await bootDisk(arch, { ...run, device: sealed, numbers: { read_only: 1 } });
      await second.waitFor("disk-user: done", LIMIT_MS);
      expect(second.output).toContain("read-only -44 -");
      expect(second.output).toMatch(/single reads wrong 0 /);
    },
    LIMIT_MS,
  );
});
