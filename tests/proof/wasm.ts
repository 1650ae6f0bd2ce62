// Decodes the kernel's module into instructions that the executor steps through. Called by prove.ts.
// Only what asc emits for the kernel is understood; anything else is an error that names the byte.

export interface Instruction {
  readonly op: number;
  /** Byte offset in the module: the source map's key. */
  readonly at: number;
  /** Index, constant, or memory offset. */
  readonly value: bigint;
  /** block, loop, if: index of its `end`; if: of its `else` too (or of its end). */
  end: number;
  otherwise: number;
  /** Values that a block leaves: 0 or 1. */
  readonly arity: number;
  /** br_table: targets, the default last. */
  readonly targets: readonly number[];
}

export interface WasmFunction {
  readonly index: number;
  readonly name: string;
  readonly parameters: readonly number[];
  /** Widths of the locals that are not parameters. */
  readonly locals: readonly number[];
  /** Width of the result; 0 = none. */
  readonly result: number;
  readonly code: readonly Instruction[];
  /** "module.name" of an import. */
  readonly imported: string;
}

export interface WasmModule {
  readonly functions: readonly WasmFunction[];
  readonly globals: readonly { name: string; width: number; initial: bigint }[];
  readonly exports: ReadonlyMap<string, number>;
  /** What memory begins with. */
  readonly data: readonly { at: number; bytes: Uint8Array }[];
}

const WIDTH: Record<number, number> = { 127: 32, 126: 64 };

class Bytes {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}
  u8(): number {
    return this.bytes[this.at++] as number;
  }
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; ; ) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return BigInt.asIntN(Number(shift), value);
    }
  }
  text(): string {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
  width(): number {
    const width = WIDTH[this.u8()];
    if (width === undefined) throw new Error(`a value at byte ${this.at - 1} is neither i32 nor i64`);
    return width;
  }
}

interface Type {
  parameters: number[];
  result: number;
}

function body(input: Bytes, end: number): { locals: number[]; code: Instruction[] } {
  const locals: number[] = [];
  for (let groups = input.u32(); groups > 0; groups--) {
    const count = input.u32();
    const width = input.width();
    for (let i = 0; i < count; i++) locals.push(width);
  }
  const code: Instruction[] = [];
  const open: number[] = [];
  while (input.at < end) {
    const at = input.at;
    let op = input.u8();
    let value = 0n;
    let arity = 0;
    let targets: number[] = [];
    if (op === 0xfc) op = 0xfc00 + input.u32();
    if (op === 0x02 || op === 0x03 || op === 0x04) {
      const type = input.u8();
      arity = type === 0x40 ? 0 : 1;
      if (arity === 1 && WIDTH[type] === undefined) throw new Error(`block type ${type} at byte ${at}`);
      open.push(code.length);
    } else if (op === 0x05) {
      (code[open[open.length - 1] as number] as Instruction).otherwise = code.length;
    } else if (op === 0x0b) {
      const start = open.pop();
      if (start !== undefined) {
        const opener = code[start] as Instruction;
        opener.end = code.length;
        if (opener.otherwise >= 0) (code[opener.otherwise] as Instruction).end = code.length;
        else opener.otherwise = code.length;
      }
    } else if (op === 0x0c || op === 0x0d || op === 0x10 || (op >= 0x20 && op <= 0x24)) {
      value = BigInt(input.u32());
    } else if (op === 0x0e) {
      const count = input.u32();
      targets = Array.from({ length: count + 1 }, () => input.u32());
    } else if (op >= 0x28 && op <= 0x3e) {
      input.u32();
      value = BigInt(input.u32());
    } else if (op === 0x41 || op === 0x42) {
      value = input.signed();
    } else if (op === 0xfc0a) {
      input.at += 2;
    } else if (op === 0xfc0b) {
      input.at += 1;
    } else if (op === 0x00 || op === 0x01 || op === 0x0f || op === 0x1a || op === 0x1b) {
      // no immediate
    } else if (
      !((op >= 0x45 && op <= 0x8a) || op === 0xa7 || op === 0xac || op === 0xad || (op >= 0xc0 && op <= 0xc4))
    ) {
      throw new Error(`instruction 0x${op.toString(16)} at byte ${at} is not one that the proof knows`);
    }
    code.push({ op, at, value, end: -1, otherwise: -1, arity, targets });
  }
  return { locals, code };
}

export function decode(bytes: Uint8Array): WasmModule {
  const input = new Bytes(bytes);
  input.at = 8;
  const types: Type[] = [];
  const data: { at: number; bytes: Uint8Array }[] = [];
  const kinds: number[] = [];
  const imports: { name: string; type: number }[] = [];
  const globals: { name: string; width: number; initial: bigint }[] = [];
  const bodies: { locals: number[]; code: Instruction[] }[] = [];
  const exports = new Map<string, number>();
  const names = new Map<number, string>();
  const globalNames = new Map<number, string>();
  while (input.at < bytes.length) {
    const section = input.u8();
    const length = input.u32();
    const end = input.at + length;
    if (section === 0 && input.text() === "name") {
      while (input.at < end) {
        const kind = input.u8();
        const stop = input.u32() + input.at;
        const into = kind === 1 ? names : kind === 7 ? globalNames : undefined;
        for (let count = into === undefined ? 0 : input.u32(); count > 0; count--) {
          const index = input.u32();
          into?.set(index, input.text());
        }
        input.at = stop;
      }
    } else if (section === 11) {
      for (let count = input.u32(); count > 0; count--) {
        if (input.u8() !== 0 || input.u8() !== 0x41) throw new Error("data without a fixed place");
        const at = Number(input.signed());
        input.u8();
        const length = input.u32();
        data.push({ at, bytes: bytes.subarray(input.at, input.at + length) });
        input.at += length;
      }
    } else if (section >= 1 && section <= 10 && section !== 8) {
      let count = section === 4 || section === 5 || section === 9 ? 0 : input.u32();
      for (; count > 0; count--) {
        if (section === 1) {
          input.u8();
          const parameters = Array.from({ length: input.u32() }, () => input.width());
          const results = Array.from({ length: input.u32() }, () => input.width());
          types.push({ parameters, result: results[0] ?? 0 });
        } else if (section === 2) {
          const name = `${input.text()}.${input.text()}`;
          if (input.u8() !== 0) throw new Error(`the import ${name} is no function`);
          imports.push({ name, type: input.u32() });
        } else if (section === 3) {
          kinds.push(input.u32());
        } else if (section === 6) {
          const width = input.width();
          input.u8();
          input.u8();
          const initial = input.signed();
          input.u8();
          globals.push({ name: "", width, initial });
        } else if (section === 7) {
          const name = input.text();
          const kind = input.u8();
          const index = input.u32();
          if (kind === 0) exports.set(name, index);
        } else if (section === 10) {
          const bodyEnd = input.u32() + input.at;
          bodies.push(body(input, bodyEnd));
          input.at = bodyEnd;
        }
      }
    }
    input.at = end;
  }
  const make = (index: number, type: Type, rest: Partial<WasmFunction>): WasmFunction => ({
    index,
    name: names.get(index) ?? `f${index}`,
    parameters: type.parameters,
    result: type.result,
    locals: [],
    code: [],
    imported: "",
    ...rest,
  });
  const functions = [
    ...imports.map((one, i) => make(i, types[one.type] as Type, { imported: one.name })),
    ...bodies.map((one, i) => make(imports.length + i, types[kinds[i] as number] as Type, one)),
  ];
  const named = globals.map((one, i) => ({ ...one, name: globalNames.get(i) ?? `g${i}` }));
  return { functions, globals: named, exports, data };
}
