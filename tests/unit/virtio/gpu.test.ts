// The driver of a graphics device against one in TypeScript, and a screen that has pixels: which commands reach the device, in which order, and what
// becomes of a device that answers errors, too little or sizes that no display has, and of a screen that is started anew.
import { describe, expect, test } from "vitest";
import { type Chain, FEATURE_EVENT_INDEX, FEATURE_VERSION_1 } from "./device.ts";
import { Ended, Machine, type PeerAnswer, WAYS, type Way } from "./machine.ts";
import type { Memory } from "./memory.ts";

const CHANGED = 8n;
const E_STATE = -11n,
  E_BUDGET = -7n,
  E_ABSENT = -15n;
const LOOK_NS = 2_000_000_000n;
const NAMES: Readonly<Record<number, string>> = {
  256: "info",
  257: "create",
  258: "unref",
  259: "scanout",
  260: "flush",
  261: "transfer",
  262: "attach",
};
const SHOWN = ["info", "create 2 640 480", "attach", "scanout 0 640 480"];

class Card {
  machine!: Machine;
  /** Commands as the device saw them. */
  readonly seen: string[] = [];
  size: readonly [width: number, height: number] = [640, 480];
  isOn = true;
  display = 0;
  /** By name of a command: the answer's type in place of the right one, or its length. */
  readonly wrong = new Map<string, { type?: number; length?: number }>();
  /** What the screen has. */
  region: Memory | undefined;
  isKnown = true;
  largest = Number.POSITIVE_INFINITY;
  changed: readonly number[] = [0, 0, 0, 0];
  /** The pixels that the device took over last. */
  taken: number[] = [];
  private backing: { address: bigint; width: number } | undefined;

  async start(way: Way): Promise<this> {
    this.machine = await Machine.start({
      service: "virtio-gpu",
      way,
      identity: 16,
      features: FEATURE_VERSION_1 | FEATURE_EVENT_INDEX,
      configuration: new Uint8Array(16),
      queues: [64, 16],
      serve: (chain) => this.serve(chain),
      peer: { name: "screen", answer: (method, words) => this.screen(method, words) },
      prepare: (made) => {
        this.machine = made;
      },
    });
    return this;
  }

  private screen(method: string, words: bigint[]): PeerAnswer {
    if (method === "display") {
      const [width, height] = [Number(words[0]), Number(words[1])];
      if (width * height > this.largest) return E_BUDGET;
      this.isKnown = true;
      this.changed = [0, 0, width, height];
      this.region = this.machine.memory.add(Math.ceil((width * height * 4) / 4096));
      return { region: this.region };
    }
    if (!this.isKnown) return E_STATE;
    const rectangle = this.changed;
    this.changed = [0, 0, 0, 0];
    return rectangle;
  }

  private serve({ parts }: Chain): number {
    const [command, answer] = [parts[0]!, parts[1]!];
    const bytes = Buffer.from(this.machine.memory.at(command.address, command.length));
    const name = NAMES[bytes.readUInt32LE(0)] ?? "unknown";
    const word = (at: number): number => bytes.readUInt32LE(24 + at);
    const told: Record<string, () => string> = {
      create: () => ` ${word(4)} ${word(8)} ${word(12)}`,
      scanout: () => ` ${word(16)} ${word(8)} ${word(12)}`,
      flush: () => ` ${word(0)} ${word(4)} ${word(8)} ${word(12)}`,
      transfer: () => ` ${word(0)} ${word(4)} ${word(8)} ${word(12)}`,
    };
    this.seen.push(name + (told[name]?.() ?? ""));
    if (name === "create") this.backing = { address: 0n, width: word(8) };
    if (name === "attach") this.backing!.address = bytes.readBigUInt64LE(24 + 8);
    if (name === "transfer") this.transfer(bytes.readBigUInt64LE(24 + 16), word(8));
    const out = this.machine.memory.view(answer.address, answer.length);
    const { type, length } = { ...this.wrong.get(name) };
    out.setUint32(0, type ?? (name === "info" ? 0x1101 : 0x1100), true);
    if (name !== "info") return length ?? 24;
    const at = 24 + 24 * this.display;
    [0, 0, ...this.size, this.isOn ? 1 : 0].forEach((value, index) => {
      out.setUint32(at + 4 * index, value, true);
    });
    return length ?? 408;
  }

  /** The first row of a rectangle. */
  private transfer(offset: bigint, width: number): void {
    const { address } = this.backing!;
    this.taken = [...new Uint32Array(this.machine.memory.at(address + offset, width * 4).slice().buffer)];
  }

  /** The screen has drawn. */
  draw(x: number, y: number, width: number, height: number): void {
    this.changed = [x, y, width, height];
    this.machine.signal(CHANGED);
  }

