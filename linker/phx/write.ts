// Writes a .phx file from a linked image. Called by phx/link.ts. Invariant: same image, same bytes; the hash covers
// every byte but itself.
import type { AbiConstants } from "../abi/constants.ts";
import { BuildError } from "../error.ts";
import { blake3 } from "./blake3.ts";
import { HASH_BYTES, NAME_BYTES, PAGE_BYTES, type PhxImage, pages } from "./format.ts";

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

export function writePhx(abi: AbiConstants, image: PhxImage): Uint8Array {
  if (image.thunksSfi.length !== image.thunksHw.length)
    throw new BuildError(`The thunk variants of ${image.name} differ in length.`);
  const sections = [image.text, image.thunksSfi, image.thunksHw, image.rodata, image.relro];
  const offsets: number[] = [];
  let at = PAGE_BYTES;
  for (const section of sections) {
    offsets.push(at);
    at += pages(section.length) * PAGE_BYTES;
  }
  const relocationsAt = at;
  const length = relocationsAt + image.relocations.length * 8;
  const symbolsAt = align(length, 16);
  const file = new Uint8Array(symbolsAt + image.symbols.length);
  const view = new DataView(file.buffer);
  for (const [index, section] of sections.entries()) file.set(section, offsets[index] as number);
  image.relocations.forEach((relocation, index) => {
    const kind = abi.number(relocation.kind === "gate" ? "RELOCATION_GATE" : "RELOCATION_IMAGE");
    view.setUint32(relocationsAt + index * 8, relocation.offset, true);
    view.setUint32(relocationsAt + index * 8 + 4, ((kind << 24) | relocation.gate) >>> 0, true);
  });
  file.set(image.symbols, symbolsAt);

  const put = (field: string, value: number): void => view.setUint32(abi.number(field), value, true);
  put("PHX_MAGIC_AT", abi.number("PHX_MAGIC"));
  put("PHX_VERSION_AT", abi.number("PHX_VERSION"));
  put("PHX_ARCHITECTURE_AT", abi.number("ARCHITECTURE"));
  put("PHX_FLAGS_AT", 0);
  put("PHX_TEXT_PAGES_AT", pages(image.text.length));
  put("PHX_THUNK_PAGES_AT", pages(image.thunksSfi.length));
  put("PHX_RODATA_PAGES_AT", pages(image.rodata.length));
  put("PHX_RELRO_PAGES_AT", pages(image.relro.length));
  put("PHX_RELOCATIONS_AT", relocationsAt);
  put("PHX_RELOCATION_COUNT_AT", image.relocations.length);
  put("PHX_ENTRY_START_AT", image.entries.start);
  put("PHX_ENTRY_CALL_AT", image.entries.call);
  put("PHX_ENTRY_EVENT_AT", image.entries.event);
  put("PHX_ENTRY_TRAMPOLINE_AT", image.entries.trampoline);
  put("PHX_STRUCT_DISTANCE_AT", align(image.structBytes, 16));
  put("PHX_STRUCT_SIZE_AT", image.structBytes);
  put("PHX_MEMORY_INITIAL_AT", image.memoryInitialPages);
  put("PHX_MEMORY_MAXIMUM_AT", image.memoryMaximumPages);
  put("PHX_TABLE_BYTES_AT", image.tableBytes);
  put("PHX_STACK_BYTES_AT", image.stackBytes);
  put("PHX_SLOTS_AT", image.slots);
  put("PHX_LENGTH_AT", length);
  put("PHX_SYMBOLS_AT", symbolsAt);
  put("PHX_SYMBOLS_LENGTH_AT", image.symbols.length);
  const name = new TextEncoder().encode(image.name);
  if (name.length >= NAME_BYTES)
    throw new BuildError(`The module name ${image.name} is longer than ${NAME_BYTES - 1} bytes.`);
  file.set(name, abi.number("PHX_NAME_AT"));
  const hash = blake3(file);
  if (hash.length !== HASH_BYTES) throw new BuildError("The hash has a wrong length.");
  file.set(hash, abi.number("PHX_HASH_AT"));
  return file;
}

/** The hash that a written file carries. */
export function phxHash(abi: AbiConstants, file: Uint8Array): Uint8Array {
  const at = abi.number("PHX_HASH_AT");
  return file.subarray(at, at + HASH_BYTES);
}
