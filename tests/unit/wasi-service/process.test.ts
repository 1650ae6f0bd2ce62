// Everything of the WASI companion that is not a file: arguments, streams, clocks, random numbers, polling, sockets, start-up.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { type PackedDirectory, packTree } from "../../../linker/pack/tree.ts";
import * as methods from "../../../services/wasi/methods.ts";
import { PERSONALITY, personalityFunction } from "../../../services/wasi/personality.ts";
import {
  COMPILE_TIMEOUT_MS,
  Companion,
  type CompanionOptions,
  companionModule,
  Exit,
  packWords,
  ROOT,
} from "./companion.ts";

const E = {
  OK: 0,
  AGAIN: 6,
  BADF: 8,
  FAULT: 21,
  INVAL: 28,
  NOSYS: 52,
  NOTSOCK: 57,
  NOTSUP: 58,
  NOTCAPABLE: 76,
  ISDIR: 31,
} as const;
const RESULT = 0x80;
const TREE: PackedDirectory = {
  kind: "directory",
  children: [{ name: Buffer.from("file"), node: { kind: "file", content: Buffer.from("0123456789") } }],
};

async function companion(options: CompanionOptions = {}): Promise<Companion> {
  return new Companion(await companionModule(), options);
}

function vectors(c: Companion, ...values: number[]): void {
  values.forEach((value, i) => {
    c.view().setUint32(0x200 + i * 4, value, true);
  });
}

let c: Companion;

beforeAll(companionModule, COMPILE_TIMEOUT_MS);

beforeEach(async () => {
  c = await companion();
});

describe("the personality's table", () => {
  it("has all 46 functions of preview 1 and the 45 of wasi_unstable", () => {
    expect(PERSONALITY.filter((entry) => entry.module === "wasi_snapshot_preview1")).toHaveLength(46);
    expect(PERSONALITY.filter((entry) => entry.module === "wasi_unstable")).toHaveLength(45);
  });

  it("gives each method number to one function, and packs none in more than six words", () => {
    const used = new Map<number, string>();
    for (const entry of PERSONALITY) {
      expect(
        packWords(
          entry,
          entry.parameters.map(() => 1),
        ).length,
      ).toBeLessThanOrEqual(6);
      if (entry.gate !== undefined) continue;
      expect(used.get(entry.method) ?? entry.name).toBe(entry.name);
      used.set(entry.method, entry.name);
    }
    // the one that is init's: a program's imports never become it
    expect(used.has(methods.METHOD_PROGRAM_ENDED)).toBe(false);
    expect(new Set(Object.values(methods))).toEqual(new Set([...used.keys(), methods.METHOD_PROGRAM_ENDED]));
  });

  it("packs two i32 into the word of the first", () => {
    const open = personalityFunction("wasi_snapshot_preview1", "path_open");
    if (open === undefined) throw new Error("no path_open");
    expect(packWords(open, [1, 2, 3, 4, 5, 6n, 7n, 8, 9])).toEqual([
      1n | (2n << 32n),
      3n | (4n << 32n),
      5n | (8n << 32n),
      6n,
      7n,
      9n,
    ]);
  });
});

describe("arguments and environment", () => {
  it("hands over strings and pointers", async () => {
    c = await companion({ arguments: ["program", "", "größe"], variables: ["A=1", "EMPTY="] });
    expect(c.call("args_sizes_get", RESULT, RESULT + 4)).toBe(E.OK);
    expect([c.view().getUint32(RESULT, true), c.view().getUint32(RESULT + 4, true)]).toEqual([3, 17]);
    expect(c.call("args_get", 0x400, 0x500)).toBe(E.OK);
    expect(c.program(0x500, 17).toString()).toBe("program\0\0größe\0");
    expect([0, 1, 2].map((i) => c.view().getUint32(0x400 + i * 4, true))).toEqual([0x500, 0x508, 0x509]);
    expect(c.call("environ_sizes_get", RESULT, RESULT + 4)).toBe(E.OK);
    expect([c.view().getUint32(RESULT, true), c.view().getUint32(RESULT + 4, true)]).toEqual([2, 11]);
    expect(c.call("environ_get", 0x400, 0x500)).toBe(E.OK);
    expect(c.program(0x500, 11).toString()).toBe("A=1\0EMPTY=\0");
  });

  it("has none", async () => {
    c = await companion({ arguments: [] });
    expect(c.call("args_sizes_get", RESULT, RESULT + 4)).toBe(E.OK);
    expect([c.view().getUint32(RESULT, true), c.view().getUint32(RESULT + 4, true)]).toEqual([0, 0]);
    expect(c.call("args_get", 65536, 65536)).toBe(E.OK);
  });

  it("answers fault outside memory", () => {
    expect(c.call("args_sizes_get", 65533, 0)).toBe(E.FAULT);
    expect(c.call("args_sizes_get", 0, 0xffff_ffff)).toBe(E.FAULT);
    expect(c.call("args_get", 65533, 0)).toBe(E.FAULT);
    expect(c.call("args_get", 0, 65530)).toBe(E.FAULT);
  });
});

