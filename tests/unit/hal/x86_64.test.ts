// What the x86_64 hal makes of loaders and machines: good information, every kind of bad information, absent parts, clocks.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileHal, Pc } from "./x86_64.ts";

beforeAll(compileHal, COMPILE_MS);

const PVH = 1n;
const MULTIBOOT2 = 2n;
const INFO = 0x1000;
const MEMORY: [bigint, bigint, number][] = [
  [0n, 0x9_fc00n, 1],
  [0xf_0000n, 0x1_0000n, 2],
  [0x10_0000n, 0x3f0_0000n, 1],
  [0x1_0000_0000n, 0x1_0000_0123n, 1],
];

function pvh(pc: Pc): bigint {
  const { memory } = pc;
  memory.setUint32(INFO, 0x336e_c578, true);
  memory.setUint32(INFO + 4, 1, true);
  memory.setUint32(INFO + 12, 1, true);
  memory.setBigUint64(INFO + 16, 0x2000n, true);
  memory.setBigUint64(INFO + 24, 0x3000n, true);
  memory.setBigUint64(INFO + 40, 0x4000n, true);
  memory.setUint32(INFO + 48, MEMORY.length, true);
  memory.setBigUint64(0x2000, 0x50_0000n, true);
  memory.setBigUint64(0x2008, 0x6789n, true);
  for (const [i, letter] of [..."console=tty"].entries()) memory.setUint8(0x3000 + i, letter.charCodeAt(0));
  MEMORY.forEach(([base, length, type], i) => {
    memory.setBigUint64(0x4000 + 24 * i, base, true);
    memory.setBigUint64(0x4008 + 24 * i, length, true);
    memory.setUint32(0x4010 + 24 * i, type, true);
  });
  return BigInt(INFO);
}

/** Returns the size of the information. */
function multiboot2(pc: Pc): number {
  const { memory } = pc;
  let at = INFO + 8;
  const tag = (type: number, size: number, fill: (place: number) => void): void => {
    memory.setUint32(at, type, true);
    memory.setUint32(at + 4, size, true);
    fill(at);
    at += (size + 7) & ~7;
  };
  tag(1, 13, (place) => {
    for (const [i, letter] of [..."quiet"].entries()) memory.setUint8(place + 8 + i, letter.charCodeAt(0));
  });
  tag(3, 20, (place) => {
    memory.setUint32(place + 8, 0x50_0000, true);
    memory.setUint32(place + 12, 0x50_6789, true);
  });
  tag(6, 16 + 24 * MEMORY.length, (place) => {
    memory.setUint32(place + 8, 24, true);
    MEMORY.forEach(([base, length, type], i) => {
      memory.setBigUint64(place + 16 + 24 * i, base, true);
      memory.setBigUint64(place + 24 + 24 * i, length, true);
      memory.setUint32(place + 32 + 24 * i, type, true);
    });
  });
  tag(8, 38, (place) => {
    memory.setBigUint64(place + 8, 0xfd00_0000n, true);
    memory.setUint32(place + 16, 4096, true);
    memory.setUint32(place + 20, 1024, true);
    memory.setUint32(place + 24, 768, true);
    memory.setUint8(place + 28, 32);
    memory.setUint8(place + 29, 1);
  });
  tag(0, 8, () => undefined);
  memory.setUint32(INFO, at - INFO, true);
  return at - INFO;
}

const USABLE: [bigint, bigint][] = [
  [0x1_0000n, 0x8_f000n],
  [0x10_0000n, 0x3f0_0000n],
  [0x1_0000_0000n, 0x1_0000_0000n],
];

