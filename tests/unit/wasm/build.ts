// Assembles small WebAssembly modules by hand, so that tests can hold what no compiler would write.
// Used by the tests of linker/wasm and linker/debug.

export type Part = number | readonly number[];

export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}

export function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
}

export function section(id: number, ...parts: Part[]): number[] {
  const content = parts.flat();
  return [id, ...unsigned(content.length), ...content];
}

export const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export function module(...sections: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...HEADER, ...sections.flat()]);
}

/** Type section with () → (), function section, memory section, and one body of these instructions. */
export function withBody(...instructions: Part[]): Uint8Array {
  const body = [0, ...instructions.flat(), 0x0b];
  return module(
    section(1, 1, 0x60, 0, 0),
    section(3, 1, 0),
    section(4, 1, 0x70, 0, 1),
    section(5, 1, 0, 1),
    section(10, 1, unsigned(body.length), body),
  );
}

/** V8's own reader, the oracle of these tests; the compiler's library has no types for it without a browser. */
export const engine = (
  globalThis as unknown as {
    WebAssembly: { validate(bytes: Uint8Array): boolean; Module: new (bytes: Uint8Array) => object };
  }
).WebAssembly;
