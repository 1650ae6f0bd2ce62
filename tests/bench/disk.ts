// Reads and writes of the store on a virtio disk, from the device to the reader (images/bench-disk.ts), and beside each what Linux takes for
// the same on the same emulator in the same run (tests/bench/linux). Verification is counted apart, against BLAKE3's own C.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURES, type Architecture } from "qemu-test-harness";
import { CliFailure } from "../../scripts/phi/failure.ts";
import { BUILD } from "../../scripts/phi/paths.ts";
import { FileDisk } from "../../scripts/vdfs/disk.ts";
import { ROOT_NODE, Store } from "../../scripts/vdfs/store.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { standardOutput } from "./guest.ts";
import { linuxBlake3 } from "./linux/blake3.ts";
import { type LinuxDisk, linuxDisk } from "./linux/disk.ts";

const MIB = 1 << 20;
const PAGE_BYTES = 4096;
const DISK_BYTES = 96 * MIB;
/** What the guest maps of each file at once. */
const FILE_BYTES = 16 * MIB;
const SEED = [0x243f6a8885a308d3n, 0x13198a2e03707344n] as const;
const VERIFYING_RATIO_BAR = 1.1;

const COUNTS: Readonly<Record<string, string>> = {
  "vdfs.read-4k":
    "a random 4 KiB page of a file, from the device by its driver and the store into the reader's window; without verifying",
  "vdfs.read-4k.copied": "bytes that store and reader copied for it",
  "vdfs.read-4k.verifying": "what verifying that page took, and the pages of the tree that were read for it",
  "vdfs.read-byte": "a byte of a file read in pieces of 1 MiB; without verifying",
  "vdfs.write-4k":
    "a write of 4 KiB, which lie in the buffer that client and store share, to a new place of a file, durable when it is answered: the mean of 1,152, with the commits that fall among them; without naming",
  "vdfs.write-4k.naming":
    "what naming that page took at the commit (BLAKE3), with its share of the checks of tree nodes and of the map of the space",
  "vdfs.write-4k.median": "one such write, the middle one of 401: most of them are a write and a flush of the log",
  "vdfs.blake3.byte": "a byte of naming a content of 1 MiB: BLAKE3 of its pages and of the tree over them",
  "vdfs.blake3.ratio": "the same, to BLAKE3's own C (SSE4.1 on x86_64, portable on riscv64) in a Linux process",
};

export const DISK: Benchmark = {
  names: Object.keys(COUNTS),
  quick: false,
  on: ARCHITECTURES,
  measure: async (on) => {
    const arch = on as Architecture;
    mkdirSync(join(BUILD, "bench"), { recursive: true });
    const file = join(BUILD, "bench", `${arch}-store.disk`);
    await makeDisk(file);
    const output = await standardOutput("bench-disk", arch, [], {
      devices: [{ kind: "disk", file, drive: "cache=unsafe" }],
      // As Linux has it: while the guest waits its clock is the host's. Were it to jump to the next timer, the timers would be counted too.
      icount: false,
      extraArguments: ["-icount", "shift=0,sleep=on"],
    });
    const linux = await linuxDisk(arch);
    const c_byte = await linuxBlake3(arch);
    const value = (name: string): number => {
      const found = new RegExp(`^bench ${name.replaceAll(".", "\\.")} (\\d+) `, "m").exec(output)?.[1];
      if (found === undefined) throw new CliFailure(`the guest did not print ${name}`, output);
      return Number(found);
    };
    const peers = linuxFigures(linux, c_byte);
    const figure = (name: string, measured: number, unit: string, bar: number | null): Figure => {
      const other = peers[name];
      const beside = other === undefined ? {} : { peers: other(measured) };
      return { name, arch, value: measured, unit, bar, better: "lower", counts: COUNTS[name] ?? "", ...beside };
    };
    const byte = value("blake3.mib") / MIB;
    return [
      figure("vdfs.read-4k", value("vdfs.read-4k"), "instructions", 6000),
      figure("vdfs.read-4k.copied", value("vdfs.read-4k.copied"), "bytes", 0),
      figure("vdfs.read-4k.verifying", value("vdfs.read-4k.verifying"), "instructions", null),
      figure("vdfs.read-byte", value("vdfs.read-1m") / MIB, "instructions", 0.05),
      figure("vdfs.write-4k", value("vdfs.write-4k"), "instructions", 15_000),
      figure("vdfs.write-4k.naming", value("vdfs.write-4k.naming"), "instructions", null),
      figure("vdfs.write-4k.median", value("vdfs.write-4k.median"), "instructions", null),
      figure("vdfs.blake3.byte", byte, "instructions", null),
      figure("vdfs.blake3.ratio", byte / c_byte, "ratio to C", VERIFYING_RATIO_BAR),
    ];
  },
};

/** What stands beside a figure: Linux's own, and how often ours goes into it. */
function linuxFigures(linux: LinuxDisk, c_byte: number): Readonly<Record<string, (ours: number) => string>> {
  const beside = (what: string, theirs: number, digits: number) => (ours: number) =>
    `${linux.title} ${what} ${theirs.toFixed(digits)}, ratio ${(ours / theirs).toFixed(2)}`;
  return {
    "vdfs.read-4k": beside("O_DIRECT", linux.read_4k, 0),
    "vdfs.read-byte": beside("O_DIRECT", linux.read_byte, 3),
    "vdfs.write-4k": beside("ext4, sync", linux.write_4k, 0),
    "vdfs.blake3.byte": () => `C ${c_byte.toFixed(2)}`,
  };
}

/** A store with two files of pages that all differ. */
async function makeDisk(path: string): Promise<void> {
  const disk = FileDisk.create(path, DISK_BYTES);
  const store = await Store.create(disk);
  store.format(SEED);
  store.mount();
  for (const [index, name] of ["random", "stream"].entries()) {
    const bytes = Buffer.alloc(FILE_BYTES);
    let state = BigInt(index + 1);
    for (let at = 0; at < bytes.length; at += 8) {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
      // the guest looks at each page's first word
      bytes.writeBigUInt64LE(at % PAGE_BYTES === 0 ? BigInt(at / PAGE_BYTES + 1) : state, at);
    }
    const node = store.create(ROOT_NODE, name);
    for (let at = 0; at < bytes.length; at += MIB) store.write(node, at, bytes.subarray(at, at + MIB));
  }
  store.sync();
  disk.close();
}
