// The x86_64 machines that the one kernel file must start on, and those that it must refuse: with and without ACPI, PCI,
// a clock chip, a serial port, an interval timer, and on a processor that lacks what the compiled code uses.

import { boot, type GuestExit } from "qemu-test-harness";
import { describe, expect, test } from "vitest";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { bootShell, TESTED } from "./support.ts";

const LIMIT_MS = 200_000;

async function outcome(
  machine: string,
  options: { cpu?: string; serial?: "none" } = {},
): Promise<{ exit: GuestExit; output: string }> {
  const { kernel, archive } = await ensureImage("shell", "x86_64");
  const guest = boot({
    arch: "x86_64",
    machine,
    kernel,
    initrd: archive,
    memory: "64M",
    timeout_ms: LIMIT_MS,
    ...options,
  });
  const exit = await guest.exited;
  return { exit, output: guest.output };
}

describe.runIf(TESTED.includes("x86_64"))("x86_64 machines", () => {
  test.each(["q35", "microvm,acpi=on", "microvm,acpi=off", "microvm,acpi=off,rtc=off"])(
    "%s reaches the prompt",
    async (machine) => {
      await using guest = await bootShell("x86_64", { machine, memory: "64M" });
      expect(await guest.run("echo alive")).toMatch(/^alive/);
    },
  );

  test("a second interrupt controller and four processors change nothing", async () => {
    await using guest = await bootShell("x86_64", { machine: "microvm,acpi=off,ioapic2=on", smp: 4 });
    expect(await guest.run("echo alive")).toMatch(/^alive/);
  });

  test("without a serial port the machine powers off as failed", async () => {
    const { exit } = await outcome("microvm,acpi=off,isa-serial=off");
    expect(exit.timedOut).toBe(false);
    expect(exit.status).toBeGreaterThan(0);
  });

  test("with a serial port that nobody reads it runs", async () => {
    const { kernel, archive } = await ensureImage("shell", "x86_64");
    const guest = boot({ arch: "x86_64", kernel, initrd: archive, memory: "64M", serial: "none", timeout_ms: 4_000 });
    expect((await guest.exited).timedOut).toBe(true);
  });

  test("without an interval timer it says so", async () => {
    const { exit, output } = await outcome("microvm,acpi=off,pit=off");
    expect(exit.status).toBeGreaterThan(0);
    expect(output).toMatch(/error 4/);
  });

  test("on a processor without SSE4.1 it says so", async () => {
    const { exit, output } = await outcome("q35", { cpu: "qemu64" });
    expect(exit.status).toBeGreaterThan(0);
    expect(output).toMatch(/SSE4\.1/);
  });
});
