// What Linux takes for a disk's reads and writes on the same emulator: O_DIRECT reads and ext4's synchronous writes by busybox's dd, on a
// virtio-blk disk. Called by the benchmark of ΦOS's own disk, whose figures stand beside these.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { BUILD } from "../../../scripts/phi/paths.ts";
import { each, measured, type Run, runLinux } from "./clock.ts";

const LIMIT_MS = 400_000;
const PLAIN_BYTES = 128 << 20;
const EXT4_BYTES = 64 << 20;
const MIB = 1 << 20;

export interface LinuxDisk {
  readonly title: string;
  /** Instructions for one read of 4 KiB with O_DIRECT. */
  readonly read_4k: number;
  /** Instructions a byte of reads of 1 MiB with O_DIRECT. */
  readonly read_byte: number;
  /** Instructions for one write of 4 KiB that is durable when it returns, on ext4 mounted with `sync`. */
  readonly write_4k: number;
}

const READ_4K: Run = {
  ...{ name: "read-4k", short: 1000, long: 11_000 },
  command: (n) => `$b dd if=/dev/$plain of=/dev/null bs=4k iflag=direct count=${n}`,
};
const READ_1M: Run = {
  ...{ name: "read-1m", short: 10, long: 110 },
  command: (n) => `$b dd if=/dev/$plain of=/dev/null bs=1M iflag=direct count=${n}`,
};
const WRITE_4K: Run = {
  ...{ name: "write-4k", short: 100, long: 2100 },
  command: (n) => `$b dd if=/dev/zero of=/mnt/file bs=4k conv=notrunc count=${n}`,
};
const FIND_DISKS =
  "for disk in vda vdb; do case $($b cat /sys/block/$disk/serial) in plain) plain=$disk;; ext4) ext4=$disk;; esac; done";

export async function linuxDisk(arch: Architecture): Promise<LinuxDisk> {
  const device = arch === "x86_64" ? "virtio-blk-pci" : "virtio-blk-device";
  const { title, output } = await runLinux({
    ...{ arch, name: "disk", limit_ms: LIMIT_MS },
    script: [
      FIND_DISKS,
      ...measured(READ_4K),
      ...measured(READ_1M),
      "$b mount -t ext4 -o sync /dev/$ext4 /mnt",
      "$b dd if=/dev/zero of=/mnt/file bs=4k count=3000 2>/dev/null",
      "$b sync",
      ...measured(WRITE_4K),
    ],
    arguments: Object.entries(images(arch)).flatMap(([name, file]) => [
      ...["-drive", `if=none,id=${name},format=raw,file=${file.replaceAll(",", ",,")}`],
      ...["-device", `${device},drive=${name},serial=${name}`],
    ]),
  });
  return {
    title,
    read_4k: each(output, READ_4K),
    read_byte: each(output, READ_1M) / MIB,
    write_4k: each(output, WRITE_4K),
  };
}

/** A disk of zeroes and one with an empty ext4. */
function images(arch: Architecture): { readonly plain: string; readonly ext4: string } {
  const directory = join(BUILD, "bench");
  mkdirSync(directory, { recursive: true });
  const make = (name: string, bytes: number) => {
    const path = join(directory, `${arch}-linux-${name}.disk`);
    rmSync(path, { force: true });
    writeFileSync(path, "");
    truncateSync(path, bytes);
    return path;
  };
  const ext4 = make("ext4", EXT4_BYTES);
  execFileSync("/sbin/mkfs.ext4", ["-q", "-F", ext4]);
  return { plain: make("plain", PLAIN_BYTES), ext4 };
}
