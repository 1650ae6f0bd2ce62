// A guest's screen and keyboard. Needs boot({ control: true }) and a display.
import type { Guest } from "qemu-test-harness";
import { readScreen } from "../unit/screen/font.ts";

/** The rows of text on the screen, read by the font, without the blank ones at the end. */
export async function screenText(guest: Guest): Promise<string[]> {
  const { width, height, pixels } = await guest.screenshot();
  const rows = readScreen(width, height, (x, y) => {
    const at = 3 * (y * width + x);
    return (pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!;
  });
  return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
}

/** Text without colours. */
export function plain(text: string): string {
  return text.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, "");
}

/**
 * Presses and releases keys by QEMU's names, with shift- or ctrl- held. Eight at most, four of a PC's own keyboard: QEMU drops what 64 buffers (four events a key,
 * eight with another held) or 16 bytes (two a key) do not hold.
 */
export async function type(guest: Guest, keys: string): Promise<void> {
  const qmp = await guest.qmp();
  for (const name of keys.split(" ")) {
    const codes = name.split("-");
    const pressed = codes.map((data) => ({ down: true, key: { type: "qcode", data } }));
    const events = [...pressed, ...pressed.toReversed().map((one) => ({ ...one, down: false }))];
    for (const data of events) await qmp.execute("input-send-event", { events: [{ type: "key", data }] });
  }
}
