// services/ninep on its own: what a client may not ask for, what becomes of a file without a name, and a host that lies. That it does what Linux
// does stands in tests/unit/wasi-service/linux.test.ts.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { Ended } from "../virtio/machine.ts";
import { errorNumber } from "../wasi-service/files-server.ts";
import { HostDirectory } from "./host.ts";
import { CLIENT, NinepService, OTHER_CLIENT, READER } from "./service.ts";

const METHOD = { lookup: 2, status: 4, create: 5, symlink: 6, readlink: 7, link: 8, unlink: 9, rename: 10, list: 11 };
const MORE = { root: 1, forget: 3, read: 12, map: 13, write: 14, truncate: 15, allocate: 16, times: 17, sync: 18 };
const FILE = 1n;
const LINK_TYPE = 3n;
/** Hosts that lie, each for as many calls as a run makes. */
const LIARS = Number(process.env["PHI_NINEP_LIARS"] ?? 300);
const FUZZ_MS = 600_000;

const scratch = fs.mkdtempSync(join(tmpdir(), "phi-ninep-"));
let root = "";
let host: HostDirectory;
let service: NinepService;
let top = 0n;

afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

beforeEach(async () => {
  root = fs.mkdtempSync(join(scratch, "root-"));
  fs.writeFileSync(join(root, "file"), "content");
  fs.mkdirSync(join(root, "dir"));
  fs.symlinkSync("file", join(root, "link"));
  host = new HostDirectory(root);
  service = await NinepService.start(host);
  top = service.ask(CLIENT, MORE.root).words[0] ?? 0n;
});

/** Puts bytes into the client's buffer: the word that stands for them. */
function bytes(text: string, badge = CLIENT): bigint {
  const data = Buffer.from(text);
  service.buffer(badge).set(data);
  return BigInt(data.length) << 32n;
}

function named(method: number, name: string, badge = CLIENT): bigint {
  const word = bytes(name, badge);
  return service.ask(badge, method, top, word, FILE).answer;
}

function lookup(name: string, badge = CLIENT): bigint {
  const { answer, words } = service.ask(badge, METHOD.lookup, top, bytes(name, badge));
  if (answer < 0n) throw new Error(`lookup of ${name}: ${answer}`);
  return words[0] ?? 0n;
}

