// SQLite on the store, and the power goes: after every cut the database is sound, and every transaction that SQLite had said was committed is
// there, whole. In Node on a disk that drops, tears and reorders what was not flushed; in a guest whose emulator is killed.
// PHI_SQLITE_CUTS: how many cuts in Node.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { buildSqlite } from "../../scripts/programs/index.ts";
import { FileDisk, MemoryDisk } from "../../scripts/vdfs/disk.ts";
import { Store } from "../../scripts/vdfs/store.ts";
import { phi, TESTED, temporaryDirectory } from "../system/support.ts";
import { CutDisk } from "../unit/vdfs/cut-disk.ts";
import { Random } from "../unit/vdfs/model.ts";
import { runProgram } from "../unit/wasi-service/companion.ts";
import { StoreFiles } from "../unit/wasi-service/store-files.ts";

const PAGES = 8192;
const CUTS = Number(process.env["PHI_SQLITE_CUTS"] ?? 20);
const CUTS_A_DISK = 10;
const TRANSACTIONS = 25;
const OPERATIONS_MAX = 300;
const NODE_MS = 900_000;
const GUEST_MS = 900_000;
const GUEST_CUTS = 2;
/** Makes a line that is longer than the C library's buffer of standard output: it comes when it is said. */
const FILLER_BYTES = 700;

const CHECK =
  "pragma integrity_check; select count(*), coalesce(max(n), 0), (select v from total) = coalesce(sum(n), 0) from log;";

/** Transactions on two tables from number `first` on, each acknowledged by a line; no more after an error. */
function work(first: number, count: number): string {
  const lines = [
    ".bail on",
    "create table if not exists log(n integer primary key, body blob);",
    "create table if not exists total(v integer);",
    "insert into total select 0 where not exists (select 1 from total);",
  ];
  for (let n = first; n < first + count; n++) {
    const size = 1 + ((n * 797) % 9000);
    lines.push(`begin; insert into log values(${n}, randomblob(${size})); update total set v = v + ${n};`);
    if (n % 7 === 0)
      lines.push(`delete from log where n = ${n - 5}; update total set v = v - ${n - 5} where changes() = 1;`);
    lines.push(`commit; select 'done ${n} ' || hex(zeroblob(${FILLER_BYTES}));`);
  }
  return `${lines.join("\n")}\n`;
}

/** The last transaction that was acknowledged, or `otherwise`. */
function acknowledged(output: string, otherwise: number): number {
  return Math.max(otherwise, ...[...output.matchAll(/^done (\d+) /gm)].map((match) => Number(match[1])));
}

/** What CHECK printed: the last transaction that is there. Throws when anything is wrong. */
function verdict(output: string): number {
  const match = /^ok\n\d+\|(\d+)\|1\n$/.exec(output);
  if (match === null) throw new Error(`the database is not sound: ${output}`);
  return Number(match[1]);
}

it(
  `survives ${CUTS} cuts on a disk that loses what was not flushed`,
  async () => {
    const program = new Uint8Array(readFileSync(await buildSqlite(() => {})));
    const run = async (disk: CutDisk | MemoryDisk, sql: string): Promise<string> => {
      const store = await Store.create(disk);
      store.mount();
      const options = { directories: ["/\tstore"], servers: { store: new StoreFiles(store) } };
      const result = await runProgram(program, {
        ...options,
        arguments: ["sqlite3", "-batch", "/base"],
        input: Buffer.from(sql),
        realtime: 1_780_000_000_000_000_000n,
      });
      return result.output.toString();
    };
    let interrupted = 0;
    for (let seed = 1; seed <= CUTS / CUTS_A_DISK; seed++) {
      const random = new Random(seed * 104_729);
      let medium = new MemoryDisk(PAGES);
      (await Store.create(medium)).format([3n, BigInt(seed)]);
      await run(medium, work(1, 1));
      let last = 1;
      for (let cut = 0; cut < CUTS_A_DISK; cut++) {
        const disk = new CutDisk(medium, random);
        disk.cutAfter(20 + random.below(OPERATIONS_MAX));
        const said = acknowledged(await run(disk, work(last + 1, TRANSACTIONS)), last);
        if (disk.isOff) interrupted++;
        medium = disk.survivor();
        const there = verdict(await run(medium, CHECK));
        expect(there, `disk ${seed}, cut ${cut}: ${said} was acknowledged`).toBeGreaterThanOrEqual(said);
        expect(there).toBeLessThanOrEqual(said + 1);
        last = there;
      }
    }
    expect(interrupted).toBeGreaterThan(CUTS / 2);
  },
  NODE_MS,
);

const PHI = fileURLToPath(new URL("../../scripts/phi.mjs", import.meta.url));
const scratch = temporaryDirectory();

/** Runs `phi` and kills it, the emulator with it, once `enough` lines were acknowledged: its output. */
function killed(list: readonly string[], input: string, enough: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PHI, ...list], { stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      if (acknowledged(output, 0) >= enough) child.kill("SIGTERM");
    });
    child.stdin.on("error", () => undefined);
    child.stdin.write(input);
    child.once("error", reject);
    child.once("close", () => resolve(output));
  });
}

describe.each(TESTED)("%s", (arch) => {
  it(
    `survives ${GUEST_CUTS} killed emulators, each in the middle of its work`,
    async () => {
      const program = await buildSqlite(() => {});
      const image = join(scratch, `${arch}.disk`);
      const made = FileDisk.create(image, 64 << 20);
      (await Store.create(made)).format([5n, 6n]);
      made.close();
      const list = ["run", "--arch", arch, "--disk", image, program, "-batch", "/base"];
      let last = 0;
      for (let cut = 0; cut < GUEST_CUTS; cut++) {
        const said = acknowledged(await killed(list, work(last + 1, 400), last + 10 + cut * 7), last);
        expect(said).toBeGreaterThanOrEqual(last + 10);
        const check = await phi(list, CHECK);
        const there = verdict(check.stdout.toString());
        expect(there).toBeGreaterThanOrEqual(said);
        last = there;
      }
    },
    GUEST_MS,
  );
});