  displaysChanged(): void {
    this.machine.device.configuration[0] = 1;
    this.machine.device.configurationChanged();
  }
}

describe.each(WAYS)("%s", (way) => {
  test("shows the screen's pixels, and takes over what changes", async () => {
    const card = await new Card().start(way);
    expect(card.seen).toEqual([...SHOWN, "transfer 0 0 640 480", "flush 0 0 640 480"]);
    const pixels = new Uint32Array(card.machine.memory.bytes(card.region!).buffer);
    pixels.fill(0xabcd, 16 * 640 + 8, 16 * 640 + 24);
    card.draw(8, 16, 16, 16);
    expect(card.seen.slice(-2)).toEqual(["transfer 8 16 16 16", "flush 8 16 16 16"]);
    expect(card.taken).toEqual(new Array(16).fill(0xabcd));
    card.machine.signal(CHANGED);
    expect(card.seen).toHaveLength(8);
    expect(card.machine.call(0x101n, 1).words.slice(0, 3)).toEqual([640n, 480n, 2n]);
    expect(card.machine.memory.faults).toEqual([]);
  });

  test("another size, a display that is switched off and on, another display", async () => {
    const card = await new Card().start(way);
    card.seen.length = 0;
    card.size = [800, 600];
    card.displaysChanged();
    const wider = ["create 2 800 600", "attach", "scanout 0 800 600", "transfer 0 0 800 600", "flush 0 0 800 600"];
    expect(card.seen).toEqual(["info", "unref", ...wider]);
    card.isOn = false;
    card.displaysChanged();
    expect(card.seen.slice(-2)).toEqual(["info", "unref"]);
    expect(card.machine.call(0x101n, 1).answer).toBe(E_ABSENT);
    card.draw(0, 0, 8, 8);
    card.isOn = true;
    card.display = 3;
    card.displaysChanged();
    expect(card.seen).toContain("scanout 3 800 600");
    expect(card.machine.memory.faults).toEqual([]);
  });

  test("sizes that no display has", async () => {
    const none = new Card();
    none.size = [0, 480];
    expect((await none.start(way)).seen).toEqual(["info"]);
    const huge = new Card();
    huge.size = [0xffff_ffff, 0x8000_0000];
    expect((await huge.start(way)).seen).toContain("scanout 0 2048 2048");
    const dear = new Card();
    dear.size = [1920, 1080];
    dear.largest = 1024 * 768;
    expect((await dear.start(way)).seen).toContain("scanout 0 1024 768");
    dear.displaysChanged();
    expect(dear.seen.slice(-1)).toEqual(["info"]);
  });

  test("a rectangle of the screen's that does not lie on the display is cut", async () => {
    const card = await new Card().start(way);
    card.draw(632, 470, 0xffff_ffff, 100);
    expect(card.seen.slice(-1)).toEqual(["flush 632 470 8 10"]);
    card.draw(0xffff_fff0, 5, 16, 16);
    expect(card.seen.slice(-1)).toEqual(["flush 639 5 1 16"]);
    expect(card.machine.memory.faults).toEqual([]);
  });

  test("a screen that was started anew, or has no memory at first, gets the display at the next look", async () => {
    const card = new Card();
    card.largest = 0;
    await card.start(way);
    expect(card.seen).toEqual(["info"]);
    expect(card.machine.call(0x101n, 1).answer).toBe(E_ABSENT);
    card.largest = Number.POSITIVE_INFINITY;
    card.machine.advance(LOOK_NS);
    expect(card.seen.slice(1, 4)).toEqual(SHOWN.slice(1));
    card.seen.length = 0;
    card.isKnown = false;
    card.machine.advance(LOOK_NS);
    expect(card.seen).toEqual(["unref", ...SHOWN.slice(1), "transfer 0 0 640 480", "flush 0 0 640 480"]);
  });

  test.each(Object.values(NAMES))("an error, a wrong or a short answer to %s ends the driver", async (name) => {
    for (const wrong of [{ type: 0x1200 }, { type: 0x1102 }, { length: 8 }, { length: 500 }]) {
      const card = new Card();
      if (name === "unref") await card.start(way);
      card.wrong.set(name, wrong);
      const act = async (): Promise<void> => {
        if (name !== "unref") await card.start(way);
        card.size = [800, 600];
        card.displaysChanged();
      };
      await expect(act()).rejects.toThrow(Ended);
      expect(card.machine.mastering).toBe(false);
      expect(card.machine.memory.faults).toEqual([]);
    }
  });

  test("a device that was pulled out ends the driver", async () => {
    const card = await new Card().start(way);
    card.machine.device.isGone = true;
    expect(() => card.machine.device.configurationChanged()).toThrow(Ended);
  });
});
