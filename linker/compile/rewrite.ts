// The rewrites of wasm2c's C (docs/abi.md, toolchain facts): constant bases instead of reloaded pointers, loads that
// vectorise, bulk operations that accept the window, tables at fixed places. Called by compile/module.ts.
// Invariant: a pattern that is no longer in wasm2c's output is an error, never a silent loss of the rewrite.

import type { Architecture } from "../abi/constants.ts";
import { BuildError } from "../error.ts";
import { callByRegisters } from "../headers/call.ts";
import { inlineFence } from "../headers/fence.ts";
import { coldByPrototype } from "./cold.ts";
import { DATA_LOADER } from "./data.ts";
import type { CFunction, CInterface } from "./interface.ts";
import type { GeneratedC } from "./wasm2c.ts";

export type Flavour = "kernel" | "module" | "conformance";

/** What the allocations in the generated code say, found on the way. */
interface Seen {
  tableBytes: number;
  tablesGrow: boolean;
  memory: { initialPages: number; maximumPages: number };
}

export interface RewriteOptions {
  flavour: Flavour;
  /** The wasm2c module name: the struct is w2c_<name>. */
  name: string;
  interface: CInterface;
  /** Pages that a memory may ever have. */
  memoryLimitPages: number;
  /** Slot offsets of memory and tables: only their difference matters. */
  tablesBelowMemory: bigint;
  architecture: Architecture;
  /** Import functions that a header defines inline (kernel). */
  inlineImports: readonly string[];
  /** The data segments are in an object of their own (data.ts). */
  loadsData: boolean;
}

export interface RewrittenC {
  header: string;
  implementationHeader: string;
  parts: string[];
  memory: { initialPages: number; maximumPages: number };
  tableBytes: number;
}

const REFERENCE_BYTES = { funcref: 32, externref: 8 } as const;
/** Elements kept for a table that grows without a stated limit. */
const GROWABLE_ELEMENTS = 65_536;

function replaceOnce(text: string, from: string, to: string, what: string): string {
  const at = text.indexOf(from);
  if (at < 0)
    throw new BuildError(`wasm2c's output has changed: ${what} is not where linker/compile/rewrite.ts expects it.`);
  return text.slice(0, at) + to + text.slice(at + from.length);
}

const BULK_CHECK = `
/* Copy and fill accept [0, size) or a range that lies in the window; what is not mapped there faults. */
#define LINKER_BULK_CHECK(mem, offset, len)                                       \\
  do {                                                                            \\
    uint64_t end;                                                                 \\
    if (UNLIKELY(add_overflow(offset, len, &end))) TRAP(OOB);                     \\
    if (UNLIKELY(end > (mem)->size) &&                                            \\
        UNLIKELY((uint64_t)(offset) < 0x80000000ull || end > 0x100000000ull))     \\
      TRAP(OOB);                                                                  \\
  } while (0);

`;

