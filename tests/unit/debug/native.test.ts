// The whole way: AssemblyScript → Wasm → marked C → clang → lld → symbol table, for both architectures.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { ARCHITECTURES } from "../../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { compileC } from "../../../linker/compile/clang.ts";
import { generate } from "../../../linker/compile/generate.ts";
import { readSymbols, symbolise } from "../../../linker/debug/symbolise.ts";
import { buildSymbolTable } from "../../../linker/debug/symbols.ts";
import { ElfFile } from "../../../linker/elf.ts";
import { BuildTree } from "../../../linker/files.ts";
import { writeHeaders } from "../../../linker/headers/write.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const directory = mkdtempSync(join(tmpdir(), "phi-lines-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A source that is on disk: the scanner of function names reads it there. */
const ENTRY = "tests/unit/debug/guest/lines.ts";
const source = readFileSync(join(ROOT, ENTRY), "utf8").split("\n");
const lineOf = (comment: string): number => source.findIndex((line) => line.includes(comment)) + 1;

describe.each(ARCHITECTURES)("%s", (architecture) => {
  const tree = new BuildTree(ROOT, architecture);

  /** The object and the linked ELF. */
  async function build(marked: boolean): Promise<{ object: string; elf: string }> {
    const compiled = await compileAssemblyScript({
      root: ROOT,
      entry: ENTRY,
      architecture,
      runtime: "stub",
      memoryBase: 64,
      simd: false,
    });
    const name = `lines-test-${marked ? "marked" : "plain"}`;
    const map = marked ? { sourceMap: compiled.sourceMap } : {};
    const generated = await generate({
      tree,
      name,
      symbolName: "lines",
      flavour: "module",
      wasm: compiled.wasm,
      ...map,
    });
    const object = await compileC({
      name,
      text: generated.parts[0] as string,
      architecture,
      kind: "module",
      headers: writeHeaders(tree, "module"),
      includeDirectory: generated.directory,
      includeKey: generated.includeKey,
      cacheDirectory: tree.cache,
    });
    const elf = join(directory, `${architecture}-${name}.elf`);
    execFileSync(
      "ld.lld-19",
      ["-pie", "--unresolved-symbols=ignore-all", "-z", "notext", "-e", "0", object, "-o", elf],
      { stdio: "pipe" },
    );
    return { object, elf };
  }

  test("markers change no instruction", async () => {
    // One section per function; the marker itself adds a function type, which get_func_type lists.
    const functions = (path: string): Record<string, string> => {
      const elf = new ElfFile(readFileSync(path));
      const code = elf.sections.filter(({ name }) => name.startsWith(".text.") && !name.endsWith("_get_func_type"));
      return Object.fromEntries(
        code.map((section) => [section.name, Buffer.from(elf.content(section)).toString("hex")]),
      );
    };
    const plain = functions((await build(false)).object);
    expect(Object.keys(plain)).toContain(".text.w2c_lines_run");
    expect(functions((await build(true)).object)).toEqual(plain);
  }, 60_000);

  test("every traced line is in the table, under the name that the source gives it", async () => {
    const table = buildSymbolTable((await build(true)).elf, 0n);
    const entries = readSymbols(table);
    const names = (comment: string): string[] => [
      ...new Set(
        entries
          .filter((entry) => entry.file === ENTRY && entry.line === lineOf(comment))
          .map((entry) => entry.function),
      ),
    ];
    expect(names("traced: loop")).toEqual(["checksum"]);
    expect(names("traced: method")).toEqual(["Table#insert"]);
    expect(names("traced: caller")).toEqual(["run"]);
    expect(entries.some((entry) => entry.file.includes("generated"))).toBe(false);
    const first = entries.find((entry) => entry.line === lineOf("traced: loop"));
    expect(symbolise(table, first?.offset ?? -1)).toEqual(first);
  }, 60_000);
});
