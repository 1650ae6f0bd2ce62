// BLAKE3 as the store makes it, against the published vectors (BLAKE3-team/BLAKE3, test_vectors.json: input byte i is i mod 251), in its two
// forms: any bytes, and whole pages joined to a content's name.
import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { MemoryDisk } from "../../../scripts/vdfs/disk.ts";
import { Store, storeModule } from "../../../scripts/vdfs/store.ts";

const COMPILE_MS = 240_000;
const PAGE = 4096;
const VECTORS = new URL("../../vectors/blake3_test_vectors.json", import.meta.url);

beforeAll(storeModule, COMPILE_MS);

function input(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => i % 251);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

it("answers the published hashes", async () => {
  const store = await Store.create(new MemoryDisk(1024));
  const { cases } = JSON.parse(readFileSync(VECTORS, "utf8")) as { cases: { input_len: number; hash: string }[] };
  expect(cases.length).toBeGreaterThan(30);
  for (const { input_len, hash } of cases)
    expect([input_len, hex(store.hash(input(input_len)))]).toEqual([input_len, hash.slice(0, 64)]);
});

it.each(["in lanes", "word by word"])("names contents of whole pages by the same hash, %s", async (form) => {
  const store = await Store.create(new MemoryDisk(1024));
  store.raw("use_words", form === "word by word" ? 1 : 0);
  const memory = (store.exports as unknown as { memory: WebAssembly.Memory }).memory;
  for (let pages = 1; pages <= 16; pages++) {
    const bytes = input(pages * PAGE);
    const at = Number(store.raw("allocate", bytes.length));
    const values = Number(store.raw("allocate", pages * 32));
    const out = Number(store.raw("allocate", 32));
    new Uint8Array(memory.buffer).set(bytes, at);
    for (let i = 0; i < pages; i++) store.raw("page_value", at + i * PAGE, i, pages === 1 ? 1 : 0, values + i * 32);
    if (pages > 1) store.raw("name_of_values", values, pages, out);
    const name = new Uint8Array(memory.buffer, pages > 1 ? out : values, 32);
    expect([pages, hex(name)]).toEqual([pages, hex(store.hash(bytes))]);
  }
});
