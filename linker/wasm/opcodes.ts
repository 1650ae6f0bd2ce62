// The instruction set as data: for every opcode the form of its immediates and the feature it belongs to.
// Read by code.ts alone. Sources: WebAssembly core specification 3.0, chapter 5.4, and the proposals' overviews.

export enum Form {
  UNKNOWN = 0,
  NONE,
  BLOCK,
  ELSE,
  /** A label; closes its block without an END. */
  DELEGATE,
  END,
  /** One u32 index: local, global, label, function, data, element. */
  INDEX,
  BRANCH_TABLE,
  /** Type index, then table index. */
  CALL_INDIRECT,
  MEMORY_ACCESS,
  /** A memory index that must be 0. */
  MEMORY_INDEX,
  SIGNED_32,
  SIGNED_64,
  BYTES_4,
  BYTES_8,
  BYTES_16,
  LANE,
  /** Memory access followed by a lane number. */
  MEMORY_LANE,
  REFERENCE_TYPE,
  SELECT_TYPES,
  TABLE_INDEX,
  TWO_TABLES,
  /** Segment index, then memory index. */
  MEMORY_INIT,
  TWO_MEMORIES,
  /** Segment index, then table index. */
  TABLE_INIT,
  /** A second opcode follows, as a u32. */
  PREFIX,
  /** Known, and refused by its feature's name. */
  REFUSED,
}

export interface Opcodes {
  readonly forms: Uint8Array;
  /** Index into FEATURES; 0 = first version. */
  readonly features: Uint8Array;
}

/** Feature numbers used by the tables below; [0] is the first version of WebAssembly. */
export const FEATURES = [
  "",
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-fptoint",
  "reference-types",
  "sign-extension",
  "simd",
  "tail-call",
  "extended-const",
  "exceptions",
  "try_table",
  "function-references",
  "gc",
  "threads",
  "relaxed-simd",
  "wide-arithmetic",
] as const;

type FeatureName = (typeof FEATURES)[number];

function table(size: number): {
  set: (form: Form, feature: FeatureName, ...codes: (number | [number, number])[]) => void;
  opcodes: Opcodes;
} {
  const opcodes: Opcodes = { forms: new Uint8Array(size), features: new Uint8Array(size) };
  const set = (form: Form, feature: FeatureName, ...codes: (number | [number, number])[]): void => {
    for (const code of codes) {
      const [first, last] = typeof code === "number" ? [code, code] : code;
      opcodes.forms.fill(form, first, last + 1);
      opcodes.features.fill(FEATURES.indexOf(feature), first, last + 1);
    }
  };
  return { set, opcodes };
}

const plain = table(256);
plain.set(Form.NONE, "", 0x00, 0x01, 0x0f, 0x1a, 0x1b, [0x45, 0xbf]);
plain.set(Form.BLOCK, "", 0x02, 0x03, 0x04);
plain.set(Form.ELSE, "", 0x05);
plain.set(Form.END, "", 0x0b);
plain.set(Form.INDEX, "", 0x0c, 0x0d, 0x10, [0x20, 0x24]);
plain.set(Form.BRANCH_TABLE, "", 0x0e);
plain.set(Form.CALL_INDIRECT, "", 0x11);
plain.set(Form.INDEX, "tail-call", 0x12);
plain.set(Form.CALL_INDIRECT, "tail-call", 0x13);
plain.set(Form.SELECT_TYPES, "reference-types", 0x1c);
plain.set(Form.TABLE_INDEX, "reference-types", 0x25, 0x26);
plain.set(Form.MEMORY_ACCESS, "", [0x28, 0x3e]);
plain.set(Form.MEMORY_INDEX, "", 0x3f, 0x40);
plain.set(Form.SIGNED_32, "", 0x41);
plain.set(Form.SIGNED_64, "", 0x42);
plain.set(Form.BYTES_4, "", 0x43);
plain.set(Form.BYTES_8, "", 0x44);
plain.set(Form.NONE, "sign-extension", [0xc0, 0xc4]);
plain.set(Form.REFERENCE_TYPE, "reference-types", 0xd0);
plain.set(Form.NONE, "reference-types", 0xd1);
plain.set(Form.INDEX, "reference-types", 0xd2);
plain.set(Form.PREFIX, "", 0xfc, 0xfd);
plain.set(Form.BLOCK, "exceptions", 0x06);
plain.set(Form.INDEX, "exceptions", 0x07, 0x08, 0x09);
plain.set(Form.DELEGATE, "exceptions", 0x18);
plain.set(Form.ELSE, "exceptions", 0x19);
plain.set(Form.REFUSED, "try_table", 0x0a, 0x1f);
plain.set(Form.REFUSED, "function-references", 0x14, 0x15, [0xd4, 0xd6]);
plain.set(Form.REFUSED, "gc", 0xd3, 0xfb);
plain.set(Form.REFUSED, "threads", 0xfe);

const numeric = table(32);
numeric.set(Form.NONE, "nontrapping-fptoint", [0, 7]);
numeric.set(Form.MEMORY_INIT, "bulk-memory", 8);
numeric.set(Form.INDEX, "bulk-memory", 9, 13);
numeric.set(Form.TWO_MEMORIES, "bulk-memory", 10);
numeric.set(Form.MEMORY_INDEX, "bulk-memory", 11);
numeric.set(Form.TABLE_INIT, "bulk-memory", 12);
numeric.set(Form.TWO_TABLES, "bulk-memory", 14);
numeric.set(Form.TABLE_INDEX, "reference-types", [15, 17]);
numeric.set(Form.REFUSED, "wide-arithmetic", [19, 22]);

const vector = table(0x114);
vector.set(Form.NONE, "simd", [0x0e, 0xff]);
vector.set(Form.MEMORY_ACCESS, "simd", [0x00, 0x0b], 0x5c, 0x5d);
vector.set(Form.BYTES_16, "simd", 0x0c, 0x0d);
vector.set(Form.LANE, "simd", [0x15, 0x22]);
vector.set(Form.MEMORY_LANE, "simd", [0x54, 0x5b]);
vector.set(
  Form.UNKNOWN,
  "",
  0x9a,
  0xa2,
  0xa5,
  0xa6,
  0xaf,
  0xb0,
  0xb2,
  0xb3,
  0xb4,
  0xbb,
  0xc2,
  0xc5,
  0xc6,
  0xcf,
  0xd0,
  0xd2,
  0xd3,
  0xd4,
  0xe2,
  0xee,
);
vector.set(Form.REFUSED, "relaxed-simd", [0x100, 0x113]);

export const PLAIN = plain.opcodes;
/** After 0xFC. */
export const NUMERIC = numeric.opcodes;
/** After 0xFD. */
export const VECTOR = vector.opcodes;