describe("a client", () => {
  it.each([
    ["", "E_ARGUMENT"],
    [".", "E_ARGUMENT"],
    ["..", "E_ARGUMENT"],
    ["dir/x", "E_ARGUMENT"],
    ["/", "E_ARGUMENT"],
    ["a\0b", "E_ARGUMENT"],
    ["n".repeat(256), "E_NAME_TOO_LONG"],
  ])("names nothing %j, whatever it asks for", (name, error) => {
    for (const method of [METHOD.lookup, METHOD.create, METHOD.unlink])
      expect(named(method, name)).toBe(errorNumber(error));
    expect(service.ask(CLIENT, METHOD.link, lookup("file"), top, bytes(name)).answer).toBe(errorNumber(error));
    expect(service.ask(CLIENT, METHOD.rename, top, top, bytes(`file\0${name}`)).answer).toBe(errorNumber(error));
    expect(service.ask(CLIENT, METHOD.rename, top, top, bytes(`${name}\0new`)).answer).toBeLessThan(0n);
    expect(service.ask(CLIENT, METHOD.symlink, top, bytes(`${name}\0target`)).answer).toBeLessThan(0n);
    expect(fs.readdirSync(root).sort()).toEqual(["dir", "file", "link"]);
  });

  it("reaches nodes that it opened itself, as often as it opened them", () => {
    const node = lookup("file");
    expect(service.ask(OTHER_CLIENT, METHOD.status, node).answer).toBe(errorNumber("E_HANDLE"));
    expect(lookup("file")).toBe(node);
    expect(service.ask(CLIENT, MORE.forget, node).answer).toBe(0n);
    expect(service.ask(CLIENT, METHOD.status, node).answer).toBe(0n);
    expect(service.ask(CLIENT, MORE.forget, node).answer).toBe(0n);
    expect(service.ask(CLIENT, METHOD.status, node).answer).toBe(errorNumber("E_HANDLE"));
    expect(service.ask(CLIENT, MORE.forget, node).answer).toBe(errorNumber("E_HANDLE"));
    expect(host.fids.size).toBe(1);
  });

  it("that may only read changes nothing", () => {
    const file = lookup("file", READER);
    expect(service.ask(READER, MORE.root).words[1]).toBe(1n);
    for (const [method, name] of [
      [METHOD.create, "new"],
      [METHOD.unlink, "file"],
    ] as const)
      expect(named(method, name, READER)).toBe(errorNumber("E_READ_ONLY"));
    const readOnly = errorNumber("E_READ_ONLY");
    expect(service.ask(READER, METHOD.rename, top, top, bytes("file\0new", READER)).answer).toBe(readOnly);
    expect(service.ask(READER, METHOD.symlink, top, bytes("a\0b", READER)).answer).toBe(readOnly);
    expect(service.ask(READER, METHOD.link, file, top, bytes("new", READER)).answer).toBe(readOnly);
    expect(service.ask(READER, MORE.write, file, 0, bytes("xx", READER)).answer).toBe(readOnly);
    expect(service.ask(READER, MORE.truncate, file, 0).answer).toBe(readOnly);
    expect(service.ask(READER, MORE.allocate, file, 0, 10).answer).toBe(readOnly);
    expect(service.ask(READER, MORE.times, file, 4, 0, 0).answer).toBe(readOnly);
    expect(service.ask(READER, MORE.read, file, 0, 100).answer).toBe(7n);
    expect(fs.readFileSync(join(root, "file"), "utf8")).toBe("content");
  });

  it("that has nothing but what it is handed sees nothing without that", () => {
    const HANDED = (64n << 56n) | 0x0404n;
    expect(service.ask(HANDED, MORE.root).answer).toBe(errorNumber("E_RIGHTS"));
    expect(service.ask(HANDED, METHOD.status, top).answer).toBe(errorNumber("E_HANDLE"));
    expect(service.ask(HANDED, METHOD.lookup, top, bytes("file", HANDED)).answer).toBe(errorNumber("E_HANDLE"));
  });

  it("gets room for 64 MiB at a time at most, and then nothing changes", () => {
    const file = lookup("file");
    expect(service.ask(CLIENT, MORE.allocate, file, 1n << 40n, 1n << 40n).answer).toBe(errorNumber("E_TOO_LARGE"));
    expect(service.ask(CLIENT, MORE.allocate, file, 0, 100_000).answer).toBe(0n);
    expect(fs.statSync(join(root, "file")).size).toBe(100_000);
  });

  it("that has ended leaves nothing open", () => {
    lookup("file");
    service.ask(CLIENT, METHOD.list, lookup("dir"), 0);
    expect(host.fids.size).toBe(4);
    // The slot goes to another: that is how a service learns of the end.
    service.buffer((CLIENT & 0xffn) | 0x0900n);
    expect(host.fids.size).toBe(1);
  });

  it("sees a time before 1970 as 1970, and nothing behind a cursor that no host gives", () => {
    fs.utimesSync(join(root, "file"), new Date(-1e12), new Date(-1e12));
    const { answer, words } = service.ask(CLIENT, METHOD.status, lookup("file"));
    expect([answer, words.slice(2, 4)]).toEqual([0n, [0n, 0n]]);
    for (const cursor of [1n << 63n, (1n << 64n) - 3n])
      expect(service.ask(CLIENT, METHOD.list, top, cursor).answer).toBe(0n);
  });

  it("does not wait for a pipe of the host's, and follows no link there", () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    expect(service.ask(CLIENT, MORE.read, lookup("pipe"), 0, 10).answer).toBe(errorNumber("E_RIGHTS"));
    const { answer, words } = service.ask(CLIENT, METHOD.lookup, top, bytes("link"));
    expect([answer, words[1]]).toEqual([0n, LINK_TYPE]);
    expect(service.ask(CLIENT, MORE.read, words[0] ?? 0n, 0, 10).answer).toBe(errorNumber("E_RIGHTS"));
  });
});

