// What module inspection answers: the types of ModuleInfo, and the features a module may use.
// Shared by the decoder and by everyone who asks about a module (linker, image checks, tests).

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "funcref" | "externref";

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Only functions can be imported: memories, tables, globals and tags are refused. */
export interface ImportInfo {
  readonly module: string;
  readonly name: string;
  readonly kind: "function";
  readonly type: FunctionType;
  readonly offset: number;
}

export type ExternalKind = "function" | "table" | "memory" | "global";

export interface ExportInfo {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
  /** Set when kind is "function". */
  readonly type?: FunctionType;
  readonly offset: number;
}

export interface Limits {
  readonly minimum: number;
  /** Absent: the module names no maximum. */
  readonly maximum?: number;
}

export interface MemoryInfo extends Limits {
  /** Always false in an accepted module. */
  readonly shared: boolean;
}

export interface TableInfo extends Limits {
  readonly element: ValueType;
}

export interface CustomSection {
  readonly name: string;
  /** The section's content after its name: byte offset in the module, and length. */
  readonly offset: number;
  readonly length: number;
}

/** Proposals beyond the first version of WebAssembly that the pipeline translates. */
export const SUPPORTED_FEATURES = [
  "bulk-memory",
  "exceptions",
  "extended-const",
  "multivalue",
  "mutable-globals",
  "nontrapping-fptoint",
  "reference-types",
  "sign-extension",
  "simd",
  "tail-call",
] as const;
export type Feature = (typeof SUPPORTED_FEATURES)[number];

/** A function's body: `offset` is its first byte (the local declarations), `length` its bytes. */
export interface BodyRange {
  readonly offset: number;
  readonly length: number;
}

export interface ModuleInfo {
  readonly types: readonly FunctionType[];
  readonly imports: readonly ImportInfo[];
  readonly exports: readonly ExportInfo[];
  readonly memories: readonly MemoryInfo[];
  readonly tables: readonly TableInfo[];
  readonly globalCount: number;
  /** Defined functions, imports not counted. */
  readonly functionCount: number;
  /** Function index of the Wasm start function, if there is one. */
  readonly start?: number;
  readonly dataBytes: number;
  readonly custom: readonly CustomSection[];
  readonly bodies: readonly BodyRange[];
  readonly features: readonly Feature[];
  /** The largest constant offset of any memory access; 0 when there is none. */
  readonly maxMemoryOffset: bigint;
  /** Address-space slots that the module's reach needs (docs/abi.md, REACH_LIMIT). */
  readonly slots: 1 | 2;
}
