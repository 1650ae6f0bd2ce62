// Generated C and hand-written assembly to objects, by clang-19, through the content-addressed cache in build/cache.
// Called by compile/module.ts, kernel.ts, host.ts. Invariant: an object's key covers its text, every header and
// include, all flags and the compiler's version.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Architecture } from "../abi/constants.ts";
import { GENERATED_FILE } from "../debug/directives.ts";
import { contentKey, temporaryName } from "../files.ts";
import type { HeaderSet } from "../headers/write.ts";
import { CLANG, runTool, toolVersion } from "../tools.ts";
import { assemblerFlags, type CodeKind, compilerFlags } from "./flags.ts";

export interface CompileRequest {
  /** Named in messages and in the object's file name. */
  name: string;
  text: string;
  architecture: Architecture;
  kind: CodeKind;
  headers: HeaderSet;
  /** Directory and combined key of the module's own headers. */
  includeDirectory: string;
  includeKey: string;
  cacheDirectory: string;
  extraFlags?: readonly string[];
}

async function cachedObject(
  cacheDirectory: string,
  key: string,
  label: string,
  suffix: string,
  text: string,
  make: (source: string, object: string) => Promise<void>,
): Promise<string> {
  const object = join(cacheDirectory, "objects", key.slice(0, 2), `${label}-${key.slice(2, 34)}.o`);
  if (existsSync(object)) return object;
  mkdirSync(dirname(object), { recursive: true });
  const temporary = temporaryName(object);
  const source = `${temporary}${suffix}`;
  try {
    writeFileSync(source, text);
    await make(source, temporary);
    renameSync(temporary, object);
  } finally {
    rmSync(source, { force: true });
    rmSync(temporary, { force: true });
  }
  return object;
}

/** Compiles one C text. Answers the path of the object, which belongs to the cache: read only. */
export async function compileC(request: CompileRequest): Promise<string> {
  const flags = [...compilerFlags(request.architecture, request.kind), ...(request.extraFlags ?? [])];
  const key = contentKey(
    await toolVersion(CLANG),
    flags.join(" "),
    request.headers.key,
    request.includeKey,
    request.text,
  );
  return cachedObject(request.cacheDirectory, key, request.name, ".c", request.text, async (source, object) => {
    const includes = ["-I", request.includeDirectory, "-isystem", request.headers.directory];
    await runTool(CLANG, [...flags, ...includes, "-c", source, "-o", object], `Compiling ${request.name}`);
  });
}

/** Assembles one emitted text, which has no lines that anybody wants to see; `.include "abi.inc"` is found in `includeDirectories`, whose content `includeKey` covers. */
export async function assemble(request: {
  name: string;
  text: string;
  architecture: Architecture;
  kind: "kernel" | "module";
  includeDirectories: readonly string[];
  includeKey: string;
  cacheDirectory: string;
  /** Assembler symbols with a value. */
  definitions?: Readonly<Record<string, number>>;
  extraFlags?: readonly string[];
}): Promise<string> {
  const definitions = Object.entries(request.definitions ?? {}).map(([name, value]) => `-Wa,-defsym,${name}=${value}`);
  const flags = [...assemblerFlags(request.architecture, request.kind), ...definitions, ...(request.extraFlags ?? [])];
  const text = request.text.startsWith("# 1 ") ? request.text : `# 1 "${GENERATED_FILE}"\n${request.text}`;
  const key = contentKey(await toolVersion(CLANG), flags.join(" "), request.includeKey, text);
  return cachedObject(request.cacheDirectory, key, request.name, ".s", text, async (source, object) => {
    const includes = request.includeDirectories.flatMap((directory) => ["-I", directory]);
    await runTool(CLANG, [...flags, ...includes, "-c", source, "-o", object], `Assembling ${request.name}`);
  });
}

/** The object with a module's initial memory, if that is not in its C. */
export async function assembleData(
  name: string,
  generated: { directory: string; data?: { text: string; key: string } },
  tree: { architecture: Architecture; cache: string },
): Promise<string[]> {
  if (generated.data === undefined) return [];
  const object = await assemble({
    name: `${name}-data`,
    text: generated.data.text,
    architecture: tree.architecture,
    kind: "module",
    includeDirectories: [generated.directory],
    includeKey: generated.data.key,
    cacheDirectory: tree.cache,
  });
  return [object];
}

/** Assembles a file of the tree with `.include` files beside it; line numbers keep the file's name. */
export async function assembleFile(
  root: string,
  path: string,
  request: Omit<Parameters<typeof assemble>[0], "name" | "text">,
): Promise<string> {
  const text = readFileSync(join(root, path), "utf8");
  return assemble({ ...request, name: basename(path, ".S"), text: `# 1 "${path}"\n${text}` });
}
