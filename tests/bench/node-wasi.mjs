// Runs a WASI command under Node's own engine and WASI, for comparison: node node-wasi.mjs FILE.wasm ARGS…

import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

process.removeAllListeners("warning"); // "experimental", on standard error
const [file, ...list] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: ["program", ...list], returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(file), wasi.getImportObject());
process.exitCode = wasi.start(instance);
