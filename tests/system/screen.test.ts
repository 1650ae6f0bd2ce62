// A machine with a graphics device: the text of the terminal stands on its display, read back from QEMU's picture by the font, exactly;
// it scrolls, is there again after the driver was killed, and what is typed on the machine's keyboard appears. In both modes; on x86_64 in user mode behind the IOMMU.
import type { Architecture, Guest } from "qemu-test-harness";
import { beforeAll, describe, expect, test } from "vitest";
import type { WholeMode } from "../../linker/image/isolation.ts";
import { ensureImage } from "../../scripts/phi/artifacts.ts";
import { startMachine } from "../../scripts/phi/machine.ts";
import { PROMPT, TESTED } from "./support.ts";
import { plain, screenText, type } from "./terminal.ts";

const LIMIT_MS = 300_000;
const BUILD_LIMIT_MS = 600_000;
const MODES = ["sfi", "hw"] as const;
const POLL = { timeout: 150_000, interval: 250 };
/** QEMU's display: 1280 × 800 pixels. */
const ROWS = 50;

describe.each(TESTED)("%s", (arch) => {
  beforeAll(async () => {
    for (const mode of MODES) await ensureImage("screen", arch, false, mode);
  }, BUILD_LIMIT_MS);

  test.each(MODES)("%s", { timeout: LIMIT_MS }, async (mode) => {
    await using guest = await bootScreen(arch, mode);
    await guest.run("clear");
    const answer = await guest.run("mem; echo last");
    const wanted = [`${PROMPT}mem; echo last`, ...plain(answer).trimEnd().split("\n"), PROMPT.trimEnd()];
    await expect.poll(() => screenText(guest), POLL).toEqual(wanted);

    await guest.run("help; help; help; echo the end");
    await expect.poll(async () => (await screenText(guest)).slice(-2), POLL).toEqual(["the end", PROMPT.trimEnd()]);
    const scrolled = await screenText(guest);
    expect(scrolled).toHaveLength(ROWS);

    // Another instance has the text, the cursor and the display's pixels.
    await guest.run("clear");
    const replaced = await guest.run("replace screen");
    expect(replaced).toMatch(/screen is replaced: [1-9]\d* bytes/);
    const kept = [`${PROMPT}replace screen`, ...plain(replaced).trimEnd().split("\n"), `${PROMPT}echo on`, "on"];
    await guest.run("echo on");
    await expect.poll(() => screenText(guest), POLL).toEqual([...kept, PROMPT.trimEnd()]);

    await guest.run("kill virtio-gpu");
    await expect.poll(() => guest.run("ps"), POLL).toMatch(/virtio-gpu +service +idle +\S+ +32 .* 1 \d\d:/);
    await guest.run("clear");
    await guest.run("echo back again");
    const after = [`${PROMPT}echo back again`, "back again", PROMPT.trimEnd()];
    await expect.poll(() => screenText(guest), POLL).toEqual(after);
    await guest.run("clear");
    await type(guest, "e c h o spc shift-h i shift-1");
    await expect.poll(() => screenText(guest), POLL).toEqual([`${PROMPT}echo Hi!`]);
    await type(guest, "backspace dot left left delete shift-o ret");
    const typed = [`${PROMPT}echo HO.`, "HO.", PROMPT.trimEnd()];
    await expect.poll(() => screenText(guest), POLL).toEqual(typed);
    await type(guest, "up ret");
    const again = [...typed.slice(0, 2), ...typed];
    await expect.poll(() => screenText(guest), POLL).toEqual(again);
    await type(guest, "ctrl-c");
    const abandoned = [...again.slice(0, -1), `${PROMPT}^C`, PROMPT.trimEnd()];
    await expect.poll(() => screenText(guest), POLL).toEqual(abandoned);
    await guest.sendLine("poweroff 7");
    expect(await guest.exitStatus()).toBe(7);
  });
});

async function bootScreen(arch: Architecture, mode: WholeMode): Promise<Guest> {
  const image = await ensureImage("screen", arch, false, mode);
  const guest = startMachine(
    image,
    { arch, devices: [{ kind: "gpu" }, { kind: "input" }], iommu: arch === "x86_64" && mode === "hw" },
    { prompt: PROMPT, timeout_ms: LIMIT_MS, control: true },
  );
  await guest.waitForPrompt(LIMIT_MS);
  return guest;
}
