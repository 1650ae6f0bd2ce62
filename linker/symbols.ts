// The table that turns an image offset into function, file and line: made by linker/debug/, carried by the kernel
// image and every .phx. Called by kernel.ts and phx/. Invariant: an ELF without functions gives an empty table.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface SymbolsModule {
  buildSymbolTable(elf: string, imageBase: bigint): Uint8Array | Promise<Uint8Array>;
}

export async function buildSymbols(elf: string, imageBase: bigint): Promise<Uint8Array> {
  const path = fileURLToPath(new URL("debug/symbols.ts", import.meta.url));
  if (!existsSync(path)) return new Uint8Array();
  const module = (await import(path)) as SymbolsModule;
  return module.buildSymbolTable(elf, imageBase);
}
