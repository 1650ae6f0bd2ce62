// The drivers of frames, bytes, random numbers and events against a device in TypeScript: what the device has reaches whoever asked first, what
// nobody asks for is kept in order and bounded, and a device that breaks the rules ends the driver.
import { describe, expect, test } from "vitest";
import { readInterface } from "../../../linker/interface/generate.ts";
import { ROOT } from "../services/guest.ts";
import { type Chain, FEATURE_EVENT_INDEX, FEATURE_VERSION_1 } from "./device.ts";
import { type Call, Ended, Machine, WAYS, type Way } from "./machine.ts";

const ALICE = 0x101n,
  BOB = 0x202n;
const E_ARGUMENT = -3n,
  E_FULL = -34n;

class Fixture {
  machine!: Machine;
  /** What the driver sent, by queue. */
  readonly sent: Buffer[] = [];
  /** Sending queues keep their requests. */
  isSlow = false;
  /** By which queue each was sent. */
  readonly sentBy: number[] = [];
  /** A queue of commands, and what the device answers there; undefined: it keeps the command. */
  command: { queue: number; answer: (bytes: Buffer) => number | undefined } | undefined;
  private readonly methods: ReadonlyMap<string, number>;

  constructor(
    private readonly service: string,
    private readonly queuesOut: readonly number[],
  ) {
    this.methods = new Map(readInterface(ROOT, service).methods.map(({ name, number }) => [name, number]));
  }

  async start(
    way: Way,
    identity: number,
    features: bigint,
    configuration: Uint8Array,
    queues = [64, 64],
  ): Promise<this> {
    const serve = (chain: Chain): number | undefined => {
      const parts = chain.parts.map((part) => this.machine.memory.at(part.address, part.length));
      if (chain.queue === this.command?.queue) {
        const answer = this.command.answer(Buffer.from(parts[0] as Uint8Array));
        if (answer !== undefined) parts[1]?.fill(answer);
        return answer === undefined ? undefined : 1;
      }
      if (!this.queuesOut.includes(chain.queue)) return undefined;
      this.sent.push(Buffer.concat(parts));
      this.sentBy.push(chain.queue);
      return this.isSlow ? undefined : 0;
    };
    this.machine = await Machine.start({
      service: this.service,
      way,
      identity,
      features: FEATURE_VERSION_1 | FEATURE_EVENT_INDEX | features,
      configuration,
      queues,
      serve,
      prepare: (made) => {
        this.machine = made;
      },
    });
    return this;
  }

  call(badge: bigint, name: string, ...words: (bigint | number)[]): Call {
    this.machine.buffer(badge);
    return this.machine.call(badge, this.methods.get(name) ?? 0, ...words);
  }

  /** A call with bytes. */
  put(badge: bigint, name: string, bytes: Uint8Array): Call {
    this.machine.buffer(badge).set(bytes);
    return this.call(badge, name, BigInt(bytes.length) << 32n);
  }

  /** The device writes bytes into the next buffer that it was lent (of queue `by`); false: it has none. */
  comes(bytes: Uint8Array, length = bytes.length, by?: number): boolean {
    const chain = this.machine.kept.find(({ queue }) =>
      by === undefined ? !this.queuesOut.includes(queue) : queue === by,
    );
    const part = chain?.parts[0];
    if (chain === undefined || part === undefined) return false;
    this.machine.memory.at(part.address, Math.min(part.length, bytes.length)).set(bytes.subarray(0, part.length));
    this.machine.device.finish(chain, length);
    return true;
  }

  text(badge: bigint, call: Call): string {
    return Buffer.from(this.machine.buffer(badge).subarray(0, Number(call.answer))).toString("latin1");
  }
}