describe("streams", () => {
  it("gathers vectors into one write of the console", () => {
    c.put(0x1000, "Hello, ");
    c.put(0x2000, "world");
    vectors(c, 0x1000, 7, 0, 0, 0x2000, 5);
    expect(c.call("fd_write", 1, 0x200, 3, RESULT)).toBe(E.OK);
    expect(c.view().getUint32(RESULT, true)).toBe(12);
    expect(c.call("fd_write", 2, 0x200, 1, RESULT)).toBe(E.OK);
    expect(c.written.output).toHaveLength(1);
    expect([c.text("output"), c.text("error")]).toEqual(["Hello, world", "Hello, "]);
  });

  it("writes more than the buffer holds, whole and in order", () => {
    const data = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
    c.put(0x1000, data);
    vectors(c, 0x1000, 1, 0x1001, 49_999);
    expect(c.call("fd_write", 1, 0x200, 2, RESULT)).toBe(E.OK);
    expect(c.view().getUint32(RESULT, true)).toBe(50_000);
    expect(Buffer.concat(c.written.output).equals(data)).toBe(true);
    expect(c.written.output.length).toBe(Math.ceil(50_000 / 4096));
  });

  it("writes nothing when one pointer is outside", () => {
    vectors(c, 0x1000, 7, 65530, 7);
    expect(c.call("fd_write", 1, 0x200, 2, RESULT)).toBe(E.FAULT);
    expect(c.call("fd_write", 1, 65532, 1, RESULT)).toBe(E.FAULT);
    expect(c.call("fd_write", 1, 0x200, 0x2000_0000, RESULT)).toBe(E.FAULT);
    expect(c.call("fd_write", 1, 0x200, 0, 65533)).toBe(E.FAULT);
    expect(c.written.output).toHaveLength(0);
  });

  it("reads until the end of input and stays there", async () => {
    c = await companion({ input: Buffer.from("line one\nline two\n") });
    const read = (length: number): string => {
      vectors(c, 0x1000, length);
      expect(c.call("fd_read", 0, 0x200, 1, RESULT)).toBe(E.OK);
      return c.program(0x1000, c.view().getUint32(RESULT, true)).toString();
    };
    expect([read(9), read(0), read(1), read(100), read(100), read(100)]).toEqual([
      "line one\n",
      "",
      "l",
      "ine two\n",
      "",
      "",
    ]);
    expect(c.input).toHaveLength(0);
  });

  it("refuses what a stream cannot do", () => {
    vectors(c, 0x1000, 4);
    expect(c.call("fd_read", 1, 0x200, 1, RESULT)).toBe(E.NOTCAPABLE);
    expect(c.call("fd_write", 0, 0x200, 1, RESULT)).toBe(E.NOTCAPABLE);
    expect(c.call("fd_filestat_set_size", 1, 0n)).toBe(E.INVAL);
    expect(c.call("fd_filestat_set_times", 1, 0n, 0n, 0)).toBe(E.NOTCAPABLE);
    expect(c.call("fd_sync", 1)).toBe(E.OK);
    expect(c.call("fd_fdstat_set_flags", 0, 4)).toBe(E.OK);
    expect(c.call("fd_fdstat_set_flags", 0, 32)).toBe(E.INVAL);
    expect(c.call("fd_fdstat_get", 0, 0x400)).toBe(E.OK);
    expect(c.view().getUint16(0x402, true)).toBe(4);
    expect(c.call("fd_close", 1)).toBe(E.OK);
    expect(c.call("fd_write", 1, 0x200, 1, RESULT)).toBe(E.BADF);
  });

  it("is a character device on a terminal and unknown elsewhere", async () => {
    const type = (fd: number): number => {
      expect(c.call("fd_fdstat_get", fd, 0x400)).toBe(E.OK);
      expect(c.call("fd_filestat_get", fd, 0x500)).toBe(E.OK);
      expect(c.view().getUint8(0x510)).toBe(c.view().getUint8(0x400));
      return c.view().getUint8(0x400);
    };
    expect([type(0), type(1), type(2)]).toEqual([0, 0, 0]);
    c = await companion({ terminal: 5 });
    expect([type(0), type(1), type(2)]).toEqual([2, 0, 2]);
  });
});

