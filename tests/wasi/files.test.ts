// Directories that a program may change: the program `files` prints the same lines over a store in memory and a host's directory by 9P in Node,
// and on ΦOS over a directory of this machine's by `phi run --dir` and over a disk by `phi run --disk`; SQLite's file is one that SQLite here reads.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildSqlite } from "../../scripts/programs/index.ts";
import { phi, TESTED, temporaryDirectory } from "../system/support.ts";
import { HostDirectory } from "../unit/ninep/host.ts";
import { NinepService } from "../unit/ninep/service.ts";
import { ROOT, runProgram } from "../unit/wasi-service/companion.ts";
import { type FilesServer, MemoryFiles } from "../unit/wasi-service/files-server.ts";
import { buildProgram } from "./build.ts";

const EXPECTED = readFileSync(join(ROOT, "tests/wasi/expected/files.txt"), "utf8");
const scratch = temporaryDirectory();
/** Translating a large program on a busy machine. */
const GUEST_MS = 900_000;
const GUEST_SECONDS = "400";

function fresh(): string {
  return mkdtempSync(join(scratch, "shared-"));
}

async function inNode(store: FilesServer): Promise<string> {
  const result = await runProgram(await buildProgram("files"), {
    directories: ["/\tstore"],
    servers: { store },
    realtime: 1_780_000_000_000_000_000n,
  });
  return result.output.toString();
}

it("over a store in memory", async () => {
  expect(await inNode(new MemoryFiles())).toBe(EXPECTED);
});

it("over a host's directory in Node", async () => {
  expect(await inNode(await NinepService.start(new HostDirectory(fresh())))).toBe(EXPECTED);
});

describe.each(TESTED)("%s", (arch) => {
  const options = ["run", "--arch", arch, "--timeout", GUEST_SECONDS];

  it(
    "over a directory of this machine's, which is empty again afterwards",
    async () => {
      const file = join(scratch, "files.wasm");
      writeFileSync(file, await buildProgram("files"));
      const directory = fresh();
      const result = await phi([...options, "--dir", `${directory}::/`, file]);
      expect(result.stdout.toString()).toBe(EXPECTED);
      expect([result.status, readdirSync(directory)]).toEqual([0, []]);
    },
    GUEST_MS,
  );

  it.runIf(arch === "riscv64")("there is no IOMMU to ask for", async () => {
    const result = await phi([...options, "--iommu", "on", "any.wasm"]);
    expect([result.status, result.stderr]).toEqual([2, expect.stringContaining("no IOMMU for riscv64")]);
  });

  it(
    "over a disk of the store's, which verifies afterwards and holds nothing",
    async () => {
      const file = join(scratch, "files.wasm");
      writeFileSync(file, await buildProgram("files"));
      const image = join(fresh(), "image");
      expect((await phi(["disk", "create", image, "32M"])).status).toBe(0);
      const machine = arch === "x86_64" ? ["--iommu", "on", "--verbose"] : ["--verbose"];
      const result = await phi([...options, ...machine, "--disk", image, file]);
      // only a driver whose device no IOMMU holds is said to be trusted
      expect(result.stderr.includes("its device reaches all memory")).toBe(arch !== "x86_64");
      expect([result.status, result.stdout.toString()]).toEqual([0, EXPECTED]);
      const listed = await phi(["disk", "ls", image]);
      expect([(await phi(["disk", "verify", image])).status, listed.stdout.toString()]).toEqual([0, ""]);
    },
    GUEST_MS,
  );

  it(
    "SQLite commits to one directory and reads another, each under its own name",
    async () => {
      const program = await buildSqlite(() => {});
      const [data, more] = [fresh(), fresh()];
      mkdirSync(join(more, "sub"));
      writeFileSync(join(more, "sub/rows.csv"), "1,one\n2,two\n");
      const sql = [
        "create table t(a integer primary key, b text);",
        ".mode csv\n.import /more/sub/rows.csv t\n.mode list\n",
        "begin; insert into t select a + 2, b || b from t; commit; pragma integrity_check; select count(*), max(b) from t;",
      ].join("\n");
      const directories = ["--dir", `${data}::/data`, "--dir", `${more}::/more`];
      const result = await phi([...options, ...directories, program, "/data/base"], sql);
      expect([result.status, result.stdout.toString()]).toEqual([0, "ok\n4|twotwo\n"]);
      expect([readdirSync(data), readdirSync(more)]).toEqual([["base"], ["sub"]]);
      expect(readFileSync(join(data, "base")).toString("latin1", 0, 15)).toBe("SQLite format 3");
      // a disk and a directory together
      const image = join(data, "image");
      expect((await phi(["disk", "create", image, "16M"])).status).toBe(0);
      const both = ["--disk", image, "--dir", `${more}::/more`];
      const again = await phi([...options, ...both, program, "/base"], sql);
      expect([again.status, again.stdout.toString()]).toEqual([0, "ok\n4|twotwo\n"]);
      expect((await phi(["disk", "get", image, "base", join(data, "copy")])).status).toBe(0);
      expect(readFileSync(join(data, "copy")).toString("latin1", 0, 15)).toBe("SQLite format 3");
    },
    GUEST_MS,
  );
});
