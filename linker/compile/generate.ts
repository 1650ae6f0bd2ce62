// From checked Wasm to C that is ready for clang: line markers in, wasm2c, rewrites, directives back. Called by
// module.ts, kernel.ts and host.ts. Invariant: one call leaves one complete directory build/<arch>/generated/<name>/.
import { join } from "node:path";
import { loadAbi } from "../abi/constants.ts";
import { NO_LINES } from "../debug/directives.ts";
import { embeddedLines } from "../debug/embedded.ts";
import { insertLineMarkers, replaceLineMarkers } from "../debug/lines.ts";
import { readSourceMap } from "../debug/sourcemap.ts";
import { BuildError } from "../error.ts";
import { type BuildTree, contentKey, writeIfChanged } from "../files.ts";
import { INLINE_MACHINE_FUNCTIONS } from "../headers/machine.ts";
import { inspectModule, type ModuleError } from "../wasm/inspect.ts";
import { validateModule } from "../wasm/validate.ts";
import { dataSource, type InitialMemory, takeData } from "./data.ts";
import { type CInterface, parseInterface } from "./interface.ts";
import { markRecursion } from "./recursion.ts";
import { type Flavour, rewrite } from "./rewrite.ts";
import { translate } from "./wasm2c.ts";

export interface GenerateRequest {
  tree: BuildTree;
  /** Directory name under build/<arch>/generated/. */
  name: string;
  /** The wasm2c module name, part of every symbol. */
  symbolName: string;
  flavour: Flavour;
  wasm: Uint8Array;
  /** Source map of AssemblyScript; a third-party module's lines come from its own DWARF, if it has any. */
  sourceMap?: string;
}

export interface GeneratedModule {
  interface: CInterface;
  directory: string;
  /** Hash of the module's own headers. */
  includeKey: string;
  parts: string[];
  memory: { initialPages: number; maximumPages: number };
  tableBytes: number;
  /** What memory holds at the start, for the assembler, where that is not in the C. */
  data?: { text: string; key: string };
}

/** Pages of 64 KiB that a module's linear memory may have: 1 GiB, so that a whole one fits a sharer's window. */
export const MEMORY_LIMIT_PAGES = 16_384;
const INDEX_SPACE_PAGES = 65_536;

/** Why a translation failed. Markers shift offsets, so a fault of the module is looked for in the module as it came. */
async function faultOf(request: GenerateRequest, error: unknown): Promise<never> {
  await validateModule(request.wasm).catch((fault: ModuleError) => {
    throw new BuildError(`${request.name} cannot be built: ${fault.message}`);
  });
  throw error;
}

export async function generate(request: GenerateRequest): Promise<GeneratedModule> {
  const { tree } = request;
  const abi = loadAbi(tree.root, tree.architecture);
  const info = inspectModule(request.wasm);
  const lines = request.sourceMap === undefined ? embeddedLines(request.wasm) : readSourceMap(request.sourceMap);
  const marked = lines === undefined ? { wasm: request.wasm, table: NO_LINES } : insertLineMarkers(request.wasm, lines);
  const isKernel = request.flavour === "kernel";
  const taken = isKernel ? undefined : takeData(marked.wasm);
  const generated = await translate(
    taken?.wasm ?? marked.wasm,
    request.symbolName,
    request.name,
    tree.path("scratch"),
    info.features,
  ).catch((error: unknown) => faultOf(request, error));
  const declared = parseInterface(generated.header);
  const other = declared.imports.find((item) => isKernel && item.module !== "machine");
  if (other !== undefined)
    throw new BuildError(
      `The kernel imports ${other.module}.${other.name}: it may import functions of "machine" only.`,
    );
  const rewritten = rewrite(generated, {
    flavour: request.flavour,
    name: request.symbolName,
    interface: declared,
    memoryLimitPages: isKernel ? INDEX_SPACE_PAGES : MEMORY_LIMIT_PAGES,
    tablesBelowMemory: abi.value("SLOT_MEMORY") - abi.value("SLOT_TABLES"),
    architecture: tree.architecture,
    inlineImports: INLINE_MACHINE_FUNCTIONS,
    loadsData: taken !== undefined,
  });
  const directory = tree.path("generated", request.name);
  const texts = [rewritten.implementationHeader, ...rewritten.parts];
  const [implementationHeader = "", ...parts] = isKernel ? texts : markRecursion(texts);
  const implementation =
    implementationHeader === "" ? "" : `#define inline __attribute__((__nodebug__)) inline\n${implementationHeader}`;
  writeIfChanged(join(directory, "out.h"), rewritten.header);
  if (implementation !== "") writeIfChanged(join(directory, "out-impl.h"), implementation);
  return {
    interface: declared,
    directory,
    includeKey: contentKey(rewritten.header, implementation),
    parts: parts.map((part) => replaceLineMarkers(part, marked.table)),
    memory: rewritten.memory,
    tableBytes: rewritten.tableBytes,
    ...(taken === undefined ? {} : { data: writeData(directory, taken.memory) }),
  };
}

const DATA_FILE = "data.bin";

function writeData(directory: string, memory: InitialMemory): { text: string; key: string } {
  writeIfChanged(join(directory, DATA_FILE), memory.content);
  return { text: dataSource(memory, DATA_FILE), key: contentKey(memory.content) };
}
