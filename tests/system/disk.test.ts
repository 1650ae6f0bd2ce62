// Disks in QEMU, behind their drivers: data lands where it belongs, whatever the transport and whichever mode the driver runs in; what a disk refuses or
// fails at is said; a driver that is killed under load costs its clients repeated reads, and no wrong byte.

import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Device, Guest } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import type { DriverClass, Isolation } from "../../linker/image/schema.ts";
import type { MachineOptions } from "../../scripts/phi/machine.ts";
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
  const handle = openSync(file, "w");
  ftruncateSync(handle, DISK_BYTES);
  writeSync(handle, new Uint8Array(words.buffer));
  closeSync(handle);
  return file;
}

interface DiskRun {
  readonly driver: DriverClass;
  readonly isolation: Isolation;
  readonly device: Device;
  readonly numbers?: Record<string, number>;
  readonly machine?: Partial<MachineOptions>;
}

function bootDisk(arch: Architecture, run: DiskRun): Promise<Guest> {
  const { driver, isolation } = run;
  const service = { isolation, drives: driver, trustedDma: true, priority: 32, memory: 2 << 20 };
  const user = {
    calls: { console: {}, disk: {} },
    numbers: run.numbers ?? {},
    memory: 4 << 20,
    restart: "never" as const,
  };
  return bootWithServices(arch, directory, { disk: { service, folder: driver }, "disk-user": { service: user } }, [], {
    icount: true,
    ...run.machine,
    devices: [run.device],
  });
}

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)(
    "virtio, driver in %s",
    async (isolation) => {
      const file = patternFile();
      await using guest = await bootDisk(arch, { driver: "virtio-blk", isolation, device: { kind: "disk", file } });
      await guest.waitFor("disk-user: done", LIMIT_MS);
      const { output } = guest;
      expect(output).toContain(`disk-user: blocks ${DISK_BYTES / 512} of 512 flags 6`);
      expect(output).toMatch(/single reads wrong 0 /);
      expect(output).toMatch(/large read of 1048576 answers 0 right/);
      expect(output).toMatch(/batch answers 0 right 16/);
      expect(output).toMatch(/write 0 flush 0 .* back 0 right/);
      expect(output).toContain("refused -3 -3 -3 -11 -3 discard 0");
      expect(readFileSync(file).readBigUInt64LE(1000 * 512 + 8)).toBe(BigInt(1000 * 512 + 8));
    },
    LIMIT_MS,
  );
});
