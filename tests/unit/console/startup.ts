// Entries of a service's start-up page (kernel/abi/formats.ts), for tests that play its kernel.
import { hash } from "./hash.ts";

const STARTUP = 0x8000_0000;
const ENTRY_BYTES = 32;

/** What the service is handed: its name ("" for none), and what the kind says of it. */
export type StartupEntry = readonly [
  kind: number,
  name: string,
  handle: bigint,
  a: bigint | number,
  b: bigint | number,
];

export function writeStartup(memory: WebAssembly.Memory, entries: readonly StartupEntry[]): void {
  const page = new DataView(memory.buffer, STARTUP, 4096);
  entries.forEach(([kind, name, handle, a, b], index) => {
    const at = index * ENTRY_BYTES;
    page.setUint32(at, kind, true);
    page.setUint32(at + 4, name === "" ? 0 : hash(name), true);
    page.setBigUint64(at + 8, handle, true);
    page.setBigUint64(at + 16, BigInt(a), true);
    page.setBigUint64(at + 24, BigInt(b), true);
  });
}
