// Reads a .phx file back and checks it as strictly as the kernel does. Called by the archive writer, tools and tests.
// Invariant: an image that is answered has all its offsets inside the file and the hash that it claims.
import type { AbiConstants } from "../abi/constants.ts";
import { BuildError } from "../error.ts";
import { blake3 } from "./blake3.ts";
import { HASH_BYTES, NAME_BYTES, PAGE_BYTES, type PhxImage, type PhxRelocation } from "./format.ts";

export function readPhx(abi: AbiConstants, file: Uint8Array): PhxImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < PAGE_BYTES)
    throw new BuildError(`A .phx has at least ${PAGE_BYTES} bytes; this has ${file.length}.`);
  const get = (field: string): number => view.getUint32(abi.number(field), true);
  if (get("PHX_MAGIC_AT") !== abi.number("PHX_MAGIC"))
    throw new BuildError("Not a .phx file: its magic number is wrong.");
  if (get("PHX_VERSION_AT") !== abi.number("PHX_VERSION"))
    throw new BuildError(
      `The .phx has version ${get("PHX_VERSION_AT")}; this build reads ${abi.number("PHX_VERSION")}.`,
    );
  if (get("PHX_ARCHITECTURE_AT") !== abi.number("ARCHITECTURE"))
    throw new BuildError(`The .phx is for another architecture than ${abi.architecture}.`);

  const hashAt = abi.number("PHX_HASH_AT");
  const unhashed = file.slice();
  unhashed.fill(0, hashAt, hashAt + HASH_BYTES);
  if (!Buffer.from(blake3(unhashed)).equals(file.subarray(hashAt, hashAt + HASH_BYTES)))
    throw new BuildError("The .phx is damaged: its hash does not match.");

  let at = PAGE_BYTES;
  const take = (pageCount: number): Uint8Array => {
    const from = at;
    at += pageCount * PAGE_BYTES;
    if (at > file.length) throw new BuildError("The .phx is truncated.");
    return file.slice(from, at);
  };
  const text = take(get("PHX_TEXT_PAGES_AT"));
  const thunksSfi = take(get("PHX_THUNK_PAGES_AT"));
  const thunksHw = take(get("PHX_THUNK_PAGES_AT"));
  const rodata = take(get("PHX_RODATA_PAGES_AT"));
  const relro = take(get("PHX_RELRO_PAGES_AT"));
  const relocations: PhxRelocation[] = [];
  const count = get("PHX_RELOCATION_COUNT_AT");
  const relocationsAt = get("PHX_RELOCATIONS_AT");
  if (relocationsAt !== at || relocationsAt + count * 8 !== get("PHX_LENGTH_AT"))
    throw new BuildError("The .phx's relocations are not where its sections end.");
  if (get("PHX_LENGTH_AT") > file.length) throw new BuildError("The .phx is truncated.");
  for (let index = 0; index < count; index++) {
    const offset = view.getUint32(relocationsAt + index * 8, true);
    const word = view.getUint32(relocationsAt + index * 8 + 4, true);
    if (offset + 8 > relro.length) throw new BuildError("A relocation of the .phx lies outside its relro.");
    const isGate = word >>> 24 === abi.number("RELOCATION_GATE");
    relocations.push({ offset, kind: isGate ? "gate" : "image", gate: isGate ? word & 0xff_ffff : 0 });
  }
  const nameAt = abi.number("PHX_NAME_AT");
  const nameBytes = file.subarray(nameAt, nameAt + NAME_BYTES);
  const symbolsAt = get("PHX_SYMBOLS_AT");
  return {
    name: new TextDecoder().decode(nameBytes.subarray(0, nameBytes.indexOf(0))),
    text,
    thunksSfi,
    thunksHw,
    rodata,
    relro,
    relocations,
    entries: {
      start: get("PHX_ENTRY_START_AT"),
      call: get("PHX_ENTRY_CALL_AT"),
      event: get("PHX_ENTRY_EVENT_AT"),
      trampoline: get("PHX_ENTRY_TRAMPOLINE_AT"),
    },
    structBytes: get("PHX_STRUCT_SIZE_AT"),
    memoryInitialPages: get("PHX_MEMORY_INITIAL_AT"),
    memoryMaximumPages: get("PHX_MEMORY_MAXIMUM_AT"),
    tableBytes: get("PHX_TABLE_BYTES_AT"),
    stackBytes: get("PHX_STACK_BYTES_AT"),
    slots: get("PHX_SLOTS_AT") === 2 ? 2 : 1,
    symbols: file.slice(symbolsAt, symbolsAt + get("PHX_SYMBOLS_LENGTH_AT")),
  };
}
