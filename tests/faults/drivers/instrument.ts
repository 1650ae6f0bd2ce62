// A driver's module with fault points: the values of its instructions and its stores go through the functions of guest/point.ts, each with the
// number of its site. Called by build.ts. Invariant: the stack is at every place as high and of the same types as before,
// so the result is as valid as the module was.

import { readFunctionNames } from "../../../linker/debug/names.ts";
import { Bytes, customName, readU32, sectionsOf } from "../../../linker/debug/rewrite.ts";
import { inspectModule, type ModuleInfo } from "../../../linker/wasm/inspect.ts";
import { instructionStarts } from "../../../linker/wasm/starts.ts";

const CALL = 0x10;
const I32_CONST = 0x41;
const FUNCTION = 3;
const CODE = 10;
/** Functions that no driver wrote: the points themselves, and the language's runtime. */
const SPARED = /^(~lib\/|tests\/|start:|~start|byn\$)/;

/** Instructions that leave an i32, or an i64: opcodes from … to. */
const VALUES: readonly (readonly [name: "i32" | "i64", first: number, last: number])[] = [
  ["i32", 0x28, 0x28],
  ["i64", 0x29, 0x29],
  ["i32", 0x2c, 0x2f],
  ["i64", 0x30, 0x35],
  ["i32", I32_CONST, I32_CONST],
  ["i64", 0x42, 0x42],
  ["i32", 0x45, 0x5a],
  ["i32", 0x6a, 0x78],
  ["i64", 0x7c, 0x8a],
  ["i32", 0xa7, 0xa7],
  ["i64", 0xac, 0xad],
];

const STORES: Readonly<Record<number, string>> = {
  54: "store_i32_4",
  55: "store_i64_8",
  58: "store_i32_1",
  59: "store_i32_2",
  62: "store_i64_4",
};

export interface Instrumented {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** Fault points, numbered from 0. */
  readonly sites: number;
}

/** The type of each function, imports first. */
function functionTypes(info: ModuleInfo, section: Uint8Array): ((typeof info.types)[number] | undefined)[] {
  const types = info.imports.map(({ type }): (typeof info.types)[number] | undefined => type);
  let { value: count, next } = readU32(section, 0);
  for (; count > 0; count--) {
    const read = readU32(section, next);
    types.push(info.types[read.value]);
    next = read.next;
  }
  return types;
}

class Instrumenter {
  sites = 0;
  private readonly calls = new Map<string, number>();
  private readonly types: readonly ({ readonly results: readonly string[] } | undefined)[];

  constructor(
    private readonly wasm: Uint8Array,
    info: ModuleInfo,
    functions: Uint8Array,
  ) {
    for (const { name, kind, index } of info.exports) if (kind === "function") this.calls.set(name, index);
    this.types = functionTypes(info, functions);
  }

  private call(body: Bytes, name: string): void {
    const index = this.calls.get(name);
    if (index === undefined) throw new Error(`the driver has no function ${name}`);
    body.u8(I32_CONST);
    body.s32(this.sites++);
    body.u8(CALL);
    body.u32(index);
  }

  /** The type of what an instruction leaves, if a point can follow it. */
  private value(at: number): "i32" | "i64" | undefined {
    const code = this.wasm[at] as number;
    if (code === CALL) {
      const results = this.types[readU32(this.wasm, at + 1).value]?.results ?? [];
      return results.length === 1 && (results[0] === "i32" || results[0] === "i64") ? results[0] : undefined;
    }
    return VALUES.find(([, first, last]) => code >= first && code <= last)?.[0];
  }

  body(range: { offset: number; length: number }): Uint8Array {
    const { wasm } = this;
    const starts = instructionStarts(wasm, range);
    const body = new Bytes(range.length * 4);
    body.append(wasm.subarray(range.offset, starts[0] ?? range.offset + range.length));
    starts.forEach((at, index) => {
      const end = starts[index + 1] ?? range.offset + range.length;
      const stored = STORES[wasm[at] as number];
      if (stored !== undefined) {
        body.u8(I32_CONST);
        // The offset of a driver's stores is that of a field: the signed form of small numbers.
        body.s32(readU32(wasm, readU32(wasm, at + 1).next).value);
        this.call(body, stored);
        return;
      }
      body.append(wasm.subarray(at, end));
      const type = this.value(at);
      if (type !== undefined) this.call(body, `fault_${type}`);
    });
    return body.view();
  }
}

export function instrument(wasm: Uint8Array): Instrumented {
  const info = inspectModule(wasm);
  const sections = sectionsOf(wasm);
  const nameSection = sections.find((section) => section.id === 0 && customName(section) === "name");
  const names = (nameSection && readFunctionNames(nameSection.content)) ?? new Map<number, string>();
  const functions = sections.find(({ id }) => id === FUNCTION)?.content ?? new Uint8Array([0]);
  const instrumenter = new Instrumenter(wasm, info, functions);
  const code = new Bytes(wasm.length * 4);
  code.u32(info.bodies.length);
  info.bodies.forEach((range, index) => {
    const name = names.get(info.imports.length + index) ?? "";
    const isSpared = SPARED.test(name);
    const body = isSpared ? wasm.subarray(range.offset, range.offset + range.length) : instrumenter.body(range);
    code.u32(body.length);
    code.append(body);
  });
  const output = new Bytes(wasm.length * 4);
  output.append(wasm.subarray(0, 8));
  for (const section of sections) {
    if (section.id === CODE) output.section(CODE, code.view());
    else if (section.id !== 0 || section === nameSection) output.section(section.id, section.content);
  }
  return { wasm: output.view().slice(), sites: instrumenter.sites };
}