describe("clocks", () => {
  it("tells monotonic, CPU and wall time", async () => {
    c = await companion({ realtime: 1_700_000_000_000_000_000n });
    const time = (clock: number): bigint => {
      expect(c.call("clock_time_get", clock, 0n, RESULT)).toBe(E.OK);
      return c.view().getBigUint64(RESULT, true);
    };
    const before = time(1);
    expect(time(1)).toBeGreaterThan(before);
    expect(time(0) - 1_700_000_000_000_000_000n).toBe(c.now);
    const used = time(2);
    expect(time(3)).toBeGreaterThan(used);
  });

  it("says notsup without a wall clock, inval for an unknown one", () => {
    expect(c.call("clock_time_get", 0, 0n, RESULT)).toBe(E.NOTSUP);
    expect(c.call("clock_time_get", 4, 0n, RESULT)).toBe(E.INVAL);
    expect(c.call("clock_res_get", 4, RESULT)).toBe(E.INVAL);
    expect(c.call("clock_time_get", 1, 0n, 65529)).toBe(E.FAULT);
    for (const clock of [0, 1, 2, 3]) {
      expect(c.call("clock_res_get", clock, RESULT)).toBe(E.OK);
      expect(c.view().getBigUint64(RESULT, true)).toBeGreaterThan(0n);
    }
  });
});

describe("random numbers", () => {
  const draw = (from: Companion, length: number): string => {
    expect(from.call("random_get", 0x1000, length)).toBe(E.OK);
    return from.program(0x1000, length).toString("hex");
  };

  it("differ by seed and by call, and repeat with the seed", async () => {
    const same = await companion();
    const other = await companion({ seed: [1n, 2n, 3n, 5n] });
    const first = draw(c, 100);
    expect(draw(same, 100)).toBe(first);
    expect(draw(other, 100)).not.toBe(first);
    expect(draw(c, 100)).not.toBe(first);
  });

  it("fills exactly what was asked for", () => {
    c.put(0x1000, Buffer.alloc(300));
    expect(draw(c, 65)).toHaveLength(130);
    expect(c.program(0x1000 + 65, 100).every((byte) => byte === 0)).toBe(true);
    expect(c.call("random_get", 0x1000, 0)).toBe(E.OK);
    expect(c.call("random_get", 65530, 7)).toBe(E.FAULT);
    const counts = new Array<number>(256).fill(0);
    expect(c.call("random_get", 0x1000, 32768)).toBe(E.OK);
    for (const byte of c.program(0x1000, 32768)) counts[byte] = (counts[byte] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(70);
    expect(Math.max(...counts)).toBeLessThan(190);
  });

  it(
    "computes the block of RFC 8439, section 2.3.2",
    async () => {
      const { wasm } = await compileAssemblyScript({
        root: ROOT,
        entry: "services/wasi/chacha20.ts",
        architecture: "x86_64",
        runtime: "stub",
        memoryBase: 64,
        simd: true,
      });
      const exports = new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>), {}).exports as {
        memory: WebAssembly.Memory;
        chacha20_set(key: number, counter: number, nonce: number): void;
        chacha20_block(output: number): void;
      };
      const bytes = new Uint8Array(exports.memory.buffer);
      const at = 0x8000;
      bytes.set(
        Uint8Array.from({ length: 32 }, (_, i) => i),
        at,
      );
      bytes.set(Buffer.from("000000090000004a00000000", "hex"), at + 32);
      exports.chacha20_set(at, 1, at + 32);
      exports.chacha20_block(at + 64);
      expect(Buffer.from(bytes.subarray(at + 64, at + 128)).toString("hex")).toBe(
        "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
      );
    },
    COMPILE_TIMEOUT_MS,
  );
});

