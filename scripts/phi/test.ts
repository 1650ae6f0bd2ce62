// `phi test`: builds what the tests boot, runs vitest, and ends with the plain line "N passed, N failed".
// Anything that is not a clean pass fails: a test file that cannot be loaded, an error outside tests, a hung runner.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "qemu-test-harness";
import { CliFailure } from "./failure.ts";
import { BUILD, ROOT, shown } from "./paths.ts";

/** The parts of vitest's JSON report that count. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

export interface TestOptions {
  readonly architectures: readonly Architecture[];
  /** Part of a test file's path, or of a test's name with `name`. */
  readonly pattern?: string;
  readonly name?: string;
  /** vitest project: unit, system, wasi. */
  readonly project?: string;
  readonly timeout_ms: number;
}

/** Lines of a failure's message that are said again at the end: what was awaited, and the guest's last lines. */
const MESSAGE_LINES = 30;

const REPORT = join(BUILD, "test", "report.json");

/** Runs the tests and returns the exit code. */
export async function runTests(options: TestOptions): Promise<number> {
  rmSync(REPORT, { force: true });
  mkdirSync(join(BUILD, "test"), { recursive: true });
  const code = await runVitest(options);
  const report = existsSync(REPORT) ? (JSON.parse(readFileSync(REPORT, "utf8")) as Report) : undefined;
  const { passed, failed, skipped, remarks } = tally(report, code);
  for (const remark of remarks) process.stdout.write(`${remark}\n`);
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function runVitest(options: TestOptions): Promise<number | null> {
  const list = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${REPORT}`,
  ];
  if (options.project !== undefined) list.push("--project", options.project);
  if (options.name !== undefined) list.push("-t", options.name);
  if (options.pattern !== undefined) list.push(options.pattern);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, list, {
      cwd: ROOT,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, PHI_TEST_ARCHITECTURES: options.architectures.join(",") },
    });
    const timer = setTimeout(() => {
      process.stderr.write(`phi: the tests did not end in ${options.timeout_ms / 1000} s; stopping them\n`);
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 5_000).unref();
    }, options.timeout_ms);
    const forward = (): void => void child.kill("SIGINT");
    process.on("SIGINT", forward);
    child.once("error", (error) =>
      reject(new CliFailure(`vitest cannot be started: ${error.message}`, "Run `make setup`.")),
    );
    child.once("close", (code) => {
      clearTimeout(timer);
      process.off("SIGINT", forward);
      resolve(code);
    });
  });
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly remarks: readonly string[];
}

/** What a run of the tests comes to, by its report (none: the runner wrote none) and the runner's exit code. */
export function tally(report: Report | undefined, code: number | null): Tally {
  if (report === undefined)
    return { passed: 0, failed: 1, skipped: 0, remarks: ["the test runner ended without a report"] };
  // A file that cannot be loaded holds no test that could fail: it counts as one failure itself.
  const unloaded = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  const remarks = unloaded.map((file) => `could not be loaded: ${shown(file.name)}`);
  remarks.push(...failures(report));
  let failed = report.numFailedTests + unloaded.length;
  if (failed === 0 && code !== 0) {
    failed = 1;
    remarks.push(`the test runner ended with code ${code}: an error outside the tests`);
  }
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests, remarks };
}

/** Each failed test by name, and what it said: whoever sees the end of a long log alone learns what failed. */
function failures(report: Report): string[] {
  return report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => {
        const lines = test.failureMessages.join("\n").split("\n");
        const said = lines.slice(0, MESSAGE_LINES).map((line) => `  ${line}`);
        return [`failed: ${shown(file.name)} > ${test.fullName}`, ...said].join("\n");
      }),
  );
}
