// Devices and their drivers in the running system: what the bus finds, what becomes of a device when its driver is killed, hangs, or has it reach
// for foreign memory, and when the bus itself is killed.
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture, Guest } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import type { Service } from "../../linker/image/schema.ts";
import type { MachineOptions } from "../../scripts/phi/machine.ts";
import { FileDisk } from "../../scripts/vdfs/disk.ts";
import { Store } from "../../scripts/vdfs/store.ts";
import { bootWithServices, type Extra } from "./extra-service.ts";
import { logged, phi, said, TESTED, temporaryDirectory } from "./support.ts";

const LIMIT_MS = 400_000;
const directory = temporaryDirectory();
const MODES = ["sfi", "hw"] as const;
const MiB = 1 << 20;

/** Priorities let a prompt come while a driver spins. */
const blk = (isolation: "sfi" | "hw"): Extra => ({
  folder: "virtio-blk",
  service: { drives: "virtio-blk", trustedDma: true, isolation, priority: 32, memory: 2 * MiB },
});

async function boot(arch: Architecture, extras: Record<string, Extra>, more: Partial<MachineOptions>): Promise<Guest> {
  const guest = await bootWithServices(arch, directory, extras, [], more);
  await guest.waitForPrompt();
  return guest;
}

function disk(name: string): { kind: "disk"; file: string } {
  const file = join(directory, name);
  writeFileSync(file, "");
  truncateSync(file, MiB);
  return { kind: "disk", file };
}

/** A disk behind a port, a switch's upstream port and its second downstream port; a generator of random numbers behind a port, of a second root (x86_64). */
function bridged(arch: Architecture, file: string): string[] {
  const root = arch === "x86_64" ? ["pxb-pcie,id=pxb,bus_nr=64,bus=pcie.0"] : [];
  const devices = [
    ...[
      ...root,
      `pcie-root-port,id=rp1,chassis=1,addr=0x10${arch === "x86_64" ? ",bus=pcie.0" : ""}`,
      "x3130-upstream,id=up,bus=rp1",
    ],
    ...["xio3130-downstream,id=down1,bus=up,chassis=2,slot=1", "xio3130-downstream,id=down2,bus=up,chassis=3,slot=2"],
    `pcie-root-port,id=rp2,chassis=4,addr=0x11${arch === "x86_64" ? ",bus=pxb" : ""}`,
    ...["virtio-rng-pci,bus=rp2,disable-legacy=on", "virtio-blk-pci,bus=down2,drive=far,disable-legacy=on"],
  ];
  return ["-drive", `if=none,id=far,format=raw,file=${file}`, ...devices.flatMap((device) => ["-device", device])];
}