it("keeps a file that has lost its last name, with its size and content", () => {
  const node = lookup("file");
  const status = (): bigint[] => service.ask(CLIENT, METHOD.status, node).words;
  expect(named(METHOD.unlink, "file")).toBe(0n);
  expect([status()[0], status()[1]]).toEqual([1n, 7n]);
  expect(service.ask(CLIENT, MORE.write, node, 5, bytes("inuation")).answer).toBe(8n);
  expect(service.ask(CLIENT, MORE.truncate, node, 4).answer).toBe(0n);
  expect(service.ask(CLIENT, MORE.truncate, node, 9).answer).toBe(0n);
  expect(status()[1]).toBe(9n);
  expect(service.ask(CLIENT, MORE.read, node, 0, 100).answer).toBe(9n);
  expect(Buffer.from(service.buffer(CLIENT).subarray(0, 9)).toString()).toBe("cont\0\0\0\0\0");
  expect(service.ask(CLIENT, MORE.sync, node).answer).toBe(0n);
  expect(service.ask(CLIENT, MORE.forget, node).answer).toBe(0n);
  expect(host.fids.size).toBe(1);
});

it("asks the host to make durable what was written, once", () => {
  const node = lookup("file");
  const syncs = (): number => host.counts.get(50) ?? 0;
  expect(service.ask(CLIENT, MORE.sync, node).answer).toBe(0n);
  expect(service.ask(CLIENT, MORE.write, node, 0, bytes("x")).answer).toBe(1n);
  expect(service.ask(CLIENT, MORE.sync, 0).answer).toBe(0n);
  expect(syncs()).toBe(1);
  expect(service.ask(CLIENT, MORE.sync, 0).answer).toBe(0n);
  expect(syncs()).toBe(1);
});

// What the host delivers may be anything: no trap, no byte outside the client's buffer, no answer of more bytes than were asked for.
const lies = fc.array(
  fc.record({
    skip: fc.nat(6),
    at: fc.nat(60),
    value: fc.oneof(fc.constantFrom(0, 1, 7, 0x7f, 0xff), fc.nat(255)),
    width: fc.constantFrom(1, 1, 2, 4),
    cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(40) }),
  }),
  { minLength: 1, maxLength: 6 },
);
const steps = fc.array(
  fc.record({
    method: fc.constantFrom(...Object.values(METHOD), ...Object.values(MORE)),
    node: fc.nat(3),
    other: fc.nat(3),
    name: fc.constantFrom("file", "dir", "link", "new", "a\0b", "file\0new", "x"),
    number: fc.oneof(fc.nat(20), fc.bigInt(0n, (1n << 64n) - 1n)),
  }),
  { minLength: 3, maxLength: 25 },
);

it(
  "outlives a host that lies",
  async () => {
    let nodes: bigint[] = [];
    fc.assert(
      fc.property(lies, steps, (changes, calls) => {
        let count = 0;
        const queue = [...changes];
        host.lie = (_type, answer) => {
          const change = queue[0];
          if (change === undefined || count++ < change.skip) return answer;
          queue.shift();
          count = 0;
          const made = Buffer.from(answer.subarray(0, Math.max(answer.length - change.cut, 0)));
          for (let i = 0; i < change.width; i++) if (change.at + i < made.length) made[change.at + i] = change.value;
          return made;
        };
        nodes = [top, ...nodes.slice(-3)];
        for (const { method, node, other, name, number } of calls) {
          const buffer = service.buffer(CLIENT);
          const word = bytes(name);
          const first = nodes[node] ?? top;
          const second = method === METHOD.link || method === METHOD.rename ? (nodes[other] ?? top) : undefined;
          const plain = method === MORE.write || method === MORE.read || method === METHOD.list;
          const words =
            second === undefined
              ? plain
                ? [first, BigInt(number), word]
                : [first, word, FILE]
              : [first, second, word];
          if (method === MORE.read) words[2] = 100n;
          buffer.fill(0xa5, 8192);
          const { answer, words: replies } = service.ask(CLIENT, method, ...words);
          if (method === METHOD.lookup && answer === 0n) nodes.push(replies[0] ?? 0n);
          if (method === METHOD.create && answer > 0n) nodes.push(answer);
          if (method === MORE.read) expect(answer).toBeLessThanOrEqual(100n);
          if (method === METHOD.list || method === METHOD.readlink) expect(answer).toBeLessThanOrEqual(16384n);
          expect(service.machine.memory.faults).toEqual([]);
        }
      }),
      { numRuns: LIARS },
    );
  },
  FUZZ_MS,
);

it("ends when the host says that it wrote more than it could", () => {
  service.machine.device.lie = (used) => ({ ...used, length: 1 << 20 });
  expect(() => named(METHOD.lookup, "file")).toThrow(Ended);
});
