// Decodes the sections before and after the code: types, imports, limits, exports, segments.
// Called by inspect.ts, once per section, in the order of the file; each decoder fills the shared Draft.
// Anything that would cross from one instance to another, but functions, is refused here (design: one memory each).

import type { CodeFacts } from "./code.ts";
import { walkBody } from "./code.ts";
import type {
  BodyRange,
  CustomSection,
  ExportInfo,
  ExternalKind,
  FunctionType,
  ImportInfo,
  Limits,
  MemoryInfo,
  TableInfo,
  ValueType,
} from "./module.ts";
import { FEATURES } from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import { readReferenceType, readValueType, skipConstant } from "./values.ts";

/** docs/abi.md: linear memories are limited to 1 GiB. */
export const MEMORY_PAGES_MAX = 16_384;
/** 24 bytes an entry must fit the slot's 256 MiB of tables. */
export const TABLE_ENTRIES_MAX = 10_000_000;

/** What the decoders have found so far. */
export interface Draft {
  readonly types: FunctionType[];
  readonly imports: ImportInfo[];
  /** Type index of each defined function. */
  readonly functions: number[];
  readonly tables: TableInfo[];
  readonly memories: MemoryInfo[];
  globalCount: number;
  readonly exports: ExportInfo[];
  start?: number;
  elementCount: number;
  /** Of the data-count section. */
  dataCount?: number;
  dataSegments: number;
  dataBytes: number;
  readonly custom: CustomSection[];
  readonly bodies: BodyRange[];
  readonly code: CodeFacts;
}

export function emptyDraft(): Draft {
  return {
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [],
    globalCount: 0,
    exports: [],
    elementCount: 0,
    dataSegments: 0,
    dataBytes: 0,
    custom: [],
    bodies: [],
    code: { maxMemoryOffset: 0, features: new Set() },
  };
}

type FeatureName = (typeof FEATURES)[number];

function use(draft: Draft, feature: FeatureName): void {
  draft.code.features.add(FEATURES.indexOf(feature));
}

function valueTypes(reader: Reader, draft: Draft, what: string): ValueType[] {
  const types: ValueType[] = [];
  for (let left = reader.count(what); left > 0; left--) {
    const type = readValueType(reader);
    if (type === "v128") use(draft, "simd");
    else if (type === "funcref" || type === "externref") use(draft, "reference-types");
    types.push(type);
  }
  return types;
}

export function typeSection(reader: Reader, draft: Draft): void {
  for (let left = reader.count("types"); left > 0; left--) {
    const start = reader.at;
    const form = reader.u8();
    if (form >= 0x4d && form <= 0x5f)
      reader.refuse("gc", "gc is not supported: a type is no plain function type", start);
    if (form !== 0x60) reader.invalid(`unknown form of type 0x${form.toString(16)}`, start);
    const parameters = valueTypes(reader, draft, "parameters");
    const results = valueTypes(reader, draft, "results");
    if (results.length > 1) use(draft, "multivalue");
    draft.types.push({ parameters, results });
  }
}

function typeAt(reader: Reader, draft: Draft, what: string): { index: number; type: FunctionType } {
  const start = reader.at;
  const index = reader.u32();
  const type = draft.types[index];
  if (type === undefined) return reader.invalid(`${what} has type ${index} of ${draft.types.length}`, start);
  return { index, type };
}

export function importSection(reader: Reader, draft: Draft): void {
  for (let left = reader.count("imports", 4); left > 0; left--) {
    const start = reader.at;
    const module = reader.name();
    const name = reader.name();
    const kind = reader.u8();
    if (kind === 0) {
      const { type } = typeAt(reader, draft, `the import ${module}.${name}`);
      draft.imports.push({ module, name, kind: "function", type, offset: start });
      continue;
    }
    const what = ["", "table", "memory", "global", "tag"][kind];
    if (what === undefined) reader.invalid(`the import ${module}.${name} is of unknown kind ${kind}`, start);
    if (what === "tag")
      reader.refuse(
        "exceptions",
        `exceptions between modules are not supported: tag ${module}.${name} is imported`,
        start,
      );
    reader.refuse(
      `imported-${what}`,
      `an imported ${what} is not supported: ${module}.${name}; instances share nothing but functions`,
      start,
    );
  }
}

