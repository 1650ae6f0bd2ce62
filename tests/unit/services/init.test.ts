// init against a mock kernel: what services are handed, in which order, and what happens when they end.
import { beforeAll, describe, expect, test } from "vitest";
import runImage from "../../../images/run.ts";
import shellImage from "../../../images/shell.ts";
import { encodeManifest, fnv1a } from "../../../linker/image/encode.ts";
import type { Image } from "../../../linker/image/schema.ts";
import { generateInterfaces, readInterface } from "../../../linker/interface/generate.ts";
import type { ArchiveEntry } from "./archive.ts";
import { guestModule, ROOT } from "./guest.ts";
import { type Domain, E_BUDGET, MockKernel, type StartupEntry } from "./mock.ts";

const COMPILE_TIMEOUT_MS = 120_000;
beforeAll(() => guestModule("services/init/index.ts").then(() => undefined), COMPILE_TIMEOUT_MS);

generateInterfaces(ROOT);
const METHODS = new Map(readInterface(ROOT, "init").methods.map((method) => [method.name, BigInt(method.number)]));
const CONSOLE = new Map(readInterface(ROOT, "console").methods.map((method) => [method.name, BigInt(method.number)]));
const TRAPPED = 5;
const EXITED = 4;
const MILLISECOND = 1_000_000n;

function method(name: string): bigint {
  const number = METHODS.get(name);
  if (number === undefined) throw new Error(`init has no method ${name}`);
  return number;
}

function hash(name: string): number {
  return fnv1a(new TextEncoder().encode(name));
}

interface Booted {
  readonly kernel: MockKernel;
  /** Everything init wrote, stream by stream. */
  readonly said: string[];
  readonly calls: { method: bigint; words: bigint[]; badge: bigint }[];
}

function archiveOf(image: Image, parameters: string, extra: readonly ArchiveEntry[] = []): ArchiveEntry[] {
  const modules = ["init", "console", "clock", "bus", "shell", "wasi"].map(
    (name): ArchiveEntry => ({ name, kind: "module", trusted: true }),
  );
  return [
    ...modules,
    { name: "hello", kind: "module" },
    { name: "manifest", kind: "manifest", content: encodeManifest(image) },
    { name: "parameters", kind: "parameters", content: new TextEncoder().encode(parameters) },
    ...extra,
  ];
}

async function boot(
  image: Image,
  parameters = "",
  change: (kernel: MockKernel) => void = () => {},
  entries?: ArchiveEntry[],
): Promise<Booted> {
  const kernel = new MockKernel(entries ?? archiveOf(image, parameters));
  const said: string[] = [];
  const calls: Booted["calls"] = [];
  kernel.handlers.set("console", (badge, number, words) => {
    calls.push({ method: number, words, badge });
    if (number !== CONSOLE.get("write")) return 0n;
    const span = words[1] ?? 0n;
    const text = new TextDecoder().decode(kernel.bytes(0x8008_0000 + Number(span & 0xffff_ffffn), Number(span >> 32n)));
    said.push(text);
    return span >> 32n;
  });
  change(kernel);
  await kernel.run(await guestModule("services/init/index.ts"));
  return { kernel, said, calls };
}

function entry(page: readonly StartupEntry[], name: string): StartupEntry {
  const found = page.find((candidate) => candidate.name === hash(name));
  if (found === undefined) throw new Error(`the start-up page has no ${name}`);
  return found;
}

/** The shell's badge for init, and a way to pass bytes: its buffer with init lies in slot 0. */
function shell(kernel: MockKernel): { badge: bigint; put(text: string, at?: number): bigint } {
  const granted = entry(kernel.page(kernel.newest("shell")), "init");
  const badge = kernel.capabilities.get(granted.handle)?.badge ?? 0n;
  const buffer = 0x8010_0000 + Number(badge & 0xffn) * 0x1_0000;
  return {
    badge,
    put(text, at = 0) {
      const bytes = new TextEncoder().encode(text);
      kernel.bytes(buffer + at, bytes.length).set(bytes);
      return BigInt(at) | (BigInt(bytes.length) << 32n);
    },
  };
}

