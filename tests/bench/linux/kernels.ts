// The Linux kernels that ΦOS is measured against, and how a guest of one is put together: Debian's kernel and modules, a static busybox,
// and a script. Versions and hashes are pinned: another kernel is another figure.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { BUILD } from "../../../scripts/phi/paths.ts";
import { type InitrdFile, initrd } from "./initrd.ts";
import { type DebianPackage, unpackedPackage } from "./package.ts";

interface Kernel {
  readonly image: DebianPackage;
  readonly busybox: DebianPackage;
  readonly title: string;
  /** Paths in the packages. */
  readonly file: string;
  readonly busyboxFile: string;
  readonly modules: string;
  /** In the order in which they are inserted. */
  readonly insert: readonly string[];
  readonly machine: string;
  readonly console: string;
}

const KERNELS: Readonly<Record<Architecture, Kernel>> = {
  x86_64: {
    title: "Linux 6.1",
    image: {
      name: "linux-image-6.1.0-56-cloud-amd64",
      version: "6.1.192-2",
      architecture: "amd64",
      repository: "bookworm-security",
      pool: "pool/updates/main/l/linux-signed-amd64/linux-image-6.1.0-56-cloud-amd64_6.1.192-2_amd64.deb",
      sha256: "e7d02b943971edcb8790e256c02cfab3bca6c3d37c1bf25392a57c71300615ee",
    },
    busybox: {
      name: "busybox-static",
      version: "1:1.35.0-4+deb12u1+b1",
      architecture: "amd64",
      repository: "bookworm",
      pool: "pool/main/b/busybox/busybox-static_1.35.0-4+deb12u1+b1_amd64.deb",
      sha256: "3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744",
    },
    file: "boot/vmlinuz-6.1.0-56-cloud-amd64",
    busyboxFile: "bin/busybox",
    modules: "lib/modules/6.1.0-56-cloud-amd64/kernel",
    insert: [
      "drivers/virtio/virtio_ring.ko",
      "drivers/virtio/virtio.ko",
      "drivers/virtio/virtio_pci_legacy_dev.ko",
      "drivers/virtio/virtio_pci_modern_dev.ko",
      "drivers/virtio/virtio_pci.ko",
      "drivers/block/virtio_blk.ko",
    ],
    machine: "q35",
    console: "ttyS0",
  },
  riscv64: {
    title: "Linux 6.12",
    image: {
      name: "linux-image-6.12.107+deb13-riscv64",
      version: "6.12.107-1",
      architecture: "riscv64",
      repository: "bookworm",
      pool: "pool/main/l/linux/linux-image-6.12.107+deb13-riscv64_6.12.107-1_riscv64.deb",
      sha256: "abe9f65d74b434692149482b031db7a2aaf832921e09f69f775293c0e0c5799c",
    },
    busybox: {
      name: "busybox-static",
      version: "1:1.37.0-6+b9",
      architecture: "riscv64",
      repository: "bookworm",
      pool: "pool/main/b/busybox/busybox-static_1.37.0-6+b9_riscv64.deb",
      sha256: "4add476d2b185c5b487c285b38d790f0881a7e4a8e2ddde835f917e770eb8633",
    },
    file: "boot/vmlinux-6.12.107+deb13-riscv64",
    busyboxFile: "usr/bin/busybox",
    modules: "usr/lib/modules/6.12.107+deb13-riscv64/kernel",
    insert: [
      "drivers/virtio/virtio_mmio.ko",
      "drivers/block/virtio_blk.ko",
      "lib/crc16.ko",
      "crypto/crc32c_generic.ko",
      "lib/libcrc32c.ko",
      "fs/mbcache.ko",
      "fs/jbd2/jbd2.ko",
      "fs/ext4/ext4.ko",
    ],
    machine: "virt",
    console: "ttyS0",
  },
};

export interface LinuxGuest {
  readonly title: string;
  readonly machine: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
}

const PREPARE = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
for module in $($b cat /order); do $b insmod /modules/$module || echo "linux cannot insert $module"; done
`;

/** A guest whose first process is `script` (of busybox's shell, $b being busybox), with the modules inserted; it powers off after it. */
export function linuxGuest(
  arch: Architecture,
  name: string,
  script: string,
  more: readonly InitrdFile[] = [],
): LinuxGuest {
  const kernel = KERNELS[arch];
  const image = unpackedPackage(kernel.image);
  const busybox = readFileSync(join(unpackedPackage(kernel.busybox), kernel.busyboxFile));
  const files = kernel.insert.map((path) => ({
    name: `modules/${baseName(path)}`,
    data: readModule(join(image, kernel.modules, path)),
  }));
  const directory = join(BUILD, "bench");
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${arch}-linux-${name}.initrd`);
  const order = kernel.insert.map(baseName).join("\n");
  const contents = initrd(
    ["dev", "proc", "sys", "bin", "modules", "mnt"],
    [
      { name: "bin/busybox", data: busybox, program: true },
      ...files,
      ...more,
      { name: "order", data: Buffer.from(order) },
      { name: "init", data: Buffer.from(`${PREPARE}${script}\n$b poweroff -f\n`), program: true },
    ],
  );
  writeFileSync(path, contents);
  return {
    title: kernel.title,
    machine: kernel.machine,
    kernel: join(image, kernel.file),
    initrd: path,
    commandLine: `console=${kernel.console} quiet`,
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Some of Debian's kernels have their modules compressed. */
function readModule(path: string): Buffer {
  return existsSync(path) ? readFileSync(path) : execFileSync("xz", ["-dc", `${path}.xz`], { maxBuffer: 1 << 26 });
}