describe.each(WAYS)("%s", (way) => {
  test("frames go out and come in, in order, to whoever asked first", async () => {
    const mac = Uint8Array.from([0x52, 0x54, 0, 0x12, 0x34, 0x56, 1, 0]);
    const net = await new Fixture("virtio-net", [1]).start(way, 1, (1n << 5n) | (1n << 16n), mac);
    expect(net.call(ALICE, "hardware").words.slice(0, 2)).toEqual([0x5634_1200_5452n, 1n]);
    expect(net.put(ALICE, "send", Buffer.alloc(60, "out")).answer).toBe(60n);
    expect(net.sent.map(String)).toEqual([`${"\0".repeat(12)}${Buffer.alloc(60, "out")}`]);
    expect(net.put(ALICE, "send", Buffer.alloc(13)).answer).toBe(E_ARGUMENT);
    expect(net.put(ALICE, "send", Buffer.alloc(1515)).answer).toBe(E_ARGUMENT);
    const waits = [net.call(ALICE, "receive", 4096), net.call(BOB, "receive", 4096)] as const;
    for (const text of ["first frame", "second frame", "third"]) net.comes(Buffer.from("\0".repeat(12) + text));
    expect(net.text(ALICE, waits[0])).toBe("first frame");
    expect(net.text(BOB, waits[1])).toBe("second frame");
    expect(net.text(BOB, net.call(BOB, "receive", 4096))).toBe("third");
    expect(net.call(ALICE, "counters").words.slice(0, 4)).toEqual([1n, 60n, 3n, 28n]);
    net.isSlow = true;
    const answers = Array.from({ length: 65 }, () => net.put(ALICE, "send", Buffer.alloc(60)).answer);
    expect(answers.slice(63)).toEqual([60n, E_FULL]);
    let held = 0;
    while (net.comes(Buffer.alloc(100, held))) held++;
    expect(held).toBe(64);
    expect(net.call(BOB, "receive", 4096).answer).toBe(88n);
    expect(net.comes(Buffer.alloc(100))).toBe(true);
    expect(net.machine.memory.faults).toEqual([]);
  });

  test("a card of several pairs of queues is told how many are used; a client's frames go by one, and come by any", async () => {
    const card = async (pairs: number, answer: () => number | undefined) => {
      const configuration = Uint8Array.from([0, 0, 0, 0, 0, 0, 1, 0, pairs, 0]);
      const queues = Array.from({ length: 2 * pairs + 1 }, () => 64);
      const out = Array.from({ length: pairs }, (_, pair) => 2 * pair + 1);
      const net = new Fixture("virtio-net", out);
      const commands: Buffer[] = [];
      net.command = {
        queue: 2 * pairs,
        answer: (bytes) => {
          commands.push(bytes);
          return answer();
        },
      };
      await net.start(way, 1, (1n << 17n) | (1n << 22n), configuration, queues);
      return {
        net,
        commands: commands.map((bytes) => bytes.toString("hex")),
        used: net.call(ALICE, "hardware").words[2],
      };
    };
    const { net, commands, used } = await card(2, () => 0);
    expect([commands, used]).toEqual([["04000200"], 2n]);
    for (const client of [ALICE, BOB, 0x303n, ALICE]) net.put(client, "send", Buffer.alloc(60, Number(client & 255n)));
    expect(new Set(net.sentBy)).toEqual(new Set([1, 3]));
    expect(net.sentBy[3]).toBe(net.sentBy[0]);
    const waits = [net.call(ALICE, "receive", 4096), net.call(BOB, "receive", 4096)] as const;
    for (const [by, text] of [2, 0, 2].map((by) => [by, `of ${by}`] as const))
      net.comes(Buffer.from("\0".repeat(12) + text), 16, by);
    expect(waits.map((call, at) => net.text(at === 0 ? ALICE : BOB, call))).toEqual(["of 2", "of 0"]);
    expect(net.text(BOB, net.call(BOB, "receive", 4096))).toBe("of 2");
    let held = 0;
    while (net.comes(Buffer.alloc(100))) held++;
    expect(held).toBe(64);
    expect(net.machine.memory.faults).toEqual([]);
    // more than are used here, one, one that does not agree, and one that says nothing
    expect((await card(9, () => 0)).used).toBe(4n);
    expect(await card(1, () => 0)).toMatchObject({ commands: [], used: 1n });
    for (const answer of [1, undefined]) {
      const single = await card(2, () => answer);
      expect([answer, single.commands.length, single.used]).toEqual([answer, 1, 1n]);
      expect(single.net.put(BOB, "send", Buffer.alloc(60)).answer).toBe(60n);
      expect(single.net.sentBy).toEqual([1]);
    }
  });

  test("a console's bytes", async () => {
    const size = Uint8Array.from([80, 0, 25, 0]);
    const port = await new Fixture("virtio-console", [1]).start(way, 3, 1n, size);
    expect(port.call(ALICE, "size").words.slice(0, 2)).toEqual([80n, 25n]);
    const long = Buffer.alloc(2500, "abcdefghij");
    expect(port.put(ALICE, "write", long).answer).toBe(2500n);
    expect(Buffer.concat(port.sent).equals(long)).toBe(true);
    port.comes(Buffer.from("hello world"));
    expect(port.text(ALICE, port.call(ALICE, "read", 5))).toBe("hello");
    const rest = [port.call(ALICE, "read", 100), port.call(BOB, "read", 100)] as const;
    expect(port.text(ALICE, rest[0])).toBe(" world");
    expect(rest[1].answer).toBe(undefined);
    port.comes(Buffer.from("!"));
    expect(port.text(BOB, rest[1])).toBe("!");
  });

  test("random bytes are given once, to each caller his own", async () => {
    const rng = await new Fixture("virtio-rng", []).start(way, 4, 0n, new Uint8Array(0), [8]);
    const calls = [rng.call(ALICE, "fill", 16), rng.call(BOB, "fill", 8192)] as const;
    expect(rng.machine.kept.length).toBe(2);
    const [first] = rng.machine.kept;
    rng.comes(Buffer.alloc(4096, 0x11));
    rng.comes(Buffer.alloc(4096, 0x22));
    expect(rng.text(ALICE, calls[0])).toBe("\x11".repeat(16));
    expect(calls[1].answer).toBe(4096n);
    expect(rng.text(BOB, calls[1])).toBe("\x22".repeat(4096));
    const left = rng.machine.memory.at(first?.parts[0]?.address ?? 0n, 4096);
    expect(left.every((byte) => byte === 0)).toBe(true);
    expect(rng.call(ALICE, "fill", 0).answer).toBe(E_ARGUMENT);
  });

  test("events of an input device", async () => {
    const name = Uint8Array.from([0, 0, 5, 0, 0, 0, 0, 0, ...Buffer.from("mouse")]);
    const input = await new Fixture("virtio-input", [1]).start(way, 18, 0n, name);
    expect(input.text(ALICE, input.call(ALICE, "name"))).toBe("mouse");
    const waits = input.call(ALICE, "events", 4096);
    for (const code of [30, 31, 32]) input.comes(Uint8Array.from([1, 0, code, 0, 1, 0, 0, 0]));
    expect(input.text(ALICE, waits)).toBe("\x01\0\x1e\0\x01\0\0\0");
    const both = input.call(ALICE, "events", 4096);
    expect(both.answer).toBe(16n);
    for (let i = 0; i < 520; i++) expect(input.comes(Uint8Array.from([2, 0, 0, 0, 1, 0, 0, 0]))).toBe(true);
    expect(input.call(ALICE, "lost").answer).toBe(8n);
    expect(input.call(ALICE, "events", 64).answer).toBe(64n);
  });
});

test("a card that says more than it was given ends its driver", async () => {
  const net = await new Fixture("virtio-net", [1]).start("pci", 1, 0n, new Uint8Array(16));
  expect(() => net.comes(Buffer.alloc(100), 2049)).toThrow(Ended);
  expect(net.machine.mastering).toBe(false);
});