function names(domains: readonly Domain[]): string[] {
  return domains.map((domain) => domain.module);
}

describe("starting an image", () => {
  test("starts what the image lists, servers before their clients, companions not at all", async () => {
    const { kernel } = await boot(shellImage);
    expect(names(kernel.domains)).toEqual(["init", "console", "clock", "bus", "shell"]);
    expect(kernel.domains.slice(1).every((domain) => domain.state === 2)).toBe(true);
    expect(kernel.newest("console").priority).toBe(40);
  });

  test("says which threads its scheduler does not take", async () => {
    const idler = { module: "clock", share: { weight: 1 }, calls: { console: {} } } as const;
    const image = { ...shellImage, scheduler: "fair", services: { ...shellImage.services, idler } };
    const entries = archiveOf(image, "", [{ name: "scheduler", kind: "module", trusted: true }]);
    const attach = async (answer: bigint): Promise<string> => {
      const { said } = await boot(image, "", (kernel) => Object.assign(kernel, { attachAnswer: answer }), entries);
      return said.join("");
    };
    expect(await attach(E_BUDGET)).toContain("no scheduler decides about idler: ");
    expect(await attach(0n)).not.toContain("no scheduler decides");
  });

  test("hands a service its own grants and nothing else", async () => {
    const { kernel } = await boot(shellImage, "console=mux\n");
    const page = kernel.page(kernel.newest("console"));
    const uart = kernel.capabilities.get(entry(page, "uart").handle);
    expect(uart?.object.type).toBe("device");
    expect(uart?.owner).toBe(kernel.newest("console"));
    expect(kernel.capabilities.get(entry(page, "uart.irq").handle)?.object.type).toBe("irq");
    expect(kernel.capabilities.get(entry(page, "system").handle)?.rights).toBe(4n);
    const shellTypes = kernel.holdings(kernel.newest("shell")).map((capability) => capability.object.type);
    expect(shellTypes.sort()).toEqual(["domain", "endpoint", "endpoint", "endpoint", "endpoint", "system"]);
    const self = kernel.holdings(kernel.newest("shell")).find((capability) => capability.object.type === "domain");
    expect(self?.object).toBe(kernel.newest("shell"));
    expect(self?.rights).toBe(32n);
  });

  test("a call is a badged endpoint, and one region appears in both windows", async () => {
    const { kernel } = await boot(shellImage);
    const client = entry(kernel.page(kernel.newest("shell")), "console");
    const capability = kernel.capabilities.get(client.handle);
    expect(capability?.rights).toBe(1n);
    expect((capability?.badge ?? 0n) >> 56n).toBe(1n);
    const known = kernel.page(kernel.newest("console")).filter((candidate) => candidate.name === hash("client"));
    const server = known.find((candidate) => candidate.a === capability?.badge);
    expect(server?.b).toBe(client.b);
    const region = kernel.capabilities.get(server?.handle ?? 0n);
    expect(region?.badge).toBe(capability?.badge);
    expect(kernel.newest("shell").mappings.get(client.a)?.region).toBe(region?.object);
    expect(new Set(known.map((candidate) => candidate.a & 0xffn)).size).toBe(known.length);
  });

  test("the parameters appear read-only", async () => {
    const { kernel } = await boot(shellImage, "exec=ps\n");
    const parameters = entry(kernel.page(kernel.newest("shell")), "parameters");
    expect(parameters.b).toBe(8n);
    expect(kernel.newest("shell").mappings.get(parameters.a)?.rights).toBe(1n);
  });

  test("a missing module that the image does not require is said, and the rest runs", async () => {
    const entries = archiveOf(shellImage, "").filter((candidate) => candidate.name !== "clock");
    const { kernel, said } = await boot(shellImage, "", undefined, entries);
    expect(said.join("")).toContain("cannot start clock: caller: there is nothing of that name");
    expect(names(kernel.domains)).toContain("shell");
  });

  test("a required service that never starts ends the machine with status 103", async () => {
    const entries = archiveOf(shellImage, "").filter((candidate) => candidate.name !== "shell");
    const { kernel, said } = await boot(shellImage, "", undefined, entries);
    for (let i = 0; i < 10 && kernel.power === undefined; i++) kernel.advance(6000n * MILLISECOND);
    expect(said.join("")).toContain("shell is given up after 5 restarts");
    expect(kernel.power).toBe(103n);
  });

  test.each([
    ["no manifest", (entries: ArchiveEntry[]) => entries.filter((candidate) => candidate.kind !== "manifest")],
    [
      "a damaged manifest",
      (entries: ArchiveEntry[]) =>
        entries.map((candidate) =>
          candidate.kind === "manifest"
            ? { ...candidate, content: candidate.content?.map((byte, i) => (i === 50 ? byte ^ 1 : byte)) }
            : candidate,
        ),
    ],
  ])("%s ends the machine with status 104", async (_what, change) => {
    const { kernel } = await boot(shellImage, "", undefined, change(archiveOf(shellImage, "")) as ArchiveEntry[]);
    expect(kernel.power).toBe(104n);
  });
});

