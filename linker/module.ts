// A module from Wasm to .phx: checks, C, objects, link, file. Called by index.ts for services and third-party programs.
// Invariant: what the module may import is decided here, before anything is generated from it.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { loadAbi } from "./abi/constants.ts";
import { assembleData, compileC } from "./compile/clang.ts";
import { generate } from "./compile/generate.ts";
import type { CFunction, WasmType } from "./compile/interface.ts";
import { BuildError } from "./error.ts";
import { type BuildTree, contentKey, writeAtomically } from "./files.ts";
import { writeHeaders } from "./headers/write.ts";
import { linkModule } from "./phx/link.ts";
import { phxHash, writePhx } from "./phx/write.ts";
import { type Progress, silent } from "./progress.ts";
import { type Personality, planThunks } from "./runtime/thunks.ts";
import { toolchainKey } from "./toolchain.ts";
import { inspectModule, ModuleError, type ModuleInfo } from "./wasm/inspect.ts";

export interface ModuleRequest {
  tree: BuildTree;
  /** In the .phx header and in messages. */
  name: string;
  /** Name of the files under build/<arch>/; default: name. */
  fileName?: string;
  wasm: Uint8Array;
  /** Source map of AssemblyScript; absent for third-party modules. */
  sourceMap?: string;
  /** Import modules that the image entry allows: "phi" for services, foreign names for programs. */
  allowedImports: readonly string[];
  personality?: Personality;
  stackBytes: number;
  progress?: Progress;
}

export interface ModuleProduct {
  name: string;
  /** The .phx file and its hash. */
  path: string;
  hash: Uint8Array;
  /** ELF with debug information. */
  elf: string;
  imports: string[];
}

/** Reads the module and refuses what it may not import. Errors name the file, the feature and the offset. */
export function checkModule(
  wasm: Uint8Array,
  name: string,
  allowedImports: readonly string[],
  personality?: Personality,
): ModuleInfo {
  let info: ModuleInfo;
  try {
    info = inspectModule(wasm);
  } catch (error) {
    if (error instanceof ModuleError) throw new BuildError(`${name} cannot be built: ${error.message}`);
    throw error;
  }
  if (personality !== undefined) checkProvided(info, name, allowedImports, personality);
  for (const item of info.imports) {
    if (!allowedImports.includes(item.module)) {
      const allowed = allowedImports.length === 0 ? "nothing" : allowedImports.join(", ");
      throw new BuildError(
        `${name} imports ${item.module}.${item.name}, which its image entry does not allow: it may import from ${allowed}.`,
      );
    }
  }
  return info;
}

const NAMED_IMPORTS_MAX = 12;

/** All that a program lacks in one sentence: whoever has to build it anew wants to know the whole of it. */
function checkProvided(info: ModuleInfo, name: string, modules: readonly string[], personality: Personality): void {
  const lacking = info.imports.filter(
    (item) => !modules.includes(item.module) || personality(declaredFunction(item)) === undefined,
  );
  if (lacking.length === 0) return;
  const names = [...new Set(lacking.map((item) => `${item.module}.${item.name}`))];
  const more = names.length > NAMED_IMPORTS_MAX ? ` and ${names.length - NAMED_IMPORTS_MAX} more` : "";
  const what = names.length === 1 ? "a function" : `${names.length} functions`;
  throw new BuildError(
    `${name} imports ${what} that nothing provides: ${names.slice(0, NAMED_IMPORTS_MAX).join(", ")}${more}.`,
  );
}

/** An import as a personality is asked for it, before there is a C symbol. */
function declaredFunction(item: ModuleInfo["imports"][number]): CFunction {
  return {
    module: item.module,
    name: item.name,
    symbol: "",
    parameters: [...item.type.parameters] as WasmType[],
    result: (item.type.results[0] ?? "none") as WasmType | "none",
  };
}

/** Builds build/<arch>/modules/<fileName>.phx, unless it was built from the same inputs before. */
export async function buildModuleFile(request: ModuleRequest): Promise<ModuleProduct> {
  const { tree } = request;
  const abi = loadAbi(tree.root, tree.architecture);
  const fileName = request.fileName ?? request.name;
  const info = checkModule(request.wasm, request.name, request.allowedImports, request.personality);
  const path = tree.path("modules", `${fileName}.phx`);
  const elf = tree.path("modules", `${fileName}.elf`);
  const stamp = tree.path("modules", `${fileName}.inputs`);
  const imports = info.imports.map((item) => `${item.module}.${item.name}`);
  const inputs = await moduleKey(request);
  if (!existsSync(path) || !existsSync(elf) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== inputs) {
    (request.progress ?? silent)(`${request.name} (${tree.architecture})`);
    rmSync(stamp, { force: true });
    writeAtomically(path, await compileModule(request, fileName, info.slots));
    writeAtomically(stamp, inputs);
  }
  const hash = phxHash(abi, new Uint8Array(readFileSync(path)));
  return { name: request.name, path, hash, elf, imports };
}

async function moduleKey(request: ModuleRequest): Promise<string> {
  const toolchain = await toolchainKey(request.tree.root, request.tree.architecture);
  const personality = JSON.stringify(
    inspectModule(request.wasm).imports.map((item) => request.personality?.(declaredFunction(item))),
  );
  return contentKey(
    toolchain,
    request.name,
    request.wasm,
    request.sourceMap ?? "",
    String(request.stackBytes),
    personality,
  );
}

async function compileModule(request: ModuleRequest, fileName: string, slots: 1 | 2): Promise<Uint8Array> {
  const { tree } = request;
  const abi = loadAbi(tree.root, tree.architecture);
  const generated = await generate({
    tree,
    name: fileName,
    symbolName: "module",
    flavour: "module",
    wasm: request.wasm,
    ...(request.sourceMap === undefined ? {} : { sourceMap: request.sourceMap }),
  });
  const plan = planThunks(abi, generated.interface.imports, request.personality);
  const headers = writeHeaders(tree, "module");
  const count = generated.parts.length;
  let done = 0;
  const tell = (): void => {
    if (count > 2)
      (request.progress ?? silent)(`${request.name} (${tree.architecture}): ${done} of ${count} parts compiled`);
  };
  tell();
  const objects: string[] = [];
  // the largest first: what is begun last keeps one processor busy alone
  const order = generated.parts.map((text, index) => ({ text, index })).sort((a, b) => b.text.length - a.text.length);
  await Promise.all(
    order.map(async ({ text, index }) => {
      objects[index] = await compileC({
        name: count === 1 ? request.name : `${request.name}-${index}`,
        text,
        architecture: tree.architecture,
        kind: "module",
        headers,
        includeDirectory: generated.directory,
        includeKey: generated.includeKey,
        cacheDirectory: tree.cache,
      });
      done += 1;
      tell();
    }),
  );
  const data = await assembleData(request.name, generated, tree);
  const image = await linkModule({
    tree,
    name: request.name,
    fileName,
    objects: [...objects, ...data],
    plan,
    memory: generated.memory,
    tableBytes: generated.tableBytes,
    stackBytes: request.stackBytes,
    slots,
  });
  return writePhx(abi, image);
}
