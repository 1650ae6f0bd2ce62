// `phi bench`: runs the benchmarks of tests/bench, prints a table, and writes JSON or docs/benchmarks.md when asked.
// A figure that misses its bar is shown as such; the exit code is 1 only when something could not be measured.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { ARCHITECTURES, type Architecture } from "qemu-test-harness";
import { type Benchmark, type Figure, PEERS } from "../../tests/bench/figure.ts";
import { growthPlot } from "../../tests/bench/growth-plot.ts";
import { BENCHMARKS } from "../../tests/bench/list.ts";
import { scalingPlot } from "../../tests/bench/plot.ts";
import { CliFailure, checkWritable, EXIT_USAGE, report } from "./failure.ts";
import { ROOT, writeWhole } from "./paths.ts";
import { beginProgress, colours } from "./terminal.ts";

/** Curves of cost against number: the figures' prefix, and the picture that is drawn of them below docs/. */
const GROWTHS = [
  {
    prefix: "vector.growth",
    file: "vector-growth.svg",
    title: "Processor time among ever more vectors of 100 dimensions",
  },
  {
    prefix: "store.growth",
    file: "store-growth.svg",
    title: "Processor time in a store of ever more files",
  },
] as const;

export interface BenchOptions {
  readonly architectures: readonly Architecture[];
  /** Part of the names to measure. */
  readonly name?: string;
  readonly list: boolean;
  readonly json?: string;
  readonly quick: boolean;
  readonly writeDocs: boolean;
}

