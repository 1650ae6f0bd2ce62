// A copy of the terminal's bytes for the screen service, if the image has one. Called before bytes leave the ring.
// Invariant: every byte that is put into the ring is mirrored once, in order. A screen that is being
// restarted misses what is written meanwhile: nobody waits for it.
import { ByteRing } from "./ring";
import { Screen } from "../../build/interfaces/screen/client";

export class Mirror {
  /** Bytes of the ring mirrored so far, as the ring counts what was put. */
  private mirrored: u32 = 0;

  private screen: Screen | null = null;

  /** null, or a client without an endpoint: nothing is mirrored. */
  constructor(client: Screen | null) {
    if (client !== null && client.endpoint != 0) {
      client.patience_ms = 0;
      this.screen = client;
    }
  }

  follow(ring: ByteRing): void {
    const screen = this.screen;
    if (screen === null) return;
    while (this.mirrored != ring.put_count) {
      const count = min<u32>(ring.put_count - this.mirrored, screen.buffer_bytes);
      for (let i: u32 = 0; i < count; i++) store<u8>(screen.buffer + i, ring.at(this.mirrored + i));
      this.mirrored += count;
      screen.write(screen.buffer, count);
    }
  }
}