export function functionSection(reader: Reader, draft: Draft): void {
  for (let left = reader.count("functions"); left > 0; left--)
    draft.functions.push(typeAt(reader, draft, "a function").index);
}

/** Limits of a memory or table; 64-bit, shared and custom-page forms are refused by name. */
function limits(reader: Reader, what: "memory" | "table"): Limits {
  const start = reader.at;
  const flags = reader.u8();
  if (flags > 0x0f) reader.invalid(`unknown limits 0x${flags.toString(16)}`, start);
  if (flags & 8) reader.refuse("custom-page-sizes", "custom page sizes are not supported", start);
  if (flags & 4) reader.refuse("memory64", `memory64 is not supported: the ${what} is 64-bit`, start);
  if (flags & 2) reader.refuse("threads", `threads are not supported: the ${what} is shared`, start);
  const minimum = reader.u32();
  if (!(flags & 1)) return { minimum };
  const maximum = reader.u32();
  if (maximum < minimum) reader.invalid(`the ${what}'s maximum ${maximum} is less than its minimum ${minimum}`, start);
  return { minimum, maximum };
}

export function tableSection(reader: Reader, draft: Draft): void {
  for (let left = reader.count("tables", 2); left > 0; left--) {
    const start = reader.at;
    if (reader.bytes[start] === 0x40)
      reader.refuse("function-references", "tables with an initial value are not supported", start);
    const element = readReferenceType(reader);
    const size = limits(reader, "table");
    if (size.minimum > TABLE_ENTRIES_MAX) {
      reader.refuse("limits", `a table of ${size.minimum} entries; at most ${TABLE_ENTRIES_MAX} are supported`, start);
    }
    if (element === "externref") use(draft, "reference-types");
    draft.tables.push({ element, ...size });
  }
  if (draft.tables.length > 1) use(draft, "reference-types");
}

export function memorySection(reader: Reader, draft: Draft): void {
  for (let left = reader.count("memories", 2); left > 0; left--) {
    const start = reader.at;
    const size = limits(reader, "memory");
    if (size.minimum > 65_536 || (size.maximum ?? 0) > 65_536)
      reader.invalid("a memory of more than 65536 pages", start);
    if (size.minimum > MEMORY_PAGES_MAX) {
      reader.refuse(
        "limits",
        `a memory of ${size.minimum / 16} MiB at the start; at most ${MEMORY_PAGES_MAX / 16} MiB are supported`,
        start,
      );
    }
    if (draft.memories.length > 0)
      reader.refuse("multi-memory", "multi-memory is not supported: there is a second memory", start);
    draft.memories.push({ shared: false, ...size });
  }
}

export function tagSection(reader: Reader, draft: Draft): void {
  for (let left = reader.count("tags", 2); left > 0; left--) {
    const start = reader.at;
    const attribute = reader.u8();
    if (attribute !== 0) reader.invalid(`unknown tag attribute ${attribute}`, start);
    const type = reader.u32();
    if (type >= draft.types.length) reader.invalid(`tag type ${type} of ${draft.types.length}`, start);
    use(draft, "exceptions");
  }
}

export function globalSection(reader: Reader, draft: Draft): void {
  const count = reader.count("globals", 4);
  for (let i = 0; i < count; i++) {
    const type = readValueType(reader);
    if (type === "v128") use(draft, "simd");
    const mutability = reader.u8();
    if (mutability & 2) reader.refuse("threads", "threads are not supported: a global is shared", reader.at - 1);
    if (mutability > 1) reader.invalid(`unknown mutability ${mutability}`, reader.at - 1);
    skipConstant(reader, (feature) => use(draft, feature));
  }
  draft.globalCount = count;
}

const EXPORT_KINDS: readonly ExternalKind[] = ["function", "table", "memory", "global"];

