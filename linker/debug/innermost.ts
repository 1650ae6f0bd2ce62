// Names of inlined functions, and of C++ and Rust functions, by the tools of LLVM. Called by symbols.ts, in one batch
// each per module: both tools answer a hundred thousand questions a second.

import { execFileSync } from "node:child_process";
import { BuildError } from "../error.ts";

const OUTPUT_LIMIT_BYTES = 1 << 30;

function ask(tool: string, parameters: readonly string[], questions: readonly string[]): string {
  try {
    const input = `${questions.join("\n")}\n`;
    // Warnings about debug information that is merely odd are nobody's business here.
    return execFileSync(tool, parameters, { input, encoding: "utf8", maxBuffer: OUTPUT_LIMIT_BYTES, stdio: "pipe" });
  } catch (error) {
    throw new BuildError(
      `${tool} failed: ${(error as Error).message.split("\n")[0]}. Is the package llvm-19 installed?`,
    );
  }
}

/** The symbol of the innermost function at each address of an ELF: of an inlined one, its own, not its caller's. */
export function innermostFunctions(elfPath: string, addresses: readonly bigint[]): string[] {
  if (addresses.length === 0) return [];
  const flags = [`--obj=${elfPath}`, "--inlines", "--functions=linkage", "--no-demangle"];
  const questions = addresses.map((address) => `0x${address.toString(16)}`);
  // A block of lines for each address, ended by an empty line; its first line is the innermost function.
  const blocks = ask("llvm-symbolizer-19", flags, questions).split("\n\n");
  if (blocks.length < addresses.length)
    throw new BuildError(`llvm-symbolizer-19 did not answer for all of ${elfPath}.`);
  return addresses.map((_, index) => (blocks[index] as string).trimStart().split("\n", 1)[0] as string);
}

const MANGLED = /^_(?:Z|R)/;
/** What Rust's older scheme adds to every name. */
const RUST_HASH = /::h[0-9a-f]{16}$/;

/** Mangled C++ and Rust names become readable; all others stay. */
export function demangled(names: readonly string[]): string[] {
  const mangled = names.filter((name) => MANGLED.test(name));
  if (mangled.length === 0) return [...names];
  const answers = ask("llvm-cxxfilt-19", ["--no-params"], mangled).split("\n");
  const readable = new Map(mangled.map((name, index) => [name, (answers[index] ?? name).replace(RUST_HASH, "")]));
  return names.map((name) => readable.get(name) ?? name);
}
