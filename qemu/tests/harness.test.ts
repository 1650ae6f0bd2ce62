// The harness against real emulators and a guest of fifty instructions.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ARCHITECTURES, boot, deviceArguments, HarnessError, Pool } from "../src/index.ts";
import { buildGuest } from "./guests.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "harness-test-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(ARCHITECTURES)("%s", (arch) => {
  let kernel = "";
  beforeAll(() => {
    kernel = buildGuest(arch, directory);
  });

  test("runs commands and decodes the guest's exit status", async () => {
    await using guest = boot({ arch, kernel, prompt: "ready> " });
    await guest.waitForPrompt();
    expect(await guest.run("abc")).toBe("got abc");
    expect(await guest.run("def")).toBe("got def");
    await guest.sendLine("q");
    expect(await guest.exitStatus()).toBe(5);
  });

  test("a time-out names what was awaited and shows the last lines", async () => {
    await using guest = boot({ arch, kernel, prompt: "ready> " });
    await guest.waitForPrompt();
    const failure = await guest.waitForLine("never printed", 200).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HarnessError);
    expect((failure as HarnessError).kind).toBe("timeout");
    expect((failure as Error).message).toMatch(/"never printed"[\s\S]*ready>/);
  });

  test("waiting for a guest that powers off fails at once, with its status", async () => {
    await using guest = boot({ arch, kernel, prompt: "ready> " });
    await guest.waitForPrompt();
    const waiting = guest.waitForLine("never printed").catch((error: unknown) => error);
    await guest.sendLine("q");
    expect(String(await waiting)).toMatch(/status 5/);
  });

  test("a guest that outlives its limit is killed and has no verdict", async () => {
    const guest = boot({ arch, kernel, timeout_ms: 500 });
    expect(await guest.exited).toMatchObject({ timedOut: true, status: undefined });
    await expect(guest.exitStatus()).rejects.toThrow(/limit of 0.5 s/);
  });

  test("an instruction counter that prints no number is an error that shows what it printed", async () => {
    const counter = { command: "count", pattern: /([0-9]+) instructions/ };
    await using guest = boot({ arch, kernel, prompt: "ready> ", icount: true, counter });
    await guest.waitForPrompt();
    await expect(guest.instructionCount()).rejects.toThrow(/printed no number[\s\S]*got count/);
  });

  test("a pool bounds how many guests run at once", async () => {
    let running = 0;
    let most = 0;
    await new Pool(2).all(
      [1, 2, 3].map(() => async () => {
        await using guest = boot({ arch, kernel, prompt: "ready> " });
        most = Math.max(most, ++running);
        await guest.waitForPrompt();
        running--;
      }),
    );
    expect(most).toBe(2);
  });
});

test("an emulator that refuses its arguments is reported with its own words", async () => {
  const guest = boot({ arch: "x86_64", machine: "no-such-machine" });
  await expect(guest.waitForLine("anything")).rejects.toThrow(/unsupported machine type/);
});

test("a screenshot has the size of the display", async () => {
  await using guest = boot({ arch: "x86_64", machine: "q35", display: true, control: true });
  const { width, height, pixels } = await guest.screenshot();
  expect(width).toBeGreaterThan(100);
  expect(pixels.length).toBe(width * height * 3);
});

test("no emulator survives a test process that is killed", async () => {
  const source = `import { boot } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const guest = boot({ arch: "riscv64" }); console.log(guest.processId); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const id = Number(
    await new Promise<string>((resolve) => child.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString()))),
  );
  expect(id).toBeGreaterThan(1);
  child.kill("SIGKILL");
  await expect.poll(() => alive(id), { timeout: 5_000 }).toBe(false);
});

function alive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

test("devices become options for either transport, and an emulator takes them", async () => {
  const file = join(directory, "disk");
  writeFileSync(file, Buffer.alloc(1 << 20));
  const devices = [
    { kind: "disk", file, readOnly: true },
    { kind: "rng" },
    { kind: "input" },
    { kind: "9p", path: directory, tag: "host" },
    { kind: "console", output: join(directory, "console") },
  ] as const;
  for (const [arch, transport, iommu] of [
    ["x86_64", "pci", true],
    ["x86_64", "mmio", false],
    ["riscv64", "pci", false],
    ["riscv64", "mmio", false],
  ] as const) {
    const kernel = buildGuest(arch, directory);
    await using guest = boot({ arch, kernel, prompt: "ready> ", devices, transport, iommu });
    await guest.waitForPrompt();
  }
  expect(() => deviceArguments("riscv64", { devices, iommu: true })).toThrow(/no IOMMU/);
  expect(deviceArguments("riscv64", { devices }).join(" ")).toContain("force-legacy=false");
  expect(deviceArguments("x86_64", { devices, iommu: true }).join(" ")).toContain(
    "disable-legacy=on,iommu_platform=on",
  );
});