export function exportSection(reader: Reader, draft: Draft): void {
  const names = new Set<string>();
  const sizes = [
    draft.imports.length + draft.functions.length,
    draft.tables.length,
    draft.memories.length,
    draft.globalCount,
  ];
  for (let left = reader.count("exports", 3); left > 0; left--) {
    const offset = reader.at;
    const name = reader.name();
    if (names.has(name)) reader.invalid(`"${name}" is exported twice`, offset);
    names.add(name);
    const code = reader.u8();
    if (code === 4)
      reader.refuse("exceptions", `exceptions between modules are not supported: tag "${name}" is exported`, offset);
    const kind = EXPORT_KINDS[code] ?? reader.invalid(`the export "${name}" is of unknown kind ${code}`, offset);
    const index = reader.u32();
    const size = sizes[code] as number;
    if (index >= size) reader.invalid(`the export "${name}" is ${kind} ${index} of ${size}`, offset);
    const type = kind === "function" ? { type: functionType(draft, index) } : {};
    draft.exports.push({ name, kind, index, offset, ...type });
  }
}

function functionType(draft: Draft, index: number): FunctionType {
  const imported = draft.imports[index];
  if (imported !== undefined) return imported.type;
  return draft.types[draft.functions[index - draft.imports.length] as number] as FunctionType;
}

export function startSection(reader: Reader, draft: Draft): void {
  const offset = reader.at;
  const index = reader.u32();
  const count = draft.imports.length + draft.functions.length;
  if (index >= count) reader.invalid(`the start function is ${index} of ${count}`, offset);
  const type = functionType(draft, index);
  if (type.parameters.length + type.results.length > 0)
    reader.invalid("the start function takes or answers values", offset);
  draft.start = index;
}

export function elementSection(reader: Reader, draft: Draft): void {
  draft.elementCount = reader.count("element segments", 2);
  const constant = (): void => skipConstant(reader, (feature) => use(draft, feature));
  for (let left = draft.elementCount; left > 0; left--) {
    const start = reader.at;
    const flags = reader.u32();
    if (flags > 7) reader.invalid(`unknown kind of element segment ${flags}`, start);
    const passive = (flags & 1) !== 0;
    if (passive) use(draft, "bulk-memory");
    if (!passive) {
      if (flags & 2 && reader.u32() !== 0) use(draft, "reference-types");
      constant();
    }
    const expressions = (flags & 4) !== 0;
    if (expressions) use(draft, "reference-types");
    if (flags & 3) {
      if (expressions) readReferenceType(reader);
      else if (reader.u8() !== 0)
        reader.invalid("an element segment holds something else than functions", reader.at - 1);
    }
    for (let items = reader.count("elements"); items > 0; items--) {
      if (expressions) constant();
      else reader.u32();
    }
  }
}

export function dataCountSection(reader: Reader, draft: Draft): void {
  use(draft, "bulk-memory");
  draft.dataCount = reader.u32();
}

export function codeSection(reader: Reader, draft: Draft): void {
  const count = reader.count("function bodies", 2);
  if (count !== draft.functions.length) reader.invalid(`${count} bodies for ${draft.functions.length} functions`);
  const end = reader.end;
  for (let left = count; left > 0; left--) {
    const length = reader.u32();
    const offset = reader.at;
    reader.skip(length);
    reader.at = offset;
    reader.end = offset + length;
    walkBody(reader, draft.code, draft.types.length);
    reader.end = end;
    draft.bodies.push({ offset, length });
  }
}

export function dataSection(reader: Reader, draft: Draft): void {
  draft.dataSegments = reader.count("data segments", 2);
  if (draft.dataCount !== undefined && draft.dataCount !== draft.dataSegments) {
    reader.invalid(`${draft.dataSegments} data segments, but the data count says ${draft.dataCount}`);
  }
  for (let left = draft.dataSegments; left > 0; left--) {
    const start = reader.at;
    const flags = reader.u32();
    if (flags > 2) reader.invalid(`unknown kind of data segment ${flags}`, start);
    if (flags === 1) use(draft, "bulk-memory");
    if (flags === 2 && reader.u32() !== 0)
      reader.refuse("multi-memory", "multi-memory is not supported: data for a second memory", start);
    if (flags !== 1) skipConstant(reader, (feature) => use(draft, feature));
    const length = reader.u32();
    reader.skip(length);
    draft.dataBytes += length;
  }
}

export function customSection(reader: Reader, draft: Draft): void {
  const name = reader.name();
  draft.custom.push({ name, offset: reader.at, length: reader.end - reader.at });
  reader.at = reader.end;
}
