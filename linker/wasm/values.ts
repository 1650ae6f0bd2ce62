// Value types and constant expressions of the binary format, shared by section and code decoding.
// Types that ΦOS does not translate are refused here, by the name of their proposal.

import type { ValueType } from "./module.ts";
import type { Reader } from "./reader.ts";

const VALUE_TYPES = new Map<number, ValueType>([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
  [0x70, "funcref"],
  [0x6f, "externref"],
]);

export function readValueType(reader: Reader): ValueType {
  const start = reader.at;
  const byte = reader.u8();
  const type = VALUE_TYPES.get(byte);
  if (type !== undefined) return type;
  const code = `0x${byte.toString(16).padStart(2, "0")}`;
  if (byte === 0x69 || byte === 0x74)
    return reader.refuse("exceptions", `exceptions are not supported: value type ${code}`, start);
  if (byte >= 0x63 && byte <= 0x73)
    return reader.refuse("gc", `typed references and gc are not supported: value type ${code}`, start);
  return reader.invalid(`unknown value type ${code}`, start);
}

export function readReferenceType(reader: Reader): ValueType {
  const start = reader.at;
  const type = readValueType(reader);
  if (type !== "funcref" && type !== "externref")
    return reader.invalid(`a reference type is needed, not ${type}`, start);
  return type;
}

/** Passes over a constant expression; `feature` is called for what it uses beyond the first version. */
export function skipConstant(
  reader: Reader,
  feature: (name: "simd" | "reference-types" | "extended-const") => void,
): void {
  for (;;) {
    const start = reader.at;
    const code = reader.u8();
    switch (code) {
      case 0x0b:
        return;
      case 0x23:
        reader.u32();
        break;
      case 0x41:
        reader.skipSigned(32);
        break;
      case 0x42:
        reader.skipSigned(64);
        break;
      case 0x43:
        reader.skip(4);
        break;
      case 0x44:
        reader.skip(8);
        break;
      case 0x6a:
      case 0x6b:
      case 0x6c:
      case 0x7c:
      case 0x7d:
      case 0x7e:
        feature("extended-const");
        break;
      case 0xd0:
        feature("reference-types");
        readReferenceType(reader);
        break;
      case 0xd2:
        feature("reference-types");
        reader.u32();
        break;
      case 0xfd:
        if (reader.u32() !== 0x0c)
          reader.invalid("a constant expression holds another instruction than v128.const", start);
        feature("simd");
        reader.skip(16);
        break;
      case 0xfb:
        reader.refuse("gc", "gc is not supported: a constant expression allocates", start);
        break;
      default:
        reader.invalid(`a constant expression holds instruction 0x${code.toString(16).padStart(2, "0")}`, start);
    }
  }
}
