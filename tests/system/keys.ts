// Keys pressed on a guest's keyboard. Needs boot({ control: true }).
import type { Guest } from "qemu-test-harness";

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
