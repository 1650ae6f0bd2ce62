// What the builds of both kinds of fuzzers share: seeded bugs in sources, the generated C compiled for this machine, libFuzzer linked to it.
// Called by build.ts (the kernel's) and parsers/build.ts (services'). Only on x86_64 Linux.

import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { compileC } from "../../linker/compile/clang.ts";
import type { GeneratedModule } from "../../linker/compile/generate.ts";
import { type BuildTree, contentKey, temporaryName, writeIfChanged } from "../../linker/files.ts";
import type { HeaderSet } from "../../linker/headers/write.ts";
import { CLANG, runTool } from "../../linker/tools.ts";

export const ARCHITECTURE = "x86_64";

/** One text of a source changed before it is compiled: a bug that the fuzzer must find. */
export interface Seed {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The text of the seed's file with the seed in it. */
export function seeded(text: string, { name, file, from, to }: Seed): string {
  if (!text.includes(from)) throw new Error(`${file} no longer has what ${name} changes.`);
  return text.replace(from, () => to);
}

interface PartsRequest {
  readonly name: string;
  readonly headers: HeaderSet;
  readonly flags: readonly string[];
  /** C behind the first part. */
  readonly extra?: string;
}

export function compileParts(
  tree: BuildTree,
  generated: GeneratedModule,
  { name, headers, flags, extra = "" }: PartsRequest,
): Promise<string>[] {
  return generated.parts.map((text, index) =>
    compileC({
      name: `${name}-${index}`,
      text: index === 0 ? `${text}${extra}` : text,
      architecture: ARCHITECTURE,
      kind: "host",
      extraFlags: flags,
      headers,
      includeDirectory: generated.directory,
      includeKey: generated.includeKey,
      cacheDirectory: tree.cache,
    }),
  );
}

interface LinkRequest {
  readonly label: string;
  /** The glue, and where its source is to lie. */
  readonly text: string;
  readonly directory: string;
  readonly objects: readonly string[];
}

/** Links build/x86_64/host/LABEL-… and answers its path. */
export async function linkFuzzer(tree: BuildTree, { label, text, directory, objects }: LinkRequest): Promise<string> {
  const output = tree.path("host", `${label}-${contentKey(text, ...objects).slice(0, 12)}`);
  if (existsSync(output)) return output;
  mkdirSync(tree.path("host"), { recursive: true });
  const source = join(directory, "glue.c");
  writeIfChanged(source, text);
  const temporary = temporaryName(output);
  await runTool(
    CLANG,
    [
      "-O1",
      "-w",
      "-gline-tables-only",
      "-fsanitize=fuzzer",
      "-fno-sanitize-coverage=trace-cmp,inline-8bit-counters,pc-table,trace-pc-guard,indirect-calls",
      source,
      ...objects,
      "-lm",
      "-o",
      temporary,
    ],
    `Linking ${label}`,
  );
  renameSync(temporary, output);
  return output;
}