describe("supervision", () => {
  test("a service that traps is reported, starts again after 100 ms, and its clients' endpoint and buffer stay", async () => {
    const { kernel, said } = await boot(shellImage);
    const client = kernel.capabilities.get(entry(kernel.page(kernel.newest("shell")), "clock").handle);
    const first = kernel.newest("clock");
    const region = kernel.page(first).find((candidate) => candidate.name === hash("client"));
    const object = kernel.capabilities.get(region?.handle ?? 0n)?.object;
    kernel.end(first, TRAPPED, 1);
    expect(said.join("")).toContain("clock: trap: memory access out of bounds");
    expect(first.state).toBe(0);
    kernel.advance(99n * MILLISECOND);
    expect(() => kernel.newest("clock")).toThrow();
    kernel.advance(1n * MILLISECOND);
    const second = kernel.newest("clock");
    expect(second.state).toBe(2);
    expect(client?.object).toMatchObject({ type: "endpoint", server: second });
    const again = kernel.page(second).find((candidate) => candidate.name === hash("client"));
    expect(kernel.capabilities.get(again?.handle ?? 0n)?.object).toBe(object);
    expect(again?.a).toBe(region?.a);
  });

  test("the pause doubles, and after five failures in a minute a service is given up", async () => {
    const { kernel, said } = await boot(shellImage);
    const pauses: string[] = [];
    for (let i = 0; i < 6; i++) {
      kernel.end(kernel.newest("clock"), TRAPPED, 5);
      pauses.push(
        ...(said
          .join("")
          .match(/restarts in \d+ ms/g)
          ?.slice(pauses.length) ?? []),
      );
      kernel.advance(2000n * MILLISECOND);
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600].map((ms) => `restarts in ${ms} ms`));
    expect(said.join("")).toContain("clock is given up after 5 restarts");
    expect(kernel.power).toBeUndefined();
  });

  test("what a person kills is no failure: it comes back however often", async () => {
    const { kernel, said } = await boot(shellImage);
    const { badge, put } = shell(kernel);
    const id = kernel.call(badge, method("find"), put("clock")) ?? 0n;
    for (let i = 0; i < 12; i++) {
      expect(kernel.call(badge, method("kill"), id)).toBe(0n);
      kernel.advance(1n * MILLISECOND); // init hears of the end
      kernel.advance(100n * MILLISECOND);
      expect(kernel.newest("clock").state).toBe(2);
    }
    expect(said.join("").match(/clock restarts in 100 ms/g)).toHaveLength(12);
    expect(said.join("")).not.toContain("given up");
  });

  test("a driver that crashes every second is not given up", async () => {
    const services = { ...shellImage.services, "virtio-rng": { drives: "virtio-rng" } as const };
    const image = { ...shellImage, services };
    const entries = archiveOf(image, "", [{ name: "virtio-rng", kind: "module", trusted: true }]);
    const { kernel, said } = await boot(image, "", undefined, entries);
    for (let i = 0; i < 90; i++) {
      kernel.end(kernel.newest("virtio-rng"), TRAPPED, 5);
      kernel.advance(1000n * MILLISECOND);
    }
    expect(said.join("")).not.toContain("given up");
    expect(kernel.newest("virtio-rng").state).toBe(2);
  });

  test("a hundred restarts leave nothing behind", async () => {
    const { kernel } = await boot(shellImage);
    const { badge, put } = shell(kernel);
    const id = kernel.call(badge, method("find"), put("console")) ?? 0n;
    const held = (): number => kernel.holdings(kernel.domains[0] as Domain).length;
    expect(kernel.call(badge, method("restart"), id)).toBe(0n);
    const before = held();
    for (let i = 0; i < 100; i++) expect(kernel.call(badge, method("restart"), id)).toBe(0n);
    expect(held()).toBe(before);
  });

  test("failures that are a minute apart are forgiven", async () => {
    const { kernel, said } = await boot(shellImage);
    for (let i = 0; i < 8; i++) {
      kernel.end(kernel.newest("clock"), TRAPPED, 5);
      kernel.advance(61_000n * MILLISECOND);
    }
    expect(said.join("")).not.toContain("given up");
    expect(kernel.newest("clock").state).toBe(2);
  });

  test("a service that cannot be created for want of memory is tried again", async () => {
    const { kernel } = await boot(shellImage);
    kernel.refuse.set("clock", E_BUDGET);
    kernel.end(kernel.newest("clock"), TRAPPED, 5);
    kernel.advance(100n * MILLISECOND);
    expect(() => kernel.newest("clock")).toThrow();
    kernel.refuse.delete("clock");
    kernel.advance(200n * MILLISECOND);
    expect(kernel.newest("clock").state).toBe(2);
  });
});