describe("poll_oneoff", () => {
  const SUBSCRIPTIONS = 0x400;
  const EVENTS = 0x800;
  interface Subscription {
    userdata: bigint;
    clock?: number;
    timeout?: bigint;
    absolute?: boolean;
    read?: number;
    write?: number;
  }

  function subscribe(list: Subscription[], size = 48): void {
    const v = c.view();
    list.forEach((s, i) => {
      const at = SUBSCRIPTIONS + i * size;
      c.put(at, Buffer.alloc(size));
      v.setBigUint64(at, s.userdata, true);
      if (s.clock !== undefined) {
        const clock = at + 16 + size - 48;
        v.setUint32(clock, s.clock, true);
        v.setBigUint64(clock + 8, s.timeout ?? 0n, true);
        v.setUint16(clock + 24, s.absolute ? 1 : 0, true);
      } else {
        v.setUint8(at + 8, s.read !== undefined ? 1 : 2);
        v.setUint32(at + 16, s.read ?? s.write ?? 0, true);
      }
    });
  }

  function events(): { userdata: bigint; errno: number; type: number; bytes: bigint }[] {
    const v = c.view();
    return Array.from({ length: v.getUint32(RESULT, true) }, (_, i) => {
      const at = EVENTS + i * 32;
      return {
        userdata: v.getBigUint64(at, true),
        errno: v.getUint16(at + 8, true),
        type: v.getUint8(at + 10),
        bytes: v.getBigUint64(at + 16, true),
      };
    });
  }

  function poll(...list: Subscription[]): ReturnType<typeof events> {
    subscribe(list);
    expect(c.call("poll_oneoff", SUBSCRIPTIONS, EVENTS, list.length, RESULT)).toBe(E.OK);
    return events();
  }

  it("sleeps until the earliest of several clocks", () => {
    const before = c.now;
    expect(
      poll(
        { userdata: 1n, clock: 1, timeout: 5_000_000n },
        { userdata: 2n, clock: 1, timeout: 3_000_000n },
        { userdata: 3n, clock: 1, timeout: 3_000_000n },
      ),
    ).toEqual([
      { userdata: 2n, errno: 0, type: 0, bytes: 0n },
      { userdata: 3n, errno: 0, type: 0, bytes: 0n },
    ]);
    expect(c.slept).toEqual([before + 1000n + 3_000_000n]);
  });

  it("knows absolute times of both clocks, past ones at once", async () => {
    c = await companion({ realtime: 1_700_000_000_000_000_000n });
    expect(poll({ userdata: 1n, clock: 1, timeout: c.now + 9_000_000n, absolute: true })).toHaveLength(1);
    expect(
      poll({ userdata: 1n, clock: 0, timeout: 1_700_000_000_000_000_000n + c.now + 7_000_000n, absolute: true }),
    ).toHaveLength(1);
    expect(c.slept).toHaveLength(2);
    expect(
      poll(
        { userdata: 1n, clock: 0, timeout: 5n, absolute: true },
        { userdata: 2n, clock: 1, timeout: 1n, absolute: true },
      ),
    ).toHaveLength(2);
    expect(poll({ userdata: 1n, clock: 1, timeout: 0n })).toHaveLength(1);
    expect(c.slept).toHaveLength(2);
  });

  it("reports output as ready and input with its bytes", async () => {
    c = await companion({ input: Buffer.from("abc") });
    const ready = poll(
      { userdata: 1n, read: 0 },
      { userdata: 2n, write: 1 },
      { userdata: 3n, clock: 1, timeout: 1_000_000_000n },
    );
    expect(ready.map((event) => [event.userdata, event.errno, event.type])).toEqual([
      [1n, 0, 1],
      [2n, 0, 2],
    ]);
    expect(ready[0]?.bytes).toBe(3n);
  });

  it("waits for input alone", () => {
    expect(poll({ userdata: 9n, read: 0 })).toEqual([{ userdata: 9n, errno: 0, type: 1, bytes: 1n }]);
  });

  it("gives an event for each subscription that cannot work", () => {
    expect(
      poll(
        { userdata: 1n, read: 77 },
        { userdata: 2n, clock: 2, timeout: 1n },
        { userdata: 3n, read: 1 },
        { userdata: 4n, write: 0 },
        { userdata: 5n, clock: 0, absolute: true, timeout: 1n },
      ).map((event) => event.errno),
    ).toEqual([E.BADF, E.INVAL, E.BADF, E.BADF, E.NOTSUP]);
  });

  it("refuses nothing to wait for, unknown kinds and bad pointers", () => {
    expect(c.call("poll_oneoff", SUBSCRIPTIONS, EVENTS, 0, RESULT)).toBe(E.INVAL);
    subscribe([{ userdata: 1n, clock: 1 }]);
    c.view().setUint8(SUBSCRIPTIONS + 8, 3);
    expect(c.call("poll_oneoff", SUBSCRIPTIONS, EVENTS, 1, RESULT)).toBe(E.INVAL);
    expect(c.call("poll_oneoff", 65500, EVENTS, 1, RESULT)).toBe(E.FAULT);
    expect(c.call("poll_oneoff", SUBSCRIPTIONS, 65510, 1, RESULT)).toBe(E.FAULT);
    expect(c.call("poll_oneoff", SUBSCRIPTIONS, EVENTS, 0x1000_0000, RESULT)).toBe(E.FAULT);
  });

  it("tells what is left of a file", async () => {
    c = await companion({ directories: ["."], trees: [packTree(TREE)] });
    const length = c.put(0x100, "file");
    expect(c.call("path_open", 3, 0, 0x100, length, 0, (1n << 27n) | 2n, 0n, 0, RESULT)).toBe(E.OK);
    vectors(c, 0x1000, 4);
    expect(c.call("fd_read", 4, 0x200, 1, RESULT)).toBe(E.OK);
    expect(poll({ userdata: 1n, read: 4 })[0]?.bytes).toBe(6n);
  });

  it("reads the larger subscriptions of wasi_unstable", () => {
    subscribe(
      [
        { userdata: 1n, read: 77 },
        { userdata: 2n, clock: 1, timeout: 4_000_000n },
      ],
      56,
    );
    expect(c.unstable("poll_oneoff", SUBSCRIPTIONS, EVENTS, 2, RESULT)).toBe(E.OK);
    expect(events().map((event) => event.userdata)).toEqual([1n]);
    subscribe([{ userdata: 2n, clock: 1, timeout: 4_000_000n }], 56);
    const before = c.now;
    expect(c.unstable("poll_oneoff", SUBSCRIPTIONS, EVENTS, 1, RESULT)).toBe(E.OK);
    expect(c.slept).toEqual([before + 1000n + 4_000_000n]);
  });
});

