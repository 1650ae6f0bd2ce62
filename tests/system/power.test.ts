// A PC without an emulator's exit device is switched off by its ACPI tables: by the control register of q35, and by the sleep control register of a
// machine without fixed registers. Where no table says how, the machine says that a person may.
import { describe, expect, test } from "vitest";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { startMachine } from "../../scripts/phi/machine.ts";
import { PROMPT, TESTED } from "./support.ts";

const LIMIT_MS = 120_000;

describe.runIf(TESTED.includes("x86_64"))("switched off by ACPI", () => {
  test.each(["q35", "microvm,acpi=on,rtc=on"])("%s", { timeout: 5 * LIMIT_MS }, async (machine) => {
    await using guest = await booted(machine);
    await guest.sendLine("poweroff 7");
    const { code, timedOut } = await guest.exited;
    expect({ code, timedOut }).toEqual({ code: 0, timedOut: false });
    expect(guest.output).not.toContain("safe to switch");
  });

  test("no tables: a sentence", { timeout: 5 * LIMIT_MS }, async () => {
    await using guest = await booted("microvm,acpi=off,rtc=on");
    await guest.sendLine("poweroff");
    await guest.waitFor("it is now safe to switch this machine off", LIMIT_MS);
  });
});

async function booted(machine: string): Promise<Awaited<ReturnType<typeof startMachine>>> {
  const image = await ensureImage("shell", "x86_64");
  const more = { prompt: PROMPT, timeout_ms: LIMIT_MS, exitDevice: false };
  const guest = startMachine(image, { arch: "x86_64", machine }, more);
  await guest.waitForPrompt(LIMIT_MS);
  return guest;
}
