// Compiles an AssemblyScript file and instantiates it in Node; used by the console's and shell's tests.
// A service reads its start-up page in the module's start function, so that one is called after `prepare` filled memory.
import { fileURLToPath } from "node:url";
import { compileAssemblyScript } from "../../../linker/compile/assemblyscript.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const INITIALISE = "_initialise";
const EXPORT_SECTION = 7;
const START_SECTION = 8;

export type GuestFunction = (...values: (number | bigint)[]) => number;

const compiled = new Map<string, Promise<WebAssembly.Module>>();

async function compile(entry: string, memoryPages: number | undefined): Promise<WebAssembly.Module> {
  const { wasm } = await compileAssemblyScript({
    root: ROOT,
    entry,
    architecture: "x86_64",
    runtime: "stub",
    memoryBase: 64,
    simd: false,
    ...(memoryPages === undefined ? {} : { initialMemoryPages: memoryPages }),
  });
  return WebAssembly.compile(exportStart(wasm) as BufferSource);
}

/** The exports of a fresh instance of `entry` (relative to the tree's root) as functions. */
export async function guestFunctions(
  entry: string,
  imports: WebAssembly.Imports = {},
  memoryPages?: number,
  prepare: (memory: WebAssembly.Memory) => void = () => undefined,
): Promise<Record<string, GuestFunction>> {
  const module = compiled.get(entry) ?? compile(entry, memoryPages);
  compiled.set(entry, module);
  const { exports } = await WebAssembly.instantiate(await module, complete(await module, imports));
  prepare(exports["memory"] as WebAssembly.Memory);
  const functions = exports as unknown as Record<string, GuestFunction>;
  functions[INITIALISE]?.();
  return functions;
}

/** Gates that a test does not offer fail when they are called, not when the module is instantiated. */
function complete(module: WebAssembly.Module, offered: WebAssembly.Imports): WebAssembly.Imports {
  const all: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const missing = (): never => {
      throw new Error(`the module called ${from}.${name}, which this test does not offer`);
    };
    all[from] ??= {};
    all[from][name] = offered[from]?.[name] ?? missing;
  }
  return all;
}

/** The same module with its start function exported instead of started. */
function exportStart(wasm: Uint8Array): Uint8Array {
  const sections = [...readSections(wasm)];
  const start = sections.find((section) => section.id === START_SECTION);
  if (start === undefined) return wasm;
  const entry = [INITIALISE.length, ...Buffer.from(INITIALISE), 0, ...start.body];
  const parts = sections.flatMap(({ id, body }) => {
    if (id === START_SECTION) return [];
    if (id !== EXPORT_SECTION) return [section(id, body)];
    const count = leb(body, 0);
    return [section(id, Uint8Array.from([...unsigned(count.value + 1), ...body.subarray(count.next), ...entry]))];
  });
  return Buffer.concat([wasm.subarray(0, 8), ...parts]);
}

function* readSections(wasm: Uint8Array): Generator<{ id: number; body: Uint8Array }> {
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at]!;
    const length = leb(wasm, at + 1);
    at = length.next + length.value;
    yield { id, body: wasm.subarray(length.next, at) };
  }
}

function section(id: number, body: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([id, ...unsigned(body.length)]), body]);
}

function leb(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at };
  }
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
