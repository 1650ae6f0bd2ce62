// The two binary formats: written, read back, damaged. And the hash against its published vectors.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadAbi } from "../../../linker/abi/constants.ts";
import { type ArchiveEntry, readArchive, writeArchive } from "../../../linker/archive.ts";
import { BuildError } from "../../../linker/error.ts";
import { blake3 } from "../../../linker/phx/blake3.ts";
import type { PhxImage } from "../../../linker/phx/format.ts";
import { readPhx } from "../../../linker/phx/read.ts";
import { writePhx } from "../../../linker/phx/write.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const abi = loadAbi(ROOT, "x86_64");

const IMAGE: PhxImage = {
  name: "sample",
  text: new Uint8Array(5000).fill(0x90),
  thunksSfi: new Uint8Array(4096).fill(1),
  thunksHw: new Uint8Array(4096).fill(2),
  rodata: new Uint8Array(0),
  relro: new Uint8Array(100).fill(3),
  relocations: [
    { offset: 0, kind: "gate", gate: 8 },
    { offset: 16, kind: "image", gate: 0 },
  ],
  entries: { start: 16, call: 32, event: 0, trampoline: 8192 },
  structBytes: 72,
  memoryInitialPages: 2,
  memoryMaximumPages: 16384,
  tableBytes: 96,
  stackBytes: 65536,
  slots: 1,
  symbols: Uint8Array.of(1, 2, 3),
};

const HASH_AT = abi.number("PHX_HASH_AT");
/** A number near a border, or any. */
const ODD = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4095, 4096, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff),
  fc.nat(64),
  fc.nat(0xffff_ffff),
);

/** What a reader answers; undefined: it has refused with a sentence. Any other error is thrown on. */
function answered<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return undefined;
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / 4096) * 4096);
  result.set(bytes);
  return result;
}

describe("BLAKE3", () => {
  const vectors = JSON.parse(readFileSync(resolve(ROOT, "tests/vectors/blake3_test_vectors.json"), "utf8")) as {
    cases: { input_len: number; hash: string }[];
  };
  test.each(vectors.cases.map((item) => [item.input_len, item.hash]))("%d bytes", (length, hash) => {
    const input = Uint8Array.from({ length: length as number }, (_none, index) => index % 251);
    expect(Buffer.from(blake3(input)).toString("hex")).toBe((hash as string).slice(0, 64));
  });
});

describe(".phx", () => {
  // symbols like relocations of place 0: a reader that believes a count goes on behind the last one
  const file = writePhx(abi, { ...IMAGE, symbols: new Uint8Array(64) });

  test("comes back as it was written, sections on pages", () => {
    const back = readPhx(abi, file);
    const written = { ...IMAGE, symbols: new Uint8Array(64) };
    expect(back).toEqual({ ...written, text: padded(IMAGE.text), relro: padded(IMAGE.relro) });
    expect(writePhx(abi, written)).toEqual(file);
  });

  test("a changed bit anywhere is refused", () => {
    fc.assert(
      fc.property(fc.nat(file.length * 8 - 1), (bit) => {
        const damaged = file.slice();
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(() => readPhx(abi, damaged)).toThrow(/phx/);
      }),
      { numRuns: 200 },
    );
  });

  test("a head that lies, under a hash that is right, is refused with a sentence, or all that is answered lies in the file", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(23), ODD), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (changes, agrees) => {
          const forged = file.slice();
          const view = new DataView(forged.buffer);
          for (const [word, value] of changes) view.setUint32(word * 4, value, true);
          const get = (field: string): number => view.getUint32(abi.number(field), true);
          if (agrees)
            view.setUint32(
              abi.number("PHX_LENGTH_AT"),
              get("PHX_RELOCATIONS_AT") + get("PHX_RELOCATION_COUNT_AT") * 8,
              true,
            );
          forged.fill(0, HASH_AT, HASH_AT + 32);
          forged.set(blake3(forged), HASH_AT);
          const image = answered(() => readPhx(abi, forged));
          if (image === undefined) return;
          const sections = [image.text, image.thunksSfi, image.thunksHw, image.rodata, image.relro];
          const bytes = sections.reduce((sum, { length }) => sum + length, 4096);
          expect(bytes + image.relocations.length * 8).toBeLessThanOrEqual(forged.length);
          for (const { offset } of image.relocations) expect(offset + 8).toBeLessThanOrEqual(image.relro.length);
        },
      ),
      { numRuns: 150, examples: [[[[9, 4095]], true]] },
    );
  });

  test("truncation and the other architecture are refused", () => {
    expect(() => readPhx(abi, file.subarray(0, 100))).toThrow("at least 4096 bytes");
    expect(() => readPhx(abi, file.subarray(0, 8192))).toThrow("damaged");
    expect(() => readPhx(loadAbi(ROOT, "riscv64"), file)).toThrow("another architecture");
  });
});

describe("boot archive", () => {
  const entries: ArchiveEntry[] = [
    { name: "init", kind: "module", bytes: writePhx(abi, IMAGE), sfi: true },
    { name: "manifest", kind: "manifest", bytes: Uint8Array.of(1, 2, 3), sfi: false },
    { name: "dir:/data", kind: "directory", bytes: new Uint8Array(0), sfi: false },
  ];
  const file = writeArchive(abi, entries);

  test("comes back as it was written, entries on pages", () => {
    expect(readArchive(abi, file)).toEqual(entries);
    expect(file.length % 4096).toBe(0);
  });

  test("a table that lies, under a sum that is right, is refused with a sentence, or all that is answered lies in the file", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(112), ODD), { minLength: 1, maxLength: 3 }), (changes) => {
        const forged = file.slice();
        const view = new DataView(forged.buffer);
        for (const [word, value] of changes) view.setUint32(word * 4, value, true);
        const tableEnd = 64 + view.getUint32(abi.number("ARCHIVE_COUNT_AT"), true) * 128;
        let sum = 0x811c9dc5;
        for (const byte of forged.subarray(64, tableEnd)) sum = Math.imul(sum ^ byte, 0x01000193);
        view.setUint32(abi.number("ARCHIVE_CHECK_AT"), sum >>> 0, true);
        for (const { name, bytes } of answered(() => readArchive(abi, forged)) ?? []) {
          expect(name.length).toBeLessThanOrEqual(64);
          expect(bytes.length).toBeLessThanOrEqual(forged.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("truncated, damaged and headless archives are refused", () => {
    expect(() => readArchive(abi, file.subarray(0, file.length - 1))).toThrow("truncated");
    const damaged = file.slice();
    damaged[70] = 0xff;
    expect(() => readArchive(abi, damaged)).toThrow("table is damaged");
    expect(() => readArchive(abi, new Uint8Array(4096))).toThrow("Not a boot archive");
    expect(() => writeArchive(abi, entries.slice(1))).toThrow("starts with the module init");
  });
});
