// `phi disk import-vectors` with files that are not what it reads: each is refused with its line, and what was on the image stays as it was.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { create, put, withStore } from "../../../scripts/phi/disk.ts";
import { importVectors, searchVectors } from "../../../scripts/phi/disk-vectors.ts";
import { ROOT_NODE } from "../../../scripts/vdfs/store.ts";

const COMPILE_MS = 240_000;

let directory = "";
let image = "";
let printed = "";
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "disk-vectors-"));
  image = join(directory, "image");
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  await create(image, "4M");
  printed = "";
}, COMPILE_MS);
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

function source(lines: string): string {
  writeFileSync(join(directory, "lines"), lines);
  return join(directory, "lines");
}

const importLines = (lines: string, name = "words"): Promise<number> => importVectors(image, name, source(lines), {});

/** What `phi disk search` prints, without the distances. */
async function search(words: readonly string[], count?: string): Promise<readonly string[]> {
  printed = "";
  await searchVectors(image, "words", words, count === undefined ? {} : { count });
  return printed.split("\n").flatMap((line) => line.split("  ")[1] ?? []);
}

const names = (): Promise<readonly string[]> =>
  withStore(image, false, (store) => store.list(ROOT_NODE).map(({ name }) => name));

describe("what cannot be imported is refused, and the index of before stays", () => {
  test(
    "by what is wrong with the file",
    async () => {
      await importLines("a 1 0\nb 0 1\nc 1 1\n");
      const cases: readonly (readonly [string, RegExp])[] = [
        ["", /no vectors/],
        ["\n\n", /no vectors/],
        ["x 1 2\ny 1\n", /lines:2 has 1 numbers, the lines before 2/],
        ["x 1 NaN\n", /lines:1 has "NaN" for a number/],
        ["x 1 2\ny 1 Infinity\n", /lines:2 has "Infinity"/],
        ["x 1e39 2\n", /lines:1 has "1e39"/],
        ["x 1e30 2\n", /lines:1 cannot be inserted/],
        ["New York 1 2\n", /lines:1 has "York"/],
        ["x\n", /lines:1 has a name and no numbers/],
        [`${"w".repeat(256)} 1 2\n`, /lines:1 cannot be inserted/],
        [`${"w".repeat(200_000)} 1 2\n`, /lines:1 cannot be inserted/],
        [`x${" 1".repeat(5000)}\n`, /lines:1 has 5000 numbers/],
      ];
      for (const [lines, message] of cases) await expect(importLines(lines)).rejects.toThrow(message);
      expect(await names()).toEqual(["words"]);
      expect(await search(["a"])).toEqual(["c", "b"]);
    },
    COMPILE_MS,
  );

  test(
    "a full disk",
    async () => {
      await importLines("a 1 0\nb 0 1\n");
      const many = Array.from({ length: 3000 }, (_none, of) => `w${of}${` ${of}`.repeat(400)}\n`).join("");
      await expect(importLines(many)).rejects.toThrow(/no room left/);
      expect(await names()).toEqual(["words"]);
      expect(await search(["a"])).toEqual(["b"]);
    },
    COMPILE_MS,
  );

  test(
    "files and directories that are no index",
    async () => {
      writeFileSync(join(directory, "header"), "mine");
      await put(image, [join(directory, "header")], { to: "precious" });
      await put(image, [join(directory, "header")], { to: "precious/deep" });
      for (const path of ["precious", "precious/header"])
        await expect(importLines("a 1 0\n", path)).rejects.toThrow(`${path} is there and no vector index`);
      expect(
        await withStore(image, false, (store) => store.list(store.lookup(ROOT_NODE, "precious").node).length),
      ).toBe(2);
    },
    COMPILE_MS,
  );

  test("what is no metric, no breadth, no file", async () => {
    const file = source("a 1 0\n");
    await expect(importVectors(image, "words", file, { metric: "toString" })).rejects.toThrow(
      /"toString" is no metric/,
    );
    await expect(importVectors(image, "words", file, { breadth: "99999999" })).rejects.toThrow(/is no breadth/);
    await expect(importVectors(image, "words", directory, {})).rejects.toThrow(/there is no file/);
    expect(await names()).toEqual([]);
  });
});

test(
  "blanks, tabs, one number, a first line of word2vec, and names that come twice",
  async () => {
    await importLines("3 2\r\na  1 \t0\r\n\r\n  b\t0 1  \r\nö 1 1\r\na 5 5\r\n");
    expect(printed).toContain("3 vectors in words; 1 of a name that was there already are left out");
    expect(await search(["a"])).toEqual(["ö", "b"]);
    expect(await search(["a", "+", "b"])).toEqual(["ö"]);
    await importLines("solo 7\nduo -8\n");
    expect(await search(["solo"], "1000")).toEqual(["duo"]);
    await expect(search(["a"])).rejects.toThrow(/no vector called "a"/);
    await expect(search(["w".repeat(70_000)])).rejects.toThrow(/longer than/);
    await expect(search(["solo"], "0")).rejects.toThrow(/number of answers/);
    await expect(search(["solo"], "1001")).rejects.toThrow(/number of answers/);
  },
  COMPILE_MS,
);
