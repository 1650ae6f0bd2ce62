// Every page table of the running shell, of the kernel and of every domain, with all services in supervisor mode and with all in user mode:
// nothing is writable and executable, by any two addresses together; user mode reaches nothing of the kernel's.

import { describe, expect, test } from "vitest";
import { loadAbi } from "../../linker/abi/constants.ts";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { startMachine } from "../../scripts/phi/machine.ts";
import { ROOT } from "../../scripts/phi/paths.ts";
import { GUEST_MEMORY, isKernels, type Leaf, readTables } from "./page-tables.ts";
import { PROMPT, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 300_000;
const directory = temporaryDirectory();
const shown = ({ address, physical, bytes }: Leaf): string =>
  `${BigInt.asUintN(64, address).toString(16)} -> ${physical.toString(16)}, ${bytes} bytes`;

describe.each(TESTED)("%s", (arch) => {
  test.each(["sfi", "hw"] as const)("with all services in mode %s", { timeout: LIMIT_MS }, async (mode) => {
    const abi = loadAbi(ROOT, arch);
    const image = await ensureImage("shell", arch, false, mode);
    const options = { prompt: PROMPT, control: true, timeout_ms: LIMIT_MS };
    await using guest = startMachine(image, { arch, memory: GUEST_MEMORY }, options);
    await guest.waitForPrompt(LIMIT_MS);
    const { leaves, tables, roots } = await readTables(guest, arch, abi, directory);

    // It has looked: code there is, and in user mode an address space for each service.
    const code = leaves.filter(({ execute }) => execute);
    expect(code.length).toBeGreaterThan(50);
    expect(leaves.some(({ user }) => user)).toBe(mode === "hw");
    if (mode === "hw") expect(roots.length).toBeGreaterThan(3);

    expect(leaves.filter(({ write, execute }) => write && execute).map(shown)).toEqual([]);
    expect(leaves.filter((leaf) => leaf.user && isKernels(leaf)).map(shown)).toEqual([]);

    const base = BigInt.asUintN(64, abi.value("KERNEL_BASE"));
    const kernels = new Set(tables);
    for (const leaf of leaves) if (BigInt.asUintN(64, leaf.address) >= base) kernels.add(leaf.physical);
    expect(leaves.filter(({ user, physical }) => user && kernels.has(physical)).map(shown)).toEqual([]);

    // Aliases: the kernel's view of all memory counts too.
    const executable = new Set<number>();
    for (const { physical, bytes } of code) for (let at = 0; at < bytes; at += 4096) executable.add(physical + at);
    const frames = [...executable];
    const writable = leaves.filter(({ write }) => write);
    const small = new Set(writable.filter(({ bytes }) => bytes === 4096).map(({ physical }) => physical));
    const large = [...new Set(writable.filter(({ bytes }) => bytes > 4096))];
    const aliased = frames.filter(
      (frame) => small.has(frame) || large.some((leaf) => frame >= leaf.physical && frame < leaf.physical + leaf.bytes),
    );
    expect(aliased.map((frame) => frame.toString(16))).toEqual([]);
  });
});
