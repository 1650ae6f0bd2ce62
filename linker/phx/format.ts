// The .phx file as a value: what the writer is given and the reader answers. Shared by write.ts, read.ts, link.ts.
// Field meanings and offsets: kernel/abi/formats.ts.

export interface PhxRelocation {
  /** From the start of relro. */
  offset: number;
  kind: "image" | "gate";
  /** Gate number for kind gate, else 0. */
  gate: number;
}

export interface PhxEntries {
  start: number;
  call: number;
  event: number;
  trampoline: number;
}

export interface PhxImage {
  name: string;
  text: Uint8Array;
  thunksSfi: Uint8Array;
  thunksHw: Uint8Array;
  rodata: Uint8Array;
  relro: Uint8Array;
  relocations: PhxRelocation[];
  entries: PhxEntries;
  structBytes: number;
  memoryInitialPages: number;
  memoryMaximumPages: number;
  tableBytes: number;
  stackBytes: number;
  slots: 1 | 2;
  symbols: Uint8Array;
}

export const PAGE_BYTES = 4096;
export const HASH_BYTES = 32;
export const NAME_BYTES = 48;

export function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}
