// Symbol tables: the encoder, the host's reader and the guest's decoder (AssemblyScript) agree, on good and bad bytes.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { formatSymbol, readSymbols, symbolise } from "../../../linker/debug/symbolise.ts";
import { encodeSymbols, type SymbolEntry } from "../../../linker/debug/symbols.ts";
import { engine } from "../wasm/build.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

interface Guest {
  memory: { buffer: ArrayBuffer };
  symbol_find(table: number, bytes: number, offset: number): number;
  symbol_function(): number;
  symbol_file(): number;
  symbol_line(): number;
}

let guest: Guest;

beforeAll(async () => {
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry: "services/lib/symbols.ts",
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: 64,
    simd: false,
    initialMemoryPages: 4,
  });
  const { Instance } = engine as unknown as { Instance: new (compiled: object, imports: object) => { exports: Guest } };
  guest = new Instance(new engine.Module(wasm), {}).exports;
}, 60_000);

const TABLE_AT = 4096;

/** What the guest says; strings end at a zero or the end of its memory. */
function ask(table: Uint8Array, offset: number): string | undefined {
  const memory = new Uint8Array(guest.memory.buffer);
  memory.fill(0xff, TABLE_AT);
  memory.set(table, TABLE_AT);
  if (!guest.symbol_find(TABLE_AT, table.length, offset)) return undefined;
  const text = (at: number): string => {
    const end = memory.indexOf(0, at);
    expect(end).toBeGreaterThanOrEqual(at);
    expect(end).toBeLessThan(TABLE_AT + table.length);
    return Buffer.from(memory.subarray(at, end)).toString("utf8");
  };
  const entry = {
    offset,
    function: text(guest.symbol_function()),
    file: text(guest.symbol_file()),
    line: guest.symbol_line() >>> 0,
  };
  return formatSymbol(entry, offset);
}

const word = fc.constantFrom("lookup", "Table#insert", "boot", "f", "größer");
const file = fc.constantFrom("", "kernel/cap/table.ts", "boot/x.S", "~lib/rt.ts");
const entries = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 70_000 }), word, file, fc.integer({ min: 0, max: 100_000 })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((list) => {
    let offset = -1;
    const next = (delta: number): number => {
      offset += delta;
      return offset;
    };
    return list.map(
      ([delta, name, path, line]): SymbolEntry => ({ offset: next(delta), function: name, file: path, line }),
    );
  });

test("what was encoded is read back", () => {
  fc.assert(fc.property(entries, (list) => void expect(readSymbols(encodeSymbols(list))).toEqual(list)));
});

test("the guest finds what the host finds, at every entry's edge and between", () => {
  fc.assert(
    fc.property(entries, fc.nat(5000), (list, extra) => {
      const table = encodeSymbols(list);
      for (const { offset } of list) {
        for (const wanted of [offset - 1, offset, offset + 1, offset + extra]) {
          if (wanted < 0) continue;
          const host = symbolise(table, wanted);
          expect(ask(table, wanted)).toBe(host && formatSymbol(host, wanted));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a damaged table never makes the guest read outside it, or trap", () => {
  const good = encodeSymbols([
    { offset: 0, function: "start", file: "a.ts", line: 3 },
    { offset: 9, function: "middle", file: "b.ts", line: 900 },
    { offset: 4000, function: "end", file: "", line: 0 },
  ]);
  const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(changes, fc.nat(good.length), fc.nat(0xffff_ffff), (list, length, offset) => {
      const bad = good.slice(0, length);
      for (const [at, value] of list) if (at < bad.length) bad[at] = value;
      ask(bad, offset);
    }),
    { numRuns: 3000 },
  );
});

test("the text of a place", () => {
  expect(formatSymbol({ offset: 4, function: "lookup", file: "kernel/cap/table.ts", line: 42 }, 5)).toBe(
    "lookup kernel/cap/table.ts:42",
  );
  expect(formatSymbol({ offset: 4, function: "gate_call", file: "", line: 0 }, 5)).toBe("gate_call");
  expect(formatSymbol(undefined, 0x1f0)).toBe("+0x1f0");
});
