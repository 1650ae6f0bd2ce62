// The rules of this tree that no linter knows: no C, bounded files, the kernel's code budget, no architecture in
// generic code, nothing generated under version control, no path of one particular machine. Used by `phi check`.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { CliFailure } from "./failure.ts";
import { ROOT } from "./paths.ts";

export interface RuleResult {
  readonly name: string;
  readonly figure?: string;
  readonly complaints: readonly string[];
}

/** Law of the minimal kernel: kernel/ + hal/<one arch> + boot/<one arch>. */
export const KERNEL_LINES_MAX = 10_000;
export const FILE_LINES_MAX = 700;
const C_ENDINGS = new Set([".c", ".h", ".cc", ".cpp", ".hpp", ".cxx"]);
const SOURCE_ENDINGS = new Set([".ts", ".mjs", ".S", ".inc", ".sh"]);
/** Names that generic code must not know. */
const ARCHITECTURE_NAME = /\b(x86|x86_64|amd64|riscv|riscv64|aarch64)\b/i;

/** Applies all rules to the files under version control, and to new ones that are not ignored. */
export function checkTree(): readonly RuleResult[] {
  const files = listFiles();
  const sources = files.filter((file) => SOURCE_ENDINGS.has(extname(file)));
  return [
    noC(files),
    fileSizes(sources),
    budget(sources),
    genericCode(sources),
    noHomePaths(files),
    noGenerated(files),
  ];
}

function listFiles(): readonly string[] {
  const list = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (list.status !== 0)
    throw new CliFailure(`git cannot list the files: ${list.stderr.trim()}`, "Run the check inside the repository.");
  return list.stdout.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

function lineCount(file: string): number {
  const content = text(file);
  return content === "" ? 0 : content.replace(/\n$/, "").split("\n").length;
}

function noC(files: readonly string[]): RuleResult {
  const found = files.filter((file) => C_ENDINGS.has(extname(file)));
  return {
    name: "no C in the tree",
    complaints: found.map((file) => `${file}: C is an intermediate under build/, never a source`),
  };
}

function fileSizes(sources: readonly string[]): RuleResult {
  const sizes = sources.map((file) => ({ file, lines: lineCount(file) })).sort((a, b) => a.lines - b.lines);
  const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
  const small = sizes.filter(({ lines }) => lines <= 300).length;
  return {
    name: `files of at most ${FILE_LINES_MAX} lines`,
    figure: `${sizes.length} files, median ${median}, ${Math.floor((100 * small) / Math.max(1, sizes.length))} % up to 300`,
    complaints: sizes
      .filter(({ lines }) => lines > FILE_LINES_MAX)
      .map(({ file, lines }) => `${file} has ${lines} lines; split it`),
  };
}

/** Lines that hold code: neither blank nor comment alone (`//`, `#` of the assembler, and the block kinds). */
function codeLineCount(file: string): number {
  const withoutBlocks = text(file).replace(/\/\*[\s\S]*?\*\//g, "");
  return withoutBlocks.split("\n").filter((line) => !/^\s*($|\/\/|#)/.test(line)).length;
}

function budget(sources: readonly string[]): RuleResult {
  const sum = (prefix: string, count: (file: string) => number): number =>
    sources.filter((file) => file.startsWith(prefix)).reduce((total, file) => total + count(file), 0);
  const kernel = (name: string, count: (file: string) => number): number =>
    sum("kernel/", count) + sum(`hal/${name}/`, count) + sum(`boot/${name}/`, count);
  const architectures = readdirSync(join(ROOT, "hal"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const totals = architectures.map((name) => ({
    name,
    total: kernel(name, codeLineCount),
    all: kernel(name, lineCount),
  }));
  return {
    name: `kernel + hal + boot within ${KERNEL_LINES_MAX} lines of code`,
    figure: totals.map(({ name, total, all }) => `${name} ${total} (${all} with comments)`).join(", "),
    complaints: totals
      .filter(({ total }) => total > KERNEL_LINES_MAX)
      .map(({ name, total }) => `${name}: ${total} lines of code; move something out of the kernel`),
  };
}

function genericCode(sources: readonly string[]): RuleResult {
  const complaints: string[] = [];
  for (const file of sources.filter((name) => /^(kernel|services|images)\//.test(name))) {
    for (const [index, line] of text(file).split("\n").entries()) {
      // Comments may name one, as an example; code may not.
      const code = line.replace(/\/\/.*$|^\s*(\/?\*).*$/, "");
      if (ARCHITECTURE_NAME.test(code))
        complaints.push(`${file}:${index + 1} names an architecture; that belongs into hal/ or boot/`);
    }
  }
  return { name: "no architecture named in generic code", complaints };
}

function noHomePaths(files: readonly string[]): RuleResult {
  const complaints: string[] = [];
  for (const file of files.filter(
    (name) => /\.(ts|mjs|S|sh|md|json|ya?ml)$|(^|\/)(Makefile|run)$/.test(name) && name !== "package-lock.json",
  )) {
    for (const [index, line] of text(file).split("\n").entries()) {
      if (line.includes(ROOT)) complaints.push(`${file}:${index + 1} holds a path of one particular machine`);
    }
  }
  return { name: "no paths of one particular machine", complaints };
}

function noGenerated(files: readonly string[]): RuleResult {
  const found = files.filter((file) => /\.(o|elf|phx|wasm|img|bin|a)$/.test(file));
  return {
    name: "nothing generated under version control",
    complaints: found.map((file) => `${file} is a build product; it belongs under build/`),
  };
}