export async function runBench(options: BenchOptions): Promise<number> {
  const names = BENCHMARKS.flatMap((benchmark) => benchmark.names);
  if (options.list) {
    process.stdout.write(`${names.join("\n")}\n`);
    return 0;
  }
  const chosen = BENCHMARKS.filter((benchmark) => matches(benchmark, options));
  if (chosen.length === 0)
    throw new CliFailure(`no benchmark is called "${options.name}"`, "phi bench --list names them.", EXIT_USAGE);
  if (options.json !== undefined) checkWritable(options.json);
  const { figures, failures } = await measureAll(chosen, options);
  process.stdout.write(`${table(figures)}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  if (options.writeDocs) {
    const plot = scalingPlot(figures);
    if (plot !== undefined) writeWhole(join(ROOT, "docs", "call-scaling.svg"), plot);
    for (const { prefix, file, title } of GROWTHS) {
      const growth = growthPlot(figures, prefix, title);
      if (growth !== undefined) writeWhole(join(ROOT, "docs", file), growth);
    }
    // after the pictures: the page shows those that are there
    const file = join(ROOT, "docs", "benchmarks.md");
    // A part of the figures: the others stay as they were written.
    const isWhole =
      options.name === undefined && !options.quick && options.architectures.length === ARCHITECTURES.length;
    const before = isWhole || !existsSync(file) ? "" : readFileSync(file, "utf8");
    writeWhole(file, page(figures, before));
  }
  return failures === 0 ? 0 : 1;
}

function matches(benchmark: Benchmark, { name, quick }: BenchOptions): boolean {
  return (!quick || benchmark.quick) && (name === undefined || benchmark.names.some((own) => own.includes(name)));
}

async function measureAll(
  chosen: readonly Benchmark[],
  options: BenchOptions,
): Promise<{ figures: Figure[]; failures: number }> {
  const figures: Figure[] = [];
  let failures = 0;
  for (const benchmark of chosen) {
    for (const arch of benchmark.on.filter((own) => own === "host" || options.architectures.includes(own))) {
      const progress = beginProgress(`measuring ${benchmark.names[0]} (${arch})`);
      try {
        const found = await benchmark.measure(arch, options);
        figures.push(...found.filter((figure) => options.name === undefined || figure.name.includes(options.name)));
        progress.done();
      } catch (error) {
        progress.stop();
        report(error);
        failures++;
      }
    }
  }
  return { figures, failures };
}

/** true: at or better than its bar; undefined: it has none. */
function meets({ value, bar, better }: Figure): boolean | undefined {
  if (bar === null) return undefined;
  return better === "lower" ? value <= bar : value >= bar;
}

function shown(value: number, unit: string): string {
  if (unit !== "bytes") return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
  return value < 1 << 20 ? `${(value / 1024).toFixed(1)} KiB` : `${(value / (1 << 20)).toFixed(2)} MiB`;
}

function unitShown(unit: string): string {
  return unit === "bytes" ? "" : ` ${unit}`;
}

function row(figure: Figure): { name: string; value: string; bar: string; verdict: string; peers: string } {
  const good = meets(figure);
  return {
    name: `${figure.name} (${figure.arch})`,
    value: `${shown(figure.value, figure.unit)}${unitShown(figure.unit)}`,
    bar: figure.bar === null ? "" : `${figure.better === "lower" ? "≤" : "≥"} ${shown(figure.bar, figure.unit)}`,
    verdict: good === undefined ? "" : good ? "met" : "missed",
    peers: figure.peers ?? PEERS[`${figure.name} ${figure.arch}`] ?? "",
  };
}

function table(figures: readonly Figure[]): string {
  const drawn = new Table({ head: ["figure", "value", "bar", "", "others"], style: { head: [], border: [] } });
  for (const { name, value, bar, verdict, peers } of figures.map(row)) {
    const coloured = verdict === "met" ? colours.green(verdict) : colours.red(verdict);
    drawn.push([name, value, bar, coloured, peers]);
  }
  return drawn.toString();
}

/** Shown once the curve was drawn: it takes long. */
function growthSection(): string {
  if (!existsSync(join(ROOT, "docs", "vector-growth.svg"))) return "";
  return `
## Search among many
![Processor time of an insertion and of a search among 1,000 to 1,000,000 vectors](vector-growth.svg)

Both grow as the logarithm of the number, and by what leaves the processor's caches.
`;
}

/** The lines of a page by what the pattern's group finds in each. */
function linesOf(text: string, pattern: RegExp): Map<string, string> {
  const lines = text.split("\n").map((line) => [pattern.exec(line)?.[1], line] as const);
  return new Map(lines.filter((pair): pair is readonly [string, string] => pair[0] !== undefined));
}

/** The whole page; what `before` says of figures that are not among these stays. */
function page(figures: readonly Figure[], before: string): string {
  const table = linesOf(before, /^\| ([^|]+ \(\w+\)) \| /);
  for (const figure of figures) {
    const { name, value, bar, verdict, peers } = row(figure);
    const command = `phi bench ${figure.arch === "host" ? "" : `--arch ${figure.arch} `}${figure.name}`;
    table.set(name, `| ${name} | ${value} | ${bar} | ${verdict} | ${peers} | \`${command}\` |`);
  }
  const explanations = linesOf(before, /^\* \*\*([^*]+)\*\*: /);
  for (const { name, counts } of figures) if (counts !== undefined) explanations.set(name, `* **${name}**: ${counts}.`);
  const rows = [...table.values()];
  const explained = [...explanations.values()];
  return `# Benchmarks

Written by \`make bench\` (\`phi bench --write-docs\`). Instructions are counted under \`-icount\`, the same in every run; boot figures are above
what the firmware takes (riscv64: from the first call out of the assembly, because the firmware takes a different number each time). Ratios compare the least processor time of interleaved runs of whole processes on the build machine, starting and
compiling included (which counts for V8), and vary by a few per cent with what else the machine does.

| figure | value | bar | | others, same emulator | command |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

## What is counted
The loop's own instructions and those that read the counter are measured and taken away. \`sfi\` and \`hw\` name the mode of everybody in it,
\`sfi-to-hw\` the client's and the server's. The paths of the kernel are counted in a system of their own (tests/bench/guest), in which nothing runs but what is measured.

${explained.join("\n")}

## Calls among many
![Instructions and host cycles of a call among 1 to 10,000 instances and up to 1,000,000 capabilities](call-scaling.svg)

The instructions are the same for one instance and for ten thousand; the cycles grow as the tables and the instances' stacks leave the processor's caches.
Where the instructions of a call go, one by one, stands in decisions/018.
${growthSection()}`;
}
