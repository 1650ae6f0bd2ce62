// A module as a program of the build machine: the same generated C and flags as its .phx on x86_64, linked with an
// emitted runtime. Called by the benchmarks that compare with native code. Invariant: no isolation is promised here.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { loadAbi } from "./abi/constants.ts";
import { assembleData, assembleFile, compileC } from "./compile/clang.ts";
import { CONFORMANCE_FLAGS } from "./compile/flags.ts";
import { generate } from "./compile/generate.ts";
import { BuildError } from "./error.ts";
import { BuildTree, contentKey, temporaryName, writeIfChanged } from "./files.ts";
import { hostRuntime } from "./headers/host.ts";
import { writeHeaders } from "./headers/write.ts";
import { toolchainKey } from "./toolchain.ts";
import { CLANG, runTool } from "./tools.ts";

export interface HostRequest {
  root: string;
  name: string;
  wasm: Uint8Array;
  sourceMap?: string;
  /** An export (i32) → i32 or i64: the program calls it with its argument and prints the result and the nanoseconds of processor time. */
  run?: string;
  /** The strict translation: even a load whose value nobody uses traps outside memory. Slower; for the specification's tests. */
  conformance?: boolean;
}

/** Builds build/x86_64/host/<name>-<key> and answers its path. Only on x86_64 Linux. */
export async function buildHostProgram(request: HostRequest): Promise<string> {
  if (process.arch !== "x64" || process.platform !== "linux")
    throw new BuildError("Host programs are built on x86_64 Linux only.");
  const tree = new BuildTree(request.root, "x86_64");
  const abi = loadAbi(request.root, "x86_64");
  const key = contentKey(
    await toolchainKey(request.root, "x86_64"),
    request.wasm,
    request.run ?? "",
    String(request.conformance === true),
  ).slice(0, 12);
  const output = tree.path("host", `${request.name}-${key}`);
  if (existsSync(output)) return output;
  mkdirSync(tree.path("host"), { recursive: true });

  const generated = await generate({
    tree,
    name: `host-${request.name}`,
    symbolName: "module",
    flavour: request.conformance === true ? "conformance" : "module",
    wasm: request.wasm,
  });
  const headers = writeHeaders(tree, "module");
  const objects = await Promise.all(
    generated.parts.map((text, index) =>
      compileC({
        name: `host-${request.name}-${index}`,
        text,
        architecture: "x86_64",
        kind: "host",
        extraFlags: request.conformance === true ? CONFORMANCE_FLAGS : [],
        headers,
        includeDirectory: generated.directory,
        includeKey: generated.includeKey,
        cacheDirectory: tree.cache,
      }),
    ),
  );
  const data = await assembleData(request.name, generated, tree);
  const library = await assembleFile(request.root, "linker/runtime/x86_64.S", {
    architecture: "x86_64",
    kind: "module",
    includeDirectories: [],
    includeKey: "",
    cacheDirectory: tree.cache,
    definitions: { LINKER_KERNEL: 0 },
  });
  const exported = generated.interface.exports.find((item) => item.name === request.run);
  if (
    request.run !== undefined &&
    (exported === undefined ||
      exported.parameters.join() !== "i32" ||
      (exported.result !== "i32" && exported.result !== "i64"))
  ) {
    throw new BuildError(`${request.name} has no export ${request.run} of type (i32) → i32 or i64.`);
  }
  const runtime = hostRuntime(
    generated.interface.imports.map((item) => ({
      module: item.module,
      name: item.name,
      symbol: item.symbol,
      parameters: item.parameters,
      hasResult: item.result !== "none",
    })),
    {
      tables: abi.value("SLOT_TABLES"),
      tableBytes: generated.tableBytes,
      memory: abi.value("SLOT_MEMORY"),
      initialPages: generated.memory.initialPages,
      slotBytes: 1n << abi.value("SLOT_SHIFT"),
      ...(exported === undefined
        ? {}
        : {
            run: {
              symbol: exported.symbol,
              type: exported.result === "i32" ? ("uint32_t" as const) : ("uint64_t" as const),
            },
          }),
    },
  );
  const source = join(generated.directory, "host-runtime.c");
  writeIfChanged(source, runtime);
  const temporary = temporaryName(output);
  try {
    await runTool(
      CLANG,
      ["-O2", "-w", "-Wl,--gc-sections", source, ...objects, ...data, library, "-o", temporary],
      `Linking ${request.name} for this machine`,
    );
    renameSync(temporary, output);
  } finally {
    rmSync(temporary, { force: true });
  }
  return output;
}