describe("programs", () => {
  async function started(isolation = 1n, foreground = 1n): Promise<Booted & { id: bigint }> {
    const booted = await boot(shellImage);
    const { badge, put } = shell(booted.kernel);
    const id =
      booted.kernel.call(
        badge,
        method("run"),
        put("hello"),
        put("hello\0a b\0", 16),
        put("K=V\0", 64),
        0n,
        isolation,
        foreground,
      ) ?? 0n;
    return { ...booted, id };
  }

  test("run makes a companion with the program, the launch block and a console connection", async () => {
    const { kernel, id } = await started();
    expect(id).toBeGreaterThan(0n);
    const program = kernel.newest("hello");
    const companion = kernel.newest("wasi");
    expect([program.state, companion.state, program.isolation]).toEqual([2, 2, 1]);
    expect(program.personality?.endpoint.server).toBe(companion);
    const page = kernel.page(companion);
    const handed = kernel.capabilities.get(entry(page, "program").handle);
    expect(handed?.object).toBe(program);
    expect(handed?.rights).toBe(8n | 16n);
    expect(kernel.holdings(program).length).toBe(0);
    const launch = entry(page, "launch");
    const region = kernel.newest("wasi").mappings.get(launch.a)?.region;
    if (region === undefined) throw new Error("no launch region");
    const text = new TextDecoder().decode(kernel.content(region).subarray(0, Number(launch.b)));
    expect(text.slice(0, 4)).toBe("WLNH");
    expect(text.slice(32)).toBe("hello\0a b\0K=V\0");
    expect(page.filter((candidate) => candidate.kind === 7).length).toBe(2);
    // The console ran before this client was made: the companion announces its buffer by the console's handle for it.
    const announced = page.find((candidate) => candidate.kind === 8 && candidate.name === hash("console"));
    expect(kernel.capabilities.get(announced?.a ?? 0n)?.owner).toBe(kernel.newest("console"));
  });

  test("a foreground program takes the input and gives it back", async () => {
    const { kernel, calls } = await started();
    const badge = kernel.capabilities.get(entry(kernel.page(kernel.newest("wasi")), "console").handle)?.badge;
    const moves = (): bigint[] =>
      calls.filter((call) => call.method === CONSOLE.get("set_foreground")).map((call) => call.words[0] ?? -1n);
    expect(moves()).toEqual([badge]);
    kernel.end(kernel.newest("hello"), EXITED, 0);
    expect(moves()).toEqual([badge, 0n]);
  });

  test("wait answers at once for one that has ended, later for one that runs", async () => {
    const { kernel, id } = await started();
    const { badge } = shell(kernel);
    expect(kernel.call(badge, method("wait"), id)).toBeUndefined();
    kernel.end(kernel.newest("hello"), EXITED, 7);
    expect(kernel.replies.map((reply) => [reply.status, reply.words[0], reply.words[1]])).toEqual([[0n, 7n, 0n]]);
    expect(kernel.call(badge, method("wait"), id)).toBe(-33n);
    expect(() => kernel.newest("wasi")).toThrow();

    const { put } = shell(kernel);
    const second = kernel.call(badge, method("run"), put("hello"), put("hello\0", 16), 0n, 0n, 1n, 0n) ?? 0n;
    kernel.end(kernel.newest("hello"), TRAPPED, 5);
    expect(kernel.call(badge, method("wait"), second)).toBe(0n);
    expect([kernel.word(1), kernel.word(2)]).toEqual([134n, 5n]);
  });

  test("^C ends the foreground program with 130", async () => {
    const { kernel, id } = await started();
    const { badge } = shell(kernel);
    kernel.call(badge, method("wait"), id);
    const handed = entry(kernel.page(kernel.newest("console")), "interrupt");
    const interrupt = kernel.capabilities.get(handed.handle);
    if (interrupt?.object.type !== "notification") throw new Error("no interrupt notification");
    kernel.signal(interrupt.object, handed.a);
    kernel.signal(interrupt.object, 0n);
    expect(kernel.replies.at(-1)?.words[0]).toBe(130n);
  });

  test("nothing is left of a program, however often one runs", async () => {
    const { kernel } = await boot(shellImage);
    const { badge, put } = shell(kernel);
    const run = (): void => {
      const id = kernel.call(badge, method("run"), put("hello"), put("hello\0", 16), 0n, 0n, 1n, 1n) ?? 0n;
      expect(id).toBeGreaterThan(0n);
      kernel.end(kernel.newest("hello"), EXITED, 0);
      kernel.call(badge, method("wait"), id);
    };
    run();
    const held = (): number => kernel.holdings(kernel.domains[0] as Domain).length;
    const before = held();
    for (let i = 0; i < 100; i++) run();
    expect(held()).toBe(before);
  });

  test("programs that nobody waits for return their memory at once, and their places when these run out", async () => {
    const { kernel } = await boot(shellImage);
    const { badge, put } = shell(kernel);
    const ids: bigint[] = [];
    for (let i = 0; i < 200; i++) {
      const id = kernel.call(badge, method("run"), put("hello"), put("hello\0", 16), 0n, 0n, 1n, 0n) ?? 0n;
      expect(id).toBeGreaterThan(0n);
      ids.push(id);
      kernel.end(kernel.newest("hello"), EXITED, 9);
      expect(() => kernel.newest("wasi")).toThrow();
    }
    expect(kernel.call(badge, method("wait"), ids[0] ?? 0n)).toBe(-33n);
    expect(kernel.call(badge, method("wait"), ids[199] ?? 0n)).toBe(0n);
    expect(kernel.word(1)).toBe(9n);
  });

  test("a companion that ends takes its program with it", async () => {
    const { kernel, id } = await started();
    const { badge } = shell(kernel);
    kernel.call(badge, method("wait"), id);
    kernel.end(kernel.newest("wasi"), TRAPPED, 5);
    expect(kernel.newest("hello").state).toBe(6);
    kernel.advance(0n);
    expect(kernel.replies.at(-1)?.words[0]).toBe(134n);
  });

  test.each([
    ["an unknown program", "nobody", 1n, -33n],
    ["sfi for an untrusted one", "hello", 0n, -14n],
  ])("%s is refused and leaves nothing", async (_what, name, isolation, error) => {
    const { kernel } = await boot(shellImage);
    const { badge, put } = shell(kernel);
    const before = kernel.holdings(kernel.domains[0] as Domain).length;
    expect(kernel.call(badge, method("run"), put(name), put("x\0", 16), 0n, 0n, isolation, 1n)).toBe(error);
    expect(kernel.holdings(kernel.domains[0] as Domain).length).toBe(before);
  });

  test("a client without the role may look but not act", async () => {
    const { kernel } = await boot(shellImage);
    const { badge, put } = shell(kernel);
    const weak = badge & ((1n << 56n) - 1n);
    expect(kernel.call(weak, method("power_off"), 0n)).toBe(-2n);
    expect(kernel.call(badge, method("run"), put("x"), put("no zero", 16), 0n, 0n, 1n, 1n)).toBe(-3n);
    expect(kernel.call(badge, 99n)).toBe(-32n);
    expect(kernel.call(badge, method("find"), 0xffff_ffff_0000_0000n)).toBe(-3n);
    expect(kernel.call(badge, method("find"), put("clock"))).toBeGreaterThan(0n);
  });
});

