// The whole way: AssemblyScript → Wasm → marked C → clang → lld → symbol table, for both architectures.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ARCHITECTURES } from "../../../linker/abi/constants.ts";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";
import { compileC } from "../../../linker/compile/clang.ts";
import { generate } from "../../../linker/compile/generate.ts";
import { readSymbols, symbolise } from "../../../linker/debug/symbolise.ts";
import { buildSymbolTable } from "../../../linker/debug/symbols.ts";
import { ElfFile } from "../../../linker/elf.ts";
import { BuildTree } from "../../../linker/files.ts";
import { writeHeaders } from "../../../linker/headers/write.ts";
import { buildModuleFile } from "../../../linker/module.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** A source that is on disk: the scanner of function names reads it there. */
const ENTRY = "tests/unit/debug/guest/lines.ts";
const source = readFileSync(join(ROOT, ENTRY), "utf8").split("\n");
const lineOf = (comment: string): number => source.findIndex((line) => line.includes(comment)) + 1;

describe.each(ARCHITECTURES)("%s", (architecture) => {
  const tree = new BuildTree(ROOT, architecture);

  const compile = () =>
    compileAssemblyScript({ root: ROOT, entry: ENTRY, architecture, runtime: "stub", memoryBase: 64, simd: false });

  /** The code of each function, in hexadecimal, compiled with or without markers. */
  async function functions(name: string, marked: boolean): Promise<Record<string, string>> {
    const compiled = await compile();
    const map = marked ? { sourceMap: compiled.sourceMap } : {};
    const generated = await generate({
      tree,
      name,
      symbolName: "module",
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
    const elf = new ElfFile(readFileSync(object));
    // One section per function; the marker itself adds a function type, which get_func_type lists.
    const code = elf.sections.filter(({ name }) => name.startsWith(".text.") && !name.endsWith("_get_func_type"));
    return Object.fromEntries(code.map((section) => [section.name, Buffer.from(elf.content(section)).toString("hex")]));
  }

  test("markers change no instruction", async () => {
    const plain = await functions("lines-test-plain", false);
    expect(Object.keys(plain)).toContain(".text.phx_call");
    expect(await functions("lines-test-marked", true)).toEqual(plain);
  }, 60_000);

  test("every traced line is in the table, under the name that the source gives it", async () => {
    const { wasm, sourceMap } = await compile();
    const module = await buildModuleFile({
      tree,
      name: "lines-test",
      wasm,
      sourceMap,
      allowedImports: ["phi"],
      stackBytes: 65_536,
    });
    const table = buildSymbolTable(module.elf, 0n);
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