describe.each(TESTED)("%s", (arch) => {
  test(
    "devices behind ports and a switch are found and driven, whether firmware numbers buses or not",
    async () => {
      const file = join(directory, `${arch}-bridged.disk`);
      const empty = FileDisk.create(file, 16 * MiB);
      (await Store.create(empty)).format([1n, 2n]);
      empty.close();
      const commands = "write there kept; devices; kill virtio-blk; cat there; restart bus; cat there";
      const result = await phi([
        ...["boot", "--arch", arch, "--image", "store", "--isolation", "hw", "--exec", commands],
        ...(arch === "x86_64" ? ["--machine", "q35"] : []),
        ...["--", ...bridged(arch, file)],
      ]);
      const output = result.stdout.toString();
      expect(output.match(/ {2}pci bridge/g)).toHaveLength(5);
      expect(output).toMatch(arch === "x86_64" ? /^4[1-9a-f]:00\.0 .*virtio-rng/m : /^0[1-9]:00\.0 .*virtio-rng/m);
      expect(output).toMatch(/^0[1-9]:00\.0 .*virtio-blk.*driven by/m);
      expect(output).not.toContain("refused");
      expect(output.match(/^kept$/gm)).toHaveLength(2);
      expect(result.status).toBe(0);
    },
    LIMIT_MS,
  );

  test.each(MODES)(
    "a killed driver gets its device afresh, and a killed bus begins anew with all of them (%s)",
    {
      timeout: LIMIT_MS,
    },
    async (mode) => {
      const devices = [disk(`${arch}-${mode}.disk`), { kind: "rng" }] as const;
      await using guest = await boot(arch, { "virtio-blk": blk(mode) }, { devices });
      await said(guest, "devices", /driven by/); // another CPU may show the prompt before the driver has claimed it
      const before = await guest.run("devices");
      expect(before).toMatch(/1af4:(0002|1042) {2}virtio-blk, (line|messages) [1-9].*, driven by \d+/);
      expect(before).toMatch(/1af4:(0004|1044) {2}virtio-rng/);
      expect(before.match(/driven by/g)).toHaveLength(1);
      for (const victim of ["virtio-blk", "bus"]) {
        await guest.sendLine(`kill ${victim}`);
        await guest.waitFor(/virtio-blk restarts in 0 ms/);
        await said(guest, "ps", /virtio-blk +service +idle/);
        await said(guest, "lspci", /virtio-blk, .*driven by \d+/);
      }
      // The boot, and two new beginnings.
      expect(guest.output.match(/virtio-blk: its device reaches all memory \(trustedDma\)/g)).toHaveLength(3);
    },
  );

  test("a driver that hangs is found and begins anew", { timeout: LIMIT_MS }, async () => {
    const service: Service = {
      drives: "virtio-rng",
      trustedDma: true,
      priority: 20,
      restart: { limit: 2, window_seconds: 60 },
    };
    await using guest = await boot(arch, { "stuck-driver": { service } }, { devices: [{ kind: "rng" }] });
    await logged(guest, /stuck-driver is given up after 2 restarts/);
    expect(guest.output.match(/stuck-driver hangs/g)).toHaveLength(3);
    await said(guest, "devices", /virtio-rng(?!.*driven)/);
  });

  test("a driver that waits for the processor while another one hangs is left alone", {
    timeout: LIMIT_MS,
  }, async () => {
    const stuck: Service = { drives: "virtio-rng", trustedDma: true, priority: 20, restart: "never" };
    const patient: Service = { drives: "virtio-blk", trustedDma: true, priority: 10, calls: { console: {} } };
    const extras = { "stuck-driver": { service: stuck }, "patient-driver": { service: patient } };
    await using guest = await boot(arch, extras, { devices: [{ kind: "rng" }] });
    await logged(guest, /stuck-driver hangs/);
    await logged(guest, /patient: at last/);
    expect(guest.output).not.toMatch(/patient-driver (hangs|restarts)/);
  });
});

describe.runIf(TESTED.includes("x86_64"))("behind an IOMMU", () => {
  test.each(MODES)(
    "a device that is told to reach for foreign memory is kept from it, which is told, and its driver ends (%s)",
    {
      timeout: LIMIT_MS,
    },
    async (isolation) => {
      // No trustedDma: only the fence lets it have the device at all.
      const service: Service = { drives: "edu", isolation, restart: "never", calls: { console: {} } };
      const machine = { devices: [{ kind: "edu" }], iommu: true } as const;
      await using guest = await boot("x86_64", { "edu-driver": { service } }, machine);
      await logged(guest, /edu: claimed 0, alive 1, fenced, dma/);
      await logged(guest, /bus: device 0x0008 was kept from loading at 0x200000/);
      await logged(guest, /edu-driver exited with status 137/);
      await said(guest, "devices", /edu, messages 1.*behind the IOMMU(?!.*driven)/);
    },
  );

  test("without one the same driver gets nothing, for it is not trusted", { timeout: LIMIT_MS }, async () => {
    const service: Service = { drives: "edu", restart: "never", calls: { console: {} } };
    await using guest = await boot("x86_64", { "edu-driver": { service } }, { devices: [{ kind: "edu" }] });
    // E_RIGHTS
    await logged(guest, /edu: claimed -2, alive -1, not fenced, no dma/);
  });
});