describe("loaders", () => {
  it("PVH: memory in whole pages above the first 64 KiB, archive", async () => {
    const pc = await Pc.make();
    expect(pc.call("boot_parse", PVH, pvh(pc))).toBe(0n);
    expect(pc.ranges("memory_range")).toEqual(USABLE);
    expect(pc.call("archive_base")).toBe(0x50_0000n);
    expect(pc.call("archive_length")).toBe(0x6789n);
    expect(pc.ranges("reserved_range")).toContainEqual([0x20_0000n, 0x8_0000n]);
    expect(pc.ranges("reserved_range")).toContainEqual([0x50_0000n, 0x6789n]);
  });

  it("multiboot2: the same, and a framebuffer", async () => {
    const pc = await Pc.make();
    const size = multiboot2(pc);
    expect(pc.call("boot_parse", MULTIBOOT2, BigInt(INFO))).toBe(0n);
    expect(pc.ranges("memory_range")).toEqual(USABLE);
    expect(pc.call("archive_length")).toBe(0x6789n);
    expect(pc.ranges("reserved_range")).toContainEqual([BigInt(INFO), BigInt(size)]);
    expect([
      pc.call("framebuffer_base"),
      pc.call("framebuffer_width"),
      pc.call("framebuffer_stride"),
      pc.call("framebuffer_bits"),
    ]).toEqual([0xfd00_0000n, 1024n, 4096n, 32n]);
  });

  it("refuse what is neither, and a map without memory", async () => {
    const pc = await Pc.make();
    pvh(pc);
    expect(pc.call("boot_parse", 3n, BigInt(INFO))).toBe(1n);
    expect(pc.call("boot_parse", PVH, 0n)).toBe(1n);
    pc.memory.setUint32(INFO + 48, 0, true);
    expect(pc.call("boot_parse", PVH, BigInt(INFO))).toBe(2n);
    pc.memory.setUint32(INFO, 0, true);
    expect(pc.call("boot_parse", PVH, BigInt(INFO))).toBe(1n);
  });

  it("multiboot2 cut off anywhere is refused, or is without what was cut off; it never reads outside", async () => {
    const pc = await Pc.make();
    const size = multiboot2(pc);
    for (let cut = 0; cut < size; cut++) {
      const other = await Pc.make(INFO + size);
      new Uint8Array(other.memory.buffer).set(new Uint8Array(pc.memory.buffer, 0, INFO + size));
      other.memory.setUint32(INFO, cut, true);
      expect(other.call("boot_parse", MULTIBOOT2, BigInt(INFO))).toBe(1n);
    }
  });

  it("multiboot2 with any bytes changed ends in an answer, and in ranges that make sense", async () => {
    const change = fc.array(fc.tuple(fc.nat(0xfff), fc.nat(0xff)), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const pc = await Pc.make(0x12_0000);
        const size = multiboot2(pc);
        for (const [at, byte] of changes) pc.memory.setUint8(INFO + 4 + (at % (size - 4)), byte);
        const answer = pc.call("boot_parse", MULTIBOOT2, BigInt(INFO));
        expect([0n, 1n, 2n]).toContain(answer);
        for (const [base, length] of pc.ranges("memory_range")) {
          expect(base % 4096n).toBe(0n);
          expect(length % 4096n).toBe(0n);
          expect(base >= 0x1_0000n && length > 0n && base + length < 1n << 64n).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("more ranges than there is room for lose the rest, not the machine", async () => {
    const pc = await Pc.make();
    pvh(pc);
    for (let i = 0; i < 300; i++) {
      pc.memory.setBigUint64(0x4000 + 24 * i, 0x100_0000n + BigInt(i) * 0x10_0000n, true);
      pc.memory.setBigUint64(0x4008 + 24 * i, 0x8_0000n, true);
      pc.memory.setUint32(0x4010 + 24 * i, 1, true);
    }
    pc.memory.setUint32(INFO + 48, 300, true);
    expect(pc.call("boot_parse", PVH, BigInt(INFO))).toBe(0n);
    expect(pc.ranges("memory_range")).toHaveLength(64);
  });
});

describe("machines", () => {
  it("name the serial port and the clock that they have", async () => {
    for (const [uart, clock] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const pc = await Pc.make(1 << 20, { uart, clock });
      expect(pc.call("boot_parse", PVH, pvh(pc))).toBe(0n);
      const kinds = Array.from({ length: Number(pc.call("device_count")) }, (_, i) => pc.call("device_kind", i));
      expect(kinds).toEqual([...(uart ? [1n] : []), ...(clock ? [2n] : []), 7n]);
    }
  });

  it("name a keyboard's controller by its two ports alone: what lies between them is the kernel's", async () => {
    const pc = await Pc.make(1 << 20, { keyboard: true });
    expect(pc.call("boot_parse", PVH, pvh(pc))).toBe(0n);
    const names = ["device_kind", "device_base", "device_bytes", "device_irq"];
    const told = Array.from({ length: Number(pc.call("device_count")) }, (_, i) =>
      names.map((name) => pc.call(name, i)),
    );
    expect(told.filter(([kind]) => kind === 8n || kind === 9n)).toEqual([
      [8n, 0x60n, 1n, 1n],
      [9n, 0x64n, 1n, 0xffff_ffffn], // no line
    ]);
  });

  it("without an interrupt controller or an interval timer are refused", async () => {
    const first = await Pc.make(1 << 20, { ioApic: false });
    expect(first.call("boot_parse", PVH, pvh(first))).toBe(3n);
    const second = await Pc.make(1 << 20, { intervalTimer: false });
    expect(second.call("boot_parse", PVH, pvh(second))).toBe(4n);
  });

  it("give four different words of seed, and others at another time", async () => {
    const seeds = new Set<bigint>();
    for (let start = 0; start < 4; start++) {
      const pc = await Pc.make();
      pc.now_ns = start * 1000;
      pc.call("boot_parse", PVH, pvh(pc));
      for (let i = 0; i < 4; i++) seeds.add(pc.call("boot_seed", i));
    }
    expect(seeds.size).toBe(16);
  });
});

describe("clocks", () => {
  it.each([600_000_000, 1_000_000_000, 2_100_000_000, 5_300_000_000])(
    "a counter of %d Hz tells the time within half a per cent",
    async (counterHz) => {
      const pc = await Pc.make(1 << 20, { counterHz });
      pc.call("timer_start");
      const first = Number(pc.call("now_ns"));
      const began = pc.now_ns;
      for (const wait_ns of [1e6, 1e9, 3.6e12, 8.64e13]) {
        pc.now_ns = began + wait_ns;
        const told = Number(pc.call("now_ns")) - first;
        expect(Math.abs(told - wait_ns) / wait_ns).toBeLessThan(0.005);
      }
    },
  );

  it("the timer is armed for what is left, at least one tick, at most two seconds", async () => {
    const pc = await Pc.make();
    pc.call("timer_start");
    const arm = (delay: bigint): number => {
      pc.call("timer_arm", pc.call("now_ns") + delay);
      return pc.timerCount;
    };
    expect(arm(1_000_000n)).toBeGreaterThan(990_000);
    expect(arm(1_000_000n)).toBeLessThan(1_010_000);
    expect(arm(0n)).toBe(1);
    expect(arm(3_600_000_000_000n)).toBeLessThan(2_020_000_000);
    expect(arm(3_600_000_000_000n)).toBeGreaterThan(1_980_000_000);
    pc.call("timer_arm", 0xffff_ffff_ffff_ffffn);
    expect(pc.timerCount).toBe(0);
  });
});

describe("interrupt lines", () => {
  it("start masked; unmasking one leaves the others alone; vectors and lines match", async () => {
    const pc = await Pc.make();
    pc.call("interrupts_start");
    const count = Number(pc.call("irq_count"));
    expect(count).toBe(24);
    const masked = 1 << 16;
    for (let line = 0; line < count; line++) expect((pc.lines.get(0x10 + 2 * line) as number) & masked).toBe(masked);
    pc.call("irq_unmask", 4);
    const vectors = new Set<number>();
    for (let line = 0; line < count; line++) {
      const entry = pc.lines.get(0x10 + 2 * line) as number;
      expect((entry & masked) === 0).toBe(line === 4);
      vectors.add(entry & 0xff);
      expect(pc.call("vector_irq", entry & 0xff)).toBe(BigInt(line));
    }
    expect(vectors.size).toBe(count);
    pc.call("irq_mask", 4);
    expect((pc.lines.get(0x18) as number) & masked).toBe(masked);
    expect(Number(BigInt.asIntN(32, pc.call("vector_irq", 96)))).toBe(-1);
    expect(Number(BigInt.asIntN(32, pc.call("vector_irq", 127)))).toBe(-2);
  });

  it("are followed by messages, each with a vector of its own, below all that must not wait for them", async () => {
    const pc = await Pc.make();
    pc.call("interrupts_start");
    const [first, count] = [Number(pc.call("message_first")), Number(pc.call("message_count"))];
    for (let line = first; line < first + count; line++) {
      const vector = Number(pc.call("message_data", line));
      expect(vector).toBeGreaterThanOrEqual(32);
      expect(vector).toBeLessThan(96);
      expect(pc.call("vector_irq", vector)).toBe(BigInt(line));
      expect(pc.call("message_address", line)).toBe(0xfee0_0000n);
      pc.call("irq_mask", line);
      pc.call("irq_unmask", line);
    }
    expect([...pc.lines.keys()].every((register) => register < 0x10 + 2 * 24)).toBe(true);
  });
});

describe("page-table entries", () => {
  it("come back as what they were made of, and are never writable and executable by accident", async () => {
    const pc = await Pc.make();
    await fc.assert(
      fc.asyncProperty(fc.bigInt(0n, (1n << 40n) - 1n), fc.integer({ min: 0, max: 63 }), async (frame, flags) => {
        const wanted = flags | 1; // readable, always
        const entry = pc.call("entry_leaf", frame << 12n, wanted, 0);
        expect(pc.call("entry_address", entry)).toBe(frame << 12n);
        expect(pc.call("entry_flags", entry)).toBe(BigInt(wanted));
        expect(pc.call("entry_present", entry)).toBe(1n);
        const executable = entry >> 63n === 0n;
        expect(executable).toBe((wanted & 4) !== 0);
        // a table lets the leaf decide; a shared one keeps user code out
        expect(pc.call("entry_table", frame << 12n) & 7n).toBe(7n);
        expect(pc.call("entry_share", frame << 12n) & 7n).toBe(3n);
      }),
    );
  });
});
