// The disk image for RISC-V boards and emulators that start with U-Boot: one bootable FAT partition with
// extlinux/extlinux.conf, the flat kernel (which `booti` takes) and the boot archive as its initrd. Called by `phi usb`.
// Invariant: the image appears whole, or the old one stays.
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { runTool } from "../../linker/tools.ts";
import { ensureImage } from "../phi/artifacts.ts";
import { CliFailure } from "../phi/failure.ts";
import { BUILD } from "../phi/paths.ts";

const SECTOR_BYTES = 512;
/** The partition starts at 1 MiB, as every partitioning tool has it. */
const PARTITION_SECTOR = 2048;
/** FAT16 wants 4085 clusters at least; 16 MiB is far from both its limits. */
const PARTITION_BYTES_LEAST = 16 * 1024 * 1024;
/** For the file system's own tables and the next rebuild. */
const SPARE_BYTES = 4 * 1024 * 1024;
const PARTITION_TYPE_FAT16_LBA = 0x0e;
const PARTITION_BOOTABLE = 0x80;

const CONFIGURATION = `default phios
timeout 1
label phios
  menu label PhiOS
  kernel /phios.bin
  initrd /phios.archive
`;

/** A master boot record with one bootable partition; the cylinder fields say "use the sector numbers". */
export function masterBootRecord(firstSector: number, sectors: number): Buffer {
  const record = Buffer.alloc(SECTOR_BYTES);
  const entry = 446;
  record[entry] = PARTITION_BOOTABLE;
  record.fill(0xff, entry + 1, entry + 4);
  record[entry + 4] = PARTITION_TYPE_FAT16_LBA;
  record.fill(0xff, entry + 5, entry + 8);
  record.writeUInt32LE(firstSector, entry + 8);
  record.writeUInt32LE(sectors, entry + 12);
  record.writeUInt16LE(0xaa55, 510);
  return record;
}

/** Writes build/phios-riscv64.img and answers its path. */
export async function buildUsbImage(): Promise<string> {
  const image = await ensureImage("shell", "riscv64");
  const flat = join(dirname(image.kernel), "phios.bin");
  mkdirSync(BUILD, { recursive: true });
  const directory = mkdtempSync(join(BUILD, "usb-"));
  try {
    const disk = join(directory, "phios.img");
    const configuration = join(directory, "extlinux.conf");
    writeFileSync(configuration, CONFIGURATION);
    const contents = statSync(flat).size + statSync(image.archive).size + SPARE_BYTES;
    const sectors = Math.ceil(Math.max(PARTITION_BYTES_LEAST, contents) / SECTOR_BYTES);
    const file = openSync(disk, "w");
    try {
      ftruncateSync(file, (PARTITION_SECTOR + sectors) * SECTOR_BYTES);
      writeSync(file, masterBootRecord(PARTITION_SECTOR, sectors), 0, SECTOR_BYTES, 0);
    } finally {
      closeSync(file);
    }
    const partition = `${disk}@@${PARTITION_SECTOR * SECTOR_BYTES}`;
    await runTool(
      "mformat",
      ["-i", partition, "-v", "PHIOS", "-T", String(sectors), "-h", "255", "-s", "63", "::"],
      "Making the file system",
    );
    await runTool("mmd", ["-i", partition, "::/extlinux"], "Making the file system");
    for (const [from, to] of [
      [configuration, "::/extlinux/extlinux.conf"],
      [flat, "::/phios.bin"],
      [image.archive, "::/phios.archive"],
    ] as const) {
      await runTool("mcopy", ["-i", partition, from, to], "Filling the file system");
    }
    const path = join(BUILD, "phios-riscv64.img");
    renameSync(disk, path);
    return path;
  } catch (error) {
    if (error instanceof Error && error.message.includes("not installed")) {
      throw new CliFailure(error.message, "`make setup` installs what images need.");
    }
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
