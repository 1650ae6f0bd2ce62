// The ABI's numbers for the host tools: reads every `export const NAME: type = literal;` of kernel/abi/*.ts and
// hal/<arch>/layout.ts. Called by everything in linker/ that needs an offset, a limit or a gate number.
// Invariant: a number stands in those sources once; two different values under one name are refused.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "../error.ts";

export type Architecture = "x86_64" | "riscv64";
export const ARCHITECTURES: readonly Architecture[] = ["x86_64", "riscv64"];

const DECLARATION = /^export const ([A-Za-z_][A-Za-z0-9_]*)\s*:\s*([a-z0-9]+)\s*=\s*([^;]+);/;
const LITERAL = /^-?(0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;

/** The constants of one architecture's ABI. `number` is for values that fit a double exactly. */
export class AbiConstants {
  readonly architecture: Architecture;
  readonly values: ReadonlyMap<string, bigint>;

  constructor(architecture: Architecture, values: ReadonlyMap<string, bigint>) {
    this.architecture = architecture;
    this.values = values;
  }

  value(name: string): bigint {
    const value = this.values.get(name);
    if (value === undefined)
      throw new BuildError(
        `The ABI has no constant ${name}: declare it in kernel/abi/ or hal/${this.architecture}/layout.ts.`,
      );
    return value;
  }

  number(name: string): number {
    const value = this.value(name);
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
      throw new BuildError(`The ABI constant ${name} does not fit a JavaScript number: use value(${name}).`);
    }
    return Number(value);
  }

  /** Names and numbers of all constants that start with a prefix, e.g. GATE_. */
  withPrefix(prefix: string): Map<string, number> {
    const found = new Map<string, number>();
    for (const name of this.values.keys()) if (name.startsWith(prefix)) found.set(name, this.number(name));
    return found;
  }
}

/** Adds the constants of one source text to `values`; `file` is named in errors. */
export function parseConstants(text: string, file: string, values: Map<string, bigint>): void {
  text.split("\n").forEach((line, index) => {
    if (!line.startsWith("export const ")) return;
    const where = `${file}:${index + 1}`;
    const match = DECLARATION.exec(line);
    if (match === null)
      throw new BuildError(`${where}: an ABI constant must read \`export const NAME: type = literal;\`.`);
    const name = match[1] as string;
    const source = (match[3] as string).trim();
    let value: bigint | undefined;
    if (LITERAL.test(source)) {
      const digits = source.replaceAll("_", "");
      value = digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
    } else {
      value = values.get(source);
    }
    if (value === undefined)
      throw new BuildError(`${where}: ${name} = ${source} is neither an integer nor the name of an earlier constant.`);
    const earlier = values.get(name);
    if (earlier !== undefined && earlier !== value)
      throw new BuildError(`${where}: ${name} was ${earlier} in an earlier ABI file and is ${value} here.`);
    values.set(name, value);
  });
}

const cache = new Map<string, AbiConstants>();

/** The constants of `architecture`, read once per process. */
export function loadAbi(root: string, architecture: Architecture): AbiConstants {
  const key = `${root}\0${architecture}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const values = new Map<string, bigint>();
  const directory = join(root, "kernel/abi");
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => `kernel/abi/${name}`);
  files.push(`hal/${architecture}/layout.ts`);
  for (const file of files) parseConstants(readFileSync(join(root, file), "utf8"), file, values);
  const constants = new AbiConstants(architecture, values);
  cache.set(key, constants);
  return constants;
}

/**
 * The same numbers as assembler lines, for `.include "abi.inc"` in boot/<arch>/*.S and linker/runtime/<arch>.S, and the macro
 * `every_gate`, which calls another with the number and the name of each gate, in the order of the numbers.
 */
export function assemblerSource(constants: AbiConstants): string {
  const lines = [`# The ABI's numbers, from kernel/abi/*.ts and hal/${constants.architecture}/layout.ts.`];
  for (const [name, value] of constants.values) {
    lines.push(`.set ${name}, ${value < 0n ? value.toString() : `0x${value.toString(16)}`}`);
  }
  lines.push(".macro every_gate each");
  const gates = [...constants.withPrefix("GATE_")]
    .filter(([name]) => name !== "GATE_COUNT")
    .sort((a, b) => a[1] - b[1]);
  for (const [name] of gates) lines.push(`  \\each ${name}, ${name.slice("GATE_".length).toLowerCase()}`);
  lines.push(".endm");
  return `${lines.join("\n")}\n`;
}