/** Rewrites of the preamble, which every module has in the same words. */
function rewritePreamble(text: string, options: RewriteOptions): string {
  let result = text;
  const memory = options.interface.memories[0] ?? "";
  const address =
    options.flavour === "kernel"
      ? "((u8*)(LINKER_KERNEL_MEMORY_BASE + (addr)))"
      : `((u8*)(mem) + ((intptr_t)LINKER_DISTANCE - (intptr_t)offsetof(w2c_${options.name}, ${memory})) + (addr))`;
  if (memory !== "")
    result = replaceOnce(
      result,
      "#define MEM_ADDR(mem, addr, n) &((mem)->data[addr])",
      `#define MEM_ADDR(mem, addr, n) ${address}`,
      "MEM_ADDR",
    );
  if (options.flavour === "conformance") return result;
  result = replaceOnce(
    result,
    '#define FORCE_READ_INT(var) __asm__("" ::"r"(var));',
    "#define FORCE_READ_INT(var)",
    "FORCE_READ_INT",
  );
  result = result.replaceAll(/#define FORCE_READ_FLOAT\(var\) __asm__\(.*$/gm, "#define FORCE_READ_FLOAT(var)");
  result = replaceOnce(
    result,
    "static inline void memory_fill(",
    `${BULK_CHECK}static inline void memory_fill(`,
    "memory_fill",
  );
  result = replaceOnce(
    result,
    "  RANGE_CHECK(mem, d, n);\n  memset",
    "  LINKER_BULK_CHECK(mem, d, n);\n  memset",
    "memory_fill's check",
  );
  result = replaceOnce(
    result,
    "  RANGE_CHECK(dest, dest_addr, n);\n  RANGE_CHECK(src, src_addr, n);\n  memmove(MEM_ADDR",
    "  LINKER_BULK_CHECK(dest, dest_addr, n);\n  LINKER_BULK_CHECK(src, src_addr, n);\n  memmove(MEM_ADDR",
    "memory_copy's checks",
  );
  return result;
}

/** Plain names for symbols that wasm2c mangles: w2c_phi_cap__derive is w2c_phi_cap_derive for assembly and thunks. */
function plainNames(options: RewriteOptions): string {
  let text = "";
  const isCommand = options.interface.exports.some((item) => item.name === "_start");
  for (const item of [...options.interface.imports, ...options.interface.exports]) {
    if (!/^[A-Za-z0-9_]+$/.test(item.name) || !/^[A-Za-z0-9_]*$/.test(item.module)) continue;
    const isEntry =
      item.module === "" &&
      options.flavour !== "kernel" &&
      !isCommand &&
      (item.name === "call" || item.name === "event");
    const plain = isEntry ? `phx_${item.name}` : `w2c_${item.module === "" ? options.name : item.module}_${item.name}`;
    if (plain !== item.symbol) text += `#define ${item.symbol} ${plain}\n`;
    item.symbol = plain;
  }
  return text;
}

const MASKED_SWITCH =
  /(var_(i\d+) = (\d+)u;\n\s*var_(i\d+) &= var_\2;\n(?:\s*var_l\d+ = var_\4;\n)?\s*switch \(var_\4\) \{\n)((?:\s*case \d+: goto \w+;\n)+)(\s*)default: (goto \w+;)\n/g;
const SWITCH_CASES_MAX = 256;

/** A branch table behind a mask of 2^n - 1 gets all its 2^n cases: then no bounds check stands before the jump. */
function completeSwitches(text: string): string {
  return text.replaceAll(
    MASKED_SWITCH,
    (all, head: string, _constant, mask: string, _value, cases: string, indent: string, target: string) => {
      const size = Number(mask) + 1;
      const present = cases.split("\n").length - 1;
      if ((size & (size - 1)) !== 0 || size > SWITCH_CASES_MAX || present > size || present * 4 < size) return all;
      const rest = Array.from(
        { length: size - present },
        (_none, index) => `${indent}case ${present + index}: ${target}\n`,
      );
      return `${head}${cases}${rest.join("")}${indent}default: __builtin_unreachable();\n`;
    },
  );
}

/**
 * Two of wasm2c's own slips in tail calls. A call that begins a chain does not tell the chain whose instance it works on. And the result of
 * a function that cannot be part of a chain (an import in a table), called at the end of one, is dropped.
 */
function repairTailCalls(text: string): string {
  const storage = "void *instance_ptr_storage;";
  if (text.includes("char tail_call_stack[") && !text.includes(storage))
    throw new BuildError("wasm2c's output has changed: a chain of tail calls keeps its instance somewhere else.");
  return text
    .replaceAll(storage, "void *instance_ptr_storage = instance;")
    .replaceAll(
      /(var_\w+)( = CALL_INDIRECT\([^\n]*\n(?:#[^\n]*\n|[^\n]*segue[^\n]*\n)*)(\s*next->fn = NULL;)/g,
      (_all, result: string, call: string, end: string) =>
        `${result}${call}    wasm_rt_memcpy(tail_call_stack, &${result}, sizeof(${result}));\n${end}`,
    );
}

/** Body rewrites: every access of a field whose value the linker knows. */
function rewriteBody(text: string, options: RewriteOptions, seen: Seen): string {
  let result = repairTailCalls(options.flavour === "conformance" ? text : completeSwitches(text));
  for (const field of options.interface.instanceFields) {
    result = result.replaceAll(`(instance->${field}, `, "(0, ").replaceAll(`(instance->${field})`, "(0)");
  }
  result = result.replaceAll(/, instance->\w+\.data\[var_[ij]\d+\]\.module_instance/g, ", instance");
  result = result.replaceAll(
    /wasm_rt_allocate_memory\(&instance->(\w+), (\d+), (\d+), (\w+), (\d+)\);/g,
    (_all, field: string, initial: string, maximum: string) => {
      const initialPages = Number(initial);
      const maximumPages = Math.min(Number(maximum), options.memoryLimitPages);
      if (initialPages > maximumPages)
        throw new BuildError(
          `The module asks for ${initialPages} pages of 64 KiB of memory at start; the limit is ${options.memoryLimitPages}.`,
        );
      seen.memory = { initialPages, maximumPages };
      const place = `MEM_ADDR(&instance->${field}, 0, 0)`;
      const load = options.loadsData ? `\n  linker_load_data(${place});` : "";
      return `linker_place_memory(&instance->${field}, ${place}, ${initialPages}, ${maximumPages});${load}`;
    },
  );
  result = result.replaceAll(
    /wasm_rt_allocate_(funcref|externref)_table\(&instance->(\w+), (\d+), (\d+)\);/g,
    (_all, kind: "funcref" | "externref", field: string, initial: string, maximum: string) => {
      const elements = Number(initial);
      const reserved = seen.tablesGrow ? Math.min(Number(maximum), elements + GROWABLE_ELEMENTS) : elements;
      const offset = seen.tableBytes;
      seen.tableBytes += (reserved * REFERENCE_BYTES[kind] + 15) & ~15;
      return `linker_place_${kind}_table(&instance->${field}, LINKER_TABLE_PLACE(${offset}), ${elements}, ${reserved});`;
    },
  );
  return result;
}

/** The kernel has one instance at a constant place: the parameter that would carry its address is ignored. */
function constantInstance(text: string, name: string): string {
  return text
    .replaceAll(`w2c_${name}* instance`, `w2c_${name}* ignored`)
    .replaceAll(`w2c_${name} *instance`, `w2c_${name} *ignored`)
    .replaceAll("void *instance", "void *ignored");
}

/** Definitions that every part needs, after the struct is known. */
function definitions(options: RewriteOptions, tableBytes: number): string {
  const struct = `w2c_${options.name}`;
  if (options.flavour === "kernel") {
    return `#include <stddef.h>
extern ${struct} linker_instance;
extern char linker_tables[${Math.max(tableBytes, 16)}];
#define instance (&linker_instance)
#define LINKER_TABLE_PLACE(offset) (linker_tables + (offset))
`;
  }
  return `#include <stddef.h>
#define LINKER_DISTANCE ((sizeof(${struct}) + 15) & ~(size_t)15)
#define LINKER_TABLE_PLACE(offset) ((u8*)instance + LINKER_DISTANCE - ${options.tablesBelowMemory}ll + (offset))
`;
}

/** The end of the last part: what the loader enters and what the linker reads. */
function tail(options: RewriteOptions, tableBytes: number): string {
  const struct = `w2c_${options.name}`;
  const arguments_ = options.interface.instanceFields.map(() => ", 0").join("");
  if (options.flavour === "kernel") {
    return `
#undef instance
${struct} linker_instance;
__attribute__((aligned(16))) char linker_tables[${Math.max(tableBytes, 16)}];
#undef wasm2c_${options.name}_instantiate
void wasm2c_${options.name}_instantiate(void) { linker_instantiate(0${arguments_}); }
`;
  }
  const exported = new Map(options.interface.exports.map((item) => [item.name, item]));
  const lines = [
    `const u32 phx_struct_size = sizeof(${struct});`,
    `void phx_start(${struct}* instance) {`,
    `  wasm2c_${options.name}_instantiate(instance${arguments_});`,
  ];
  for (const name of ["_initialize", "start", "_start"]) {
    const item = exported.get(name);
    if (item === undefined) continue;
    if (item.parameters.length > 0 || item.result !== "none")
      throw new BuildError(`The export ${name} must take and return nothing.`);
    lines.push(`  ${item.symbol}(instance);`);
  }
  if (exported.has("_start")) lines.push("  w2c_phi_exit(0, 0);");
  lines.push("}");
  checkEntries(exported);
  const declaration = exported.has("_start") ? "void w2c_phi_exit(struct w2c_phi*, u32);\n" : "";
  return `\n${declaration}${lines.join("\n")}\n`;
}

/** A service's entries must have the signatures that the kernel enters them with; a command has no such entries. */
function checkEntries(exported: ReadonlyMap<string, CFunction>): void {
  if (exported.has("_start")) return;
  const call = exported.get("call");
  if (
    call !== undefined &&
    !(call.parameters.length === 8 && call.parameters.every((type) => type === "i64") && call.result === "i64")
  ) {
    throw new BuildError("The export call must be (badge, method, w0 … w5: u64) → i64.");
  }
  const event = exported.get("event");
  if (event !== undefined && !(event.parameters.join() === "i64" && event.result === "none")) {
    throw new BuildError("The export event must be (bits: u64) → ().");
  }
}

/** The function of interface/emit.ts that is not to become part of its caller. */
function apart(text: string): string {
  return text.replace(
    /^static u64 w2c_\w+0x2Fserver0x2Fcall_checked_?\w*\([^;{}]*\);$/m,
    "__attribute__((noinline)) $&",
  );
}

/** Rewrites one module's C. The interface's symbols become the plain names. */
export function rewrite(generated: GeneratedC, options: RewriteOptions): RewrittenC {
  if (options.interface.memories.length > 1)
    throw new BuildError("multi-memory is not supported: the module has more than one memory.");
  const isKernel = options.flavour === "kernel";
  const seen: Seen = {
    tableBytes: 0,
    tablesGrow: generated.parts.some(
      (part) => part.includes("wasm_rt_grow_funcref_table(") || part.includes("wasm_rt_grow_externref_table("),
    ),
    memory: { initialPages: 0, maximumPages: 0 },
  };
  const names = plainNames(options);
  const parts = generated.parts.map((part) => {
    const text = rewriteBody(part, options, seen);
    return isKernel ? coldByPrototype(constantInstance(text, options.name)) : apart(text);
  });
  let header = generated.header;
  if (isKernel) {
    header = `#define wasm2c_${options.name}_instantiate linker_instantiate\n${header}`;
    header = coldByPrototype(dropInline(constantInstance(header, options.name), options));
    header = header.replace('#include "wasm-rt.h"', '#include "wasm-rt.h"\n#include "machine.h"');
  } else {
    header = callByRegisters(header, options.architecture);
    header = inlineFence(header, options.interface.imports, options.architecture);
  }
  if (header.includes('#include "wasm-rt-exceptions.h"')) {
    const end = `} w2c_${options.name};`;
    header = replaceOnce(header, end, `  linker_exception_t linker_exception;\n${end}`, "the instance struct");
  }
  header = `${names}${header}\n${definitions(options, seen.tableBytes)}${options.loadsData ? DATA_LOADER : ""}`;
  const split = generated.implementationHeader !== "";
  const implementationHeader = split ? rewritePreamble(generated.implementationHeader, options) : "";
  if (!split) parts[0] = rewritePreamble(parts[0] as string, options);
  parts[0] += tail(options, seen.tableBytes);
  return { header, implementationHeader, parts, memory: seen.memory, tableBytes: seen.tableBytes };
}

/** Drops wasm2c's declarations of functions that machine.h defines. */
function dropInline(header: string, options: RewriteOptions): string {
  let result = header;
  for (const item of options.interface.imports) {
    if (item.module !== "machine" || !options.inlineImports.includes(item.name)) continue;
    const pattern = new RegExp(`(/\\* import: 'machine' '${item.name}' \\*/\\n)[^\\n]*\\n`);
    result = result.replace(pattern, "");
  }
  return result;
}