describe("sockets and signals", () => {
  it("has no sockets: badf first, then notsock", () => {
    for (const [name, ...rest] of [
      ["sock_recv", 0, 0, 0, RESULT, RESULT],
      ["sock_send", 0, 0, 0, RESULT],
      ["sock_shutdown", 1],
      ["sock_accept", 0, RESULT],
    ] as const) {
      expect([name, c.call(name, 1, ...rest)]).toEqual([name, E.NOTSOCK]);
      expect([name, c.call(name, 55, ...rest)]).toEqual([name, E.BADF]);
    }
  });

  it("ends the program by a fatal signal alone", () => {
    for (const signal of [0, 16, 17, 22, 27]) expect(c.raw(methods.METHOD_PROC_RAISE, BigInt(signal))).toBe(0n);
    for (const signal of [1, 6, 9, 15, 30]) expect(c.raw(methods.METHOD_PROC_RAISE, BigInt(signal))).toBe(-16n);
    expect(c.raw(methods.METHOD_PROC_RAISE, 31n)).toBe(28n);
  });

  it("answers nosys to an unknown method", () => {
    for (const method of [0n, 50n, 0xffff_0001n, 0xffff_ffff_ffff_ffffn]) expect(c.raw(method)).toBe(BigInt(E.NOSYS));
  });
});

describe("start-up", () => {
  it.each([
    ["console", 1],
    ["program", 2],
    ["launch", 3],
    ["seed", 5],
    ["directory", 4],
  ] as const)("exits when the %s is missing", async (without, status) => {
    await expect(companion({ without, directories: ["/"], trees: [packTree(TREE)] })).rejects.toEqual(new Exit(status));
  });

  it("refuses a damaged directory, whichever byte is wrong", async () => {
    const tree = packTree(TREE);
    for (let at = 0; at < 96; at++) {
      const damaged = Uint8Array.from(tree);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      if (at >= 28 && at < 32) continue;
      await expect(companion({ directories: ["/"], trees: [damaged] }), `byte ${at}`).rejects.toEqual(new Exit(4));
    }
    await expect(companion({ directories: ["/"], trees: [tree.subarray(0, 90)] })).rejects.toEqual(new Exit(4));
  });
});
