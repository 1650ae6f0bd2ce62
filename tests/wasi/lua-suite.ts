// Lua's own test scripts, as the chunks that the npm package fengari carries them in: pinned, fetched into build/, never committed.
// The package holds them in JavaScript, one chunk of Lua text for each test(); here that JavaScript runs against stand-ins of
// the interpreter's interface that only note the text. Called by lua-suite.test.ts.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runInNewContext } from "node:vm";
import { fetchPackage, type PinnedPackage } from "../../scripts/programs/npm.ts";
import { ROOT } from "../unit/wasi-service/companion.ts";

const SUITE: PinnedPackage = {
  package: "fengari",
  version: "0.1.5",
  integrity: "sha512-0DS4Nn4rV8qyFlQCpKK8brT61EUtswynrpfFTcgLErcilBIBskSMQ86fO2WVuybr14ywyKdRjv91FiRZwnEuvQ==",
};
const FOLDER = "package/test/test-suite";

/** fengari is Lua in JavaScript and says so where Lua says C; the chunks get Lua's words back. */
function inLuaWords(text: string): string {
  return text
    .replaceAll(/\bJS\b/g, "C")
    .replaceAll('"J"', '"C"')
    .replaceAll("package.jspath", "package.cpath");
}

export interface Chunk {
  /** Script, number in the script, and title: "math 3 testing numeric strings". */
  name: string;
  /** The name Lua's messages give it: "@" and a file; its text otherwise, as with luaL_loadstring. */
  source: string | undefined;
  text: Buffer;
}

/** Every chunk of the suite, in the order of the scripts. */
function readChunks(): Chunk[] {
  const place = join(ROOT, "build/third-party/lua-suite");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  execFileSync("tar", ["-xzf", fetchPackage(SUITE), "-C", place, FOLDER]);
  const folder = join(place, FOLDER);
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".test.js"));
  return scripts.sort().flatMap((script) => chunksOf(folder, script));
}

function chunksOf(folder: string, script: string): Chunk[] {
  const chunks: Chunk[] = [];
  let title = "";
  const note = (text: Buffer, source?: string): number => {
    const name = `${basename(script, ".test.js")} ${chunks.length + 1} ${title}`;
    chunks.push({ name, source, text });
    return 0;
  };
  const nothing = (): Record<string, never> => ({});
  const interpreter = new Proxy<Record<string, unknown>>(
    {
      luaL_loadstring: (_state: unknown, text: string) => note(Buffer.from(inLuaWords(text))),
      luaL_loadbuffer: (_state: unknown, text: string, _length: unknown, name: string) =>
        note(Buffer.from(inLuaWords(text)), name),
      luaL_loadfile: (_state: unknown, path: string) =>
        note(readFileSync(join(folder, basename(path))), `@${basename(path)}`),
      to_luastring: (text: string) => text,
    },
    { get: (members, name) => members[String(name)] ?? nothing },
  );
  const test = (name: string, body: () => void): void => {
    title = name.replace(/^\[test-suite\] \w+: /, "");
    body();
  };
  test.skip = test;
  runInNewContext(
    readFileSync(join(folder, script), "utf8"),
    { require: () => interpreter, test },
    { filename: script },
  );
  return chunks;
}

/** Writes the chunks and the driver where a guest reads them; returns the names in order. */
export function writeSuite(directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  const chunks = readChunks();
  const list = chunks.map(({ name, source, text }, index) => {
    writeFileSync(join(directory, `${index + 1}.lua`), text);
    return `{ ${[name, ...(source === undefined ? [] : [source])].map((word) => JSON.stringify(word)).join(", ")} },\n`;
  });
  writeFileSync(join(directory, "list.lua"), `return {\n${list.join("")}}\n`);
  copyFileSync(join(ROOT, "tests/wasi/programs/lua-suite.lua"), join(directory, "driver.lua"));
  return chunks.map((chunk) => chunk.name);
}

/** What the driver says of each chunk: its name → "ok", or the message it failed with. */
export function readReport(output: string): Map<string, string> {
  const lines = output.split("\n").filter((line) => line.startsWith("\u0002"));
  return new Map(lines.map((line) => line.slice(1).split("\t", 2) as [string, string]));
}
