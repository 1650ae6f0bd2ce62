// Walks every instruction of a function body: finds the largest constant memory offset (the reach of the
// module, on which isolation rests), collects features, and refuses instructions that ΦOS does not translate.
// Invariant: each byte of the body is decoded exactly once, or a ModuleError names the first that cannot be.

import { FEATURES, Form, NUMERIC, type Opcodes, PLAIN, VECTOR } from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import { readReferenceType, readValueType } from "./values.ts";

/** What the walk over all bodies finds. */
export interface CodeFacts {
  maxMemoryOffset: number;
  /** Numbers of FEATURES. */
  readonly features: Set<number>;
}

/** The C compiler takes time and stack in proportion to these; real programs stay far below. */
export const LOCALS_MAX = 50_000;
const MULTIVALUE = FEATURES.indexOf("multivalue");
const REFERENCE_TYPES = FEATURES.indexOf("reference-types");
const SIMD = FEATURES.indexOf("simd");

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}

function refuseOpcode(reader: Reader, feature: number, name: string, offset: number): never {
  const known = FEATURES[feature];
  if (known) reader.refuse(known, `${known} is not supported: instruction ${name}`, offset);
  return reader.invalid(`unknown instruction ${name}`, offset);
}

/** The constant offset of a memory access. The alignment's bit 6 would announce a memory index. */
function memoryOffset(reader: Reader): number {
  const start = reader.at;
  const alignment = reader.u32();
  if (alignment >= 64) {
    if (alignment < 128)
      reader.refuse("multi-memory", "multi-memory is not supported: an access names its memory", start);
    reader.invalid("a memory access has an impossible alignment", start);
  }
  return reader.u32();
}

function memoryIndex(reader: Reader): void {
  const start = reader.at;
  const index = reader.u32();
  if (index !== 0)
    reader.refuse("multi-memory", `multi-memory is not supported: an instruction uses memory ${index}`, start);
}

function tableIndex(reader: Reader, facts: CodeFacts): void {
  if (reader.u32() !== 0) facts.features.add(REFERENCE_TYPES);
}

function blockType(reader: Reader, facts: CodeFacts, typeCount: number): void {
  const next = reader.at < reader.end ? (reader.bytes[reader.at] as number) : 0x40;
  if (next === 0x40) {
    reader.u8();
  } else if (next & 0x40 && next < 0x80) {
    if (readValueType(reader) === "v128") facts.features.add(SIMD);
  } else {
    const start = reader.at;
    const index = reader.s33();
    if (index < 0 || index >= typeCount) reader.invalid(`block type ${index} of ${typeCount}`, start);
    facts.features.add(MULTIVALUE);
  }
}

/** Immediates of every form that is not handled in the loop of walkBody itself. */
function immediates(reader: Reader, form: Form, facts: CodeFacts): void {
  switch (form) {
    case Form.MEMORY_LANE:
      facts.maxMemoryOffset = Math.max(facts.maxMemoryOffset, memoryOffset(reader));
      reader.u8();
      return;
    case Form.MEMORY_INDEX:
      memoryIndex(reader);
      return;
    case Form.TWO_MEMORIES:
      memoryIndex(reader);
      memoryIndex(reader);
      return;
    case Form.MEMORY_INIT:
      reader.u32();
      memoryIndex(reader);
      return;
    case Form.TABLE_INDEX:
      tableIndex(reader, facts);
      return;
    case Form.TWO_TABLES:
      tableIndex(reader, facts);
      tableIndex(reader, facts);
      return;
    case Form.TABLE_INIT:
    case Form.CALL_INDIRECT:
      reader.u32();
      tableIndex(reader, facts);
      return;
    case Form.BRANCH_TABLE: {
      const count = reader.count("branch targets");
      for (let i = 0; i <= count; i++) reader.u32();
      return;
    }
    case Form.SELECT_TYPES: {
      const count = reader.count("select types");
      for (let i = 0; i < count; i++) readValueType(reader);
      return;
    }
    case Form.REFERENCE_TYPE:
      readReferenceType(reader);
      return;
    case Form.BYTES_4:
      reader.skip(4);
      return;
    case Form.BYTES_8:
      reader.skip(8);
      return;
    case Form.BYTES_16:
      reader.skip(16);
      return;
    case Form.LANE:
      reader.skip(1);
      return;
  }
}

function locals(reader: Reader, facts: CodeFacts): void {
  let total = 0;
  for (let left = reader.count("local declarations", 2); left > 0; left--) {
    const start = reader.at;
    total += reader.u32();
    if (total > LOCALS_MAX) reader.refuse("limits", `a function declares more than ${LOCALS_MAX} locals`, start);
    const type = readValueType(reader);
    if (type === "v128") facts.features.add(SIMD);
    else if (type === "funcref" || type === "externref") facts.features.add(REFERENCE_TYPES);
  }
}

/** Decodes one body; the reader's bounds are the body's. `visit` is told where each instruction begins. */
export function walkBody(reader: Reader, facts: CodeFacts, typeCount: number, visit?: (offset: number) => void): void {
  locals(reader, facts);
  let depth = 1;
  while (depth > 0) {
    const start = reader.at;
    if (visit !== undefined) visit(start);
    const code = reader.u8();
    let table: Opcodes = PLAIN;
    let index = code;
    if (code === 0xfc || code === 0xfd) {
      table = code === 0xfc ? NUMERIC : VECTOR;
      index = reader.u32();
    }
    const form = (table.forms[index] ?? Form.UNKNOWN) as Form;
    const feature = table.features[index] ?? 0;
    if (form === Form.UNKNOWN || form === Form.REFUSED) {
      refuseOpcode(reader, feature, table === PLAIN ? hex(code) : `${hex(code)} ${hex(index)}`, start);
    }
    if (feature !== 0) facts.features.add(feature);
    switch (form) {
      case Form.NONE:
      case Form.ELSE:
        break;
      case Form.END:
        depth--;
        break;
      case Form.INDEX:
        reader.u32();
        break;
      case Form.DELEGATE:
        reader.u32();
        depth--;
        break;
      case Form.MEMORY_ACCESS: {
        const offset = memoryOffset(reader);
        if (offset > facts.maxMemoryOffset) facts.maxMemoryOffset = offset;
        break;
      }
      case Form.SIGNED_32:
        reader.skipSigned(32);
        break;
      case Form.SIGNED_64:
        reader.skipSigned(64);
        break;
      case Form.BLOCK:
        blockType(reader, facts, typeCount);
        depth++;
        break;
      default:
        immediates(reader, form, facts);
    }
  }
  if (reader.at !== reader.end) reader.invalid(`${reader.end - reader.at} bytes follow the end of a function body`);
}
