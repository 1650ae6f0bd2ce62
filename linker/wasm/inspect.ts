// Reads a WebAssembly module of any origin, byte by byte, and says what it is and what it needs.
// Called by the linker on the very bytes that are translated: slots and imports are part of the isolation
// argument (docs/abi.md). Never throws anything but ModuleError; time is linear in the module's length.

import { ModuleError } from "./error.ts";
import type { Feature, ModuleInfo } from "./module.ts";
import { FEATURES } from "./opcodes.ts";
import { Reader } from "./reader.ts";
import * as sections from "./sections.ts";

export { ModuleError } from "./error.ts";
export type * from "./module.ts";
export { SUPPORTED_FEATURES } from "./module.ts";

/** The largest constant offset, exclusive, that fits one slot: REACH_LIMIT of kernel/abi/layout.ts. */
export const REACH_LIMIT = 0x8000_0000n;

interface SectionKind {
  readonly name: string;
  /** Place in the file; ids are not in order. */
  readonly order: number;
  readonly decode: (reader: Reader, draft: sections.Draft) => void;
}

const SECTIONS: readonly SectionKind[] = [
  { name: "custom section", order: 0, decode: sections.customSection },
  { name: "type section", order: 1, decode: sections.typeSection },
  { name: "import section", order: 2, decode: sections.importSection },
  { name: "function section", order: 3, decode: sections.functionSection },
  { name: "table section", order: 4, decode: sections.tableSection },
  { name: "memory section", order: 5, decode: sections.memorySection },
  { name: "global section", order: 7, decode: sections.globalSection },
  { name: "export section", order: 8, decode: sections.exportSection },
  { name: "start section", order: 9, decode: sections.startSection },
  { name: "element section", order: 10, decode: sections.elementSection },
  { name: "code section", order: 12, decode: sections.codeSection },
  { name: "data section", order: 13, decode: sections.dataSection },
  { name: "data count section", order: 11, decode: sections.dataCountSection },
  { name: "tag section", order: 6, decode: sections.tagSection },
];

function header(reader: Reader): void {
  const { bytes } = reader;
  if (bytes.length < 8) reader.invalid(`${bytes.length} bytes are too short for a WebAssembly module`, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== 0x6d736100)
    reader.invalid("not a WebAssembly module: it does not begin with \\0asm", 0);
  const version = view.getUint32(4, true);
  if (version >>> 16 === 1) {
    reader.refuse(
      "component-model",
      "component-model binaries are not supported: this is a component; extract its core module",
      4,
    );
  }
  if (version !== 1) reader.refuse("version", `WebAssembly version ${version} is not supported`, 4);
  reader.at = 8;
}

function section(reader: Reader, draft: sections.Draft, previousOrder: number): number {
  const start = reader.at;
  const id = reader.u8();
  const kind = SECTIONS[id];
  if (kind === undefined) return reader.invalid(`unknown section ${id}`, start);
  if (kind.order !== 0 && kind.order <= previousOrder)
    reader.invalid(`the ${kind.name} is repeated or out of order`, start);
  const length = reader.u32();
  const end = reader.at + length;
  if (end > reader.end)
    reader.invalid(`the ${kind.name} is truncated: ${length} bytes announced, ${reader.end - reader.at} left`, start);
  const inner = new Reader(reader.bytes, reader.at, end, kind.name);
  kind.decode(inner, draft);
  if (inner.at !== end) inner.invalid(`${end - inner.at} bytes are left over`);
  reader.at = end;
  return kind.order === 0 ? previousOrder : kind.order;
}

/** Throws ModuleError if the module is malformed or uses what ΦOS does not translate. Function bodies' types: validateModule. */
export function inspectModule(bytes: Uint8Array): ModuleInfo {
  const reader = new Reader(bytes);
  header(reader);
  const draft = sections.emptyDraft();
  let order = 0;
  while (reader.at < reader.end) order = section(reader, draft, order);
  if (draft.bodies.length !== draft.functions.length) {
    throw new ModuleError(
      "binary",
      bytes.length,
      `${draft.functions.length} functions are declared, but there is no code section`,
    );
  }
  if (draft.dataCount !== undefined && draft.dataCount !== draft.dataSegments) {
    throw new ModuleError(
      "binary",
      bytes.length,
      `${draft.dataCount} data segments are declared, but there is no data section`,
    );
  }
  const maxMemoryOffset = BigInt(draft.code.maxMemoryOffset);
  return {
    types: draft.types,
    imports: draft.imports,
    exports: draft.exports,
    memories: draft.memories,
    tables: draft.tables,
    globalCount: draft.globalCount,
    functionCount: draft.functions.length,
    ...(draft.start === undefined ? {} : { start: draft.start }),
    dataBytes: draft.dataBytes,
    custom: draft.custom,
    bodies: draft.bodies,
    features: [...draft.code.features].map((feature) => FEATURES[feature] as Feature).sort(),
    maxMemoryOffset,
    slots: maxMemoryOffset < REACH_LIMIT ? 1 : 2,
  };
}
