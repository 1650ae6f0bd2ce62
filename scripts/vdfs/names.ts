// Names of files are bytes, and strings are not: a name that is no UTF-8 becomes a string in which each byte of 0x80 and more is the lone
// surrogate U+DC00 + byte, as Python does it, and comes back as the bytes that it was. Used by whatever hands names between host and store.
import { isUtf8 } from "node:buffer";

const ESCAPED = /[\uDC80-\uDCFF]/u; // with u only lone ones: no valid UTF-8 has any
const ESCAPE = 0xdc00;
const CONTROLS = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]|[\uDC80-\uDCFF]/gu;

export function nameOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  if (isUtf8(buffer)) return buffer.toString();
  return String.fromCharCode(...Array.from(buffer, (byte) => (byte < 0x80 ? byte : ESCAPE + byte)));
}

/** The bytes of a name or a path, whose parts nameOf may have made. */
export function bytesOf(text: string): Buffer {
  if (!ESCAPED.test(text)) return Buffer.from(text);
  return Buffer.concat(
    Array.from(text, (one) => (ESCAPED.test(one) ? Buffer.of(one.charCodeAt(0) - ESCAPE) : Buffer.from(one))),
  );
}

/** A name on one line: what a terminal would obey, and bytes that are no text, as \xNN. */
export function shown(name: string): string {
  return name.replace(CONTROLS, (one) => {
    const code = one.charCodeAt(0);
    const byte = code >= ESCAPE && code < 0xe000 ? code - ESCAPE : code;
    return byte > 0xff ? `\\u${byte.toString(16)}` : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
}
