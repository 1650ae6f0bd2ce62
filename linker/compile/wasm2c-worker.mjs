// Runs npm wabt's wasm2c with a larger stack than it was built with: it recurses over nested blocks, and real programs
// nest thousands. Called by compile/wasm2c.ts in a Node process of its own; the arguments are wasm2c's.
// Invariant: the stack lies at the end of a memory that the allocator, which grows from the start, does not reach.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import vm from "node:vm";

const MEMORY_BYTES = 0x4000_0000;
const PAGE_BYTES = 65_536;

const require = createRequire(import.meta.url);
const program = join(dirname(require.resolve("wabt/package.json")), "bin/wasm2c");
const source = readFileSync(program, "utf8").replace(/^#!.*/, "");
globalThis.require = require;
globalThis.__filename = program;
globalThis.__dirname = dirname(program);
globalThis.Module = {
  arguments: process.argv.slice(2),
  preRun: [
    () => {
      const memory = globalThis.memory;
      const before = memory.buffer.byteLength;
      memory.grow((MEMORY_BYTES - before) / PAGE_BYTES);
      globalThis.updateMemoryViews();
      // a negative allocation moves the stack pointer up; the second argument-free call reads it
      const pointer = globalThis.__emscripten_stack_alloc(0);
      globalThis.__emscripten_stack_alloc(pointer - MEMORY_BYTES);
    },
  ],
};
vm.runInThisContext(source, { filename: program });
