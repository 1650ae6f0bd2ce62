// `phi check`: formatter, linter, types, and the rules of this tree that no tool knows (rules.ts).
// Runs everything even after a failure, so that one run shows all that is wrong.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.ts";
import { checkTree } from "./rules.ts";
import { colours } from "./terminal.ts";

/** AssemblyScript, which the ordinary tools do not parse. */
const ASSEMBLYSCRIPT = [
  "kernel/**/*.ts",
  "hal/**/*.ts",
  "services/**/*.ts",
  "tests/**/programs/**/*.ts",
  "tests/unit/kernel/hal/*.ts",
  "tests/**/guest/**/*.ts",
];

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** What to do when it fails. */
  readonly advice: string;
}

function steps(fix: boolean): readonly Step[] {
  return [
    {
      name: "biome (host TypeScript: format, lint)",
      command: [
        "node_modules/@biomejs/biome/bin/biome",
        "check",
        "--error-on-warnings",
        ...(fix ? ["--write"] : []),
        ".",
      ],
      advice: "Run `npx phi check --fix` for what can be mended automatically.",
    },
    {
      name: "prettier (AssemblyScript: format)",
      command: [
        "node_modules/prettier/bin/prettier.cjs",
        fix ? "--write" : "--check",
        "--no-error-on-unmatched-pattern",
        "--log-level",
        "warn",
        ...ASSEMBLYSCRIPT,
      ],
      advice: "Run `npx phi check --fix`.",
    },
    {
      name: "tsc (host TypeScript: types)",
      command: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
      advice: "Mend the types named above.",
    },
  ];
}

/** Runs all checks; returns the exit code. */
export async function runChecks(fix: boolean): Promise<number> {
  let failures = 0;
  for (const step of steps(fix)) {
    const { code, output } = await run(step.command);
    verdict(step.name, code === 0);
    if (code === 0) continue;
    failures++;
    process.stdout.write(`${output.trimEnd()}\n  ${step.advice}\n`);
  }
  for (const result of checkTree()) {
    verdict(result.name, result.complaints.length === 0, result.figure);
    if (result.complaints.length > 0) failures++;
    for (const complaint of result.complaints) process.stdout.write(`  ${complaint}\n`);
  }
  process.stdout.write(failures === 0 ? "all checks passed\n" : `${failures} checks failed\n`);
  return failures === 0 ? 0 : 1;
}

function verdict(name: string, good: boolean, figure?: string): void {
  const mark = good ? colours.green("ok  ") : colours.red("FAIL");
  process.stdout.write(`${mark} ${name}${figure === undefined ? "" : `: ${figure}`}\n`);
}

function run(command: readonly string[]): Promise<{ code: number | null; output: string }> {
  const [script = "", ...list] = command;
  if (!existsSync(join(ROOT, script)))
    return Promise.resolve({ code: 1, output: `${script} is missing; run \`make setup\`` });
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...list], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        output += text;
      });
    }
    child.once("error", (error) => resolve({ code: 1, output: error.message }));
    child.once("close", (code) => resolve({ code, output }));
  });
}
