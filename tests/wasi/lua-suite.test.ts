// Lua's own test scripts (those of 5.3, in the chunks that fengari has them in) on Lua 5.4 as a WASI program on ΦOS: each chunk
// that passes on the same Lua built natively passes in a guest, in one boot for each architecture and isolation.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildLua, buildNativeLua } from "../../scripts/programs/index.ts";
import { phi, TESTED } from "../system/support.ts";
import { ROOT } from "../unit/wasi-service/companion.ts";
import { readReport, writeSuite } from "./lua-suite.ts";
import { EXCLUSIONS } from "./lua-suite-exclusions.ts";

const SUITE = join(ROOT, "build/wasi-tests/lua-suite");
/** A guest takes 15 seconds of an idle processor; most of them are one chunk that overflows Lua's stack. */
const GUEST_SECONDS = 300;
const TEST_MS = 900_000;

const excluded: ReadonlySet<string> = new Set(EXCLUSIONS.flatMap((exclusion) => exclusion.chunks));
let chunks: readonly string[] = [];
let native = "";
let program = "";

beforeAll(async () => {
  chunks = writeSuite(SUITE);
  native = await buildNativeLua(() => {});
  program = await buildLua(() => {});
}, TEST_MS);

/** Chunks that ought to pass and do not, each with what it said instead. */
function failuresIn(report: ReadonlyMap<string, string>): string[] {
  return chunks
    .filter((name) => !excluded.has(name) && report.get(name) !== "ok")
    .map((name) => `${name}: ${report.get(name) ?? "did not run"}`);
}

it(
  "a native Lua 5.4 passes all but the excluded chunks, and none of those",
  () => {
    const result = spawnSync(native, [join(SUITE, "driver.lua"), SUITE], { maxBuffer: 1 << 26, timeout: TEST_MS });
    const report = readReport(result.stdout.toString());
    expect([result.status, result.stderr.toString()]).toEqual([0, ""]);
    expect(chunks.length).toBe(382);
    expect(new Set(chunks).size).toBe(chunks.length);
    expect(chunks.filter((name) => report.get(name) !== "ok").sort()).toEqual([...excluded].sort());
  },
  TEST_MS,
);

const PLACES = TESTED.flatMap((arch) => (["hw", "sfi"] as const).map((isolation) => [arch, isolation] as const));

describe.each(PLACES)("%s %s", (arch, isolation) => {
  it(
    "passes what the native Lua passes",
    async () => {
      const trust = isolation === "sfi" ? ["--trusted"] : [];
      const options = ["--arch", arch, "--isolation", isolation, ...trust, "--timeout", String(GUEST_SECONDS)];
      const result = await phi([
        "run",
        ...options,
        "--pack",
        `${SUITE}::/suite`,
        program,
        "/suite/driver.lua",
        "/suite",
      ]);
      const report = readReport(result.stdout.toString());
      expect(failuresIn(report)).toEqual([]);
      expect([report.size, result.status]).toEqual([chunks.length, 0]);
    },
    TEST_MS,
  );
});
