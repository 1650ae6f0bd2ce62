// Random arguments to every function, many calls to one companion: it must answer an errno each time, never trap, and never
// write outside the program's memory. A program's memory may hold anything, its pointers may point anywhere.
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { type PackedDirectory, packTree } from "../../../linker/pack/tree.ts";
import { PERSONALITY } from "../../../services/wasi/personality.ts";
import { COMPILE_TIMEOUT_MS, Companion, companionModule, PROGRAM, packWords } from "./companion.ts";
import { DIRECTORY, FILE, LINK, MemoryFiles } from "./files-server.ts";

const PAGE = 65536;
const ERRNO_LAST = 76;
const FUZZ_TIMEOUT_MS = 120_000;

const tree: PackedDirectory = {
  kind: "directory",
  children: [
    { name: Buffer.from("a"), node: { kind: "file", content: Buffer.from("content of a") } },
    {
      name: Buffer.from("d"),
      node: {
        kind: "directory",
        children: [{ name: Buffer.from("a"), node: { kind: "link", target: Buffer.from("../a") } }],
      },
    },
    { name: Buffer.from("l"), node: { kind: "link", target: Buffer.from("d") } },
  ],
};

/** The same names, where they can be changed. */
function served(): MemoryFiles {
  const server = new MemoryFiles();
  server.put("a", FILE, "content of a");
  server.put("d", DIRECTORY);
  server.put("d/a", LINK, "../a");
  server.put("l", LINK, "d");
  return server;
}

const pointer = fc.oneof(
  { weight: 6, arbitrary: fc.nat(0x400) },
  { weight: 2, arbitrary: fc.integer({ min: PAGE - 64, max: PAGE + 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff_ffff }) },
);
const small = fc.oneof(
  { weight: 6, arbitrary: fc.nat(8) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff_ffff }) },
);
const word = fc.oneof(pointer, small);
const long = fc.oneof(fc.bigInt(0n, 100n), fc.bigInt(0n, 0xffff_ffff_ffff_ffffn));
const functions = PERSONALITY.filter((entry) => entry.method !== 0 && entry.name !== "proc_raise");

const step = fc
  .constantFrom(...functions)
  .chain((entry) =>
    fc.tuple(
      fc.constant(entry),
      fc.tuple(...entry.parameters.map((type, i) => (type === "i64" ? long : i === 0 ? small : word))),
    ),
  );

beforeAll(companionModule, COMPILE_TIMEOUT_MS);

it(
  "answers an errno to any arguments and stays inside the program's memory",
  async () => {
    const module = await companionModule();
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 200 }),
        fc.uint8Array({ minLength: 0x500, maxLength: 0x500 }),
        (steps, noise) => {
          const c = new Companion(module, {
            directories: ["/", "/served\tstore"],
            trees: [packTree(tree)],
            servers: { store: served() },
            realtime: 5n,
            input: Buffer.from("input"),
            variables: ["A=B"],
          });
          c.put(
            0,
            noise.map((byte, i) => (i % 8 === 0 ? byte & 7 : i % 4 === 0 ? byte & 63 : i % 4 === 1 ? byte & 1 : 0)),
          );
          c.put(0x80, "a\0d/a\0l/a\0../a\0d/../l/./a");
          const guard = c.bytes(PROGRAM + PAGE, PAGE);
          guard.fill(0xa5);
          for (const [entry, values] of steps) {
            let answer: bigint;
            try {
              answer = c.raw(entry.method, ...packWords(entry, values));
            } catch (error) {
              if (error instanceof Error && error.message.includes("sleep for ever")) continue;
              throw new Error(`${entry.name}(${values.join(", ")}): ${error}`);
            }
            if (answer < 0n || answer > BigInt(ERRNO_LAST))
              throw new Error(`${entry.name}(${values.join(", ")}) answered ${answer}`);
          }
          expect(guard.every((byte) => byte === 0xa5)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  },
  FUZZ_TIMEOUT_MS,
);