describe("the run image", () => {
  const parameters = "run.program=hello\nrun.arg=hello\nrun.arg=two\\nlines\\\\\nrun.env=A=B\nrun.dir=/data\n";
  const directory: ArchiveEntry = { name: "dir:/data", kind: "directory", content: new Uint8Array(5000) };

  test("runs the program of the parameters and powers off with its status", async () => {
    const { kernel, calls } = await boot(runImage, "", undefined, archiveOf(runImage, parameters, [directory]));
    const companion = kernel.newest("wasi");
    const page = kernel.page(companion);
    const launch = entry(page, "launch");
    const region = companion.mappings.get(launch.a)?.region;
    if (region === undefined) throw new Error("no launch region");
    const text = new TextDecoder().decode(kernel.content(region).subarray(32, Number(launch.b)));
    expect(text).toBe("hello\0two\nlines\\\0A=B\0/data\0");
    expect(entry(page, "directory.0").b).toBe(5000n);
    expect(companion.mappings.get(entry(page, "directory.0").a)?.pages).toBe(2n);
    kernel.end(kernel.newest("hello"), EXITED, 3);
    expect(calls.slice(-3).map((call) => call.method)).toEqual(
      ["flush", "exit_status", "flush"].map((name) => CONSOLE.get(name)),
    );
    expect(calls.at(-2)?.words[0]).toBe(3n);
    expect(kernel.power).toBe(3n);
  });

  test("a trap is told on standard error and ends with 134", async () => {
    const { kernel, said } = await boot(runImage, "", undefined, archiveOf(runImage, parameters, [directory]));
    kernel.end(kernel.newest("hello"), TRAPPED, 5);
    expect(said.join("")).toContain("hello: trap: unreachable executed");
    expect(kernel.power).toBe(134n);
  });

  test("without a program, or with one that is not there, it says so and ends with 105", async () => {
    expect((await boot(runImage, "console=mux\n")).kernel.power).toBe(105n);
    const { kernel, said } = await boot(runImage, "run.program=gone\n");
    expect(kernel.power).toBe(105n);
    expect(said.join("")).toContain("cannot run gone");
  });
});
