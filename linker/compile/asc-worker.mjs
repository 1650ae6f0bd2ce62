// Runs asc in a plain Node process of its own: parallel to others, and free of the TypeScript loader, which would
// transform the compiler's megabytes first. Started by compile/warm.ts; each line of its input names the file of one request, each line of its
// output is the JSON answer { error, messages, sources }. Invariant: a request's outputs are both written or none, and depend on nothing that came before it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { createInterface } from "node:readline";
import asc from "assemblyscript/asc";

/** @typedef {{ root: string, architecture: string, architectures: string[], parameters: string[], extraSources: Record<string, string>, wasmPath: string, sourceMapPath: string }} Request */

/** The path on disk of a source that asc asks for: hal/X.ts stands for hal/<arch>/X.ts. */
function resolveSource(request, path) {
  const normal = posix.normalize(path);
  if (!normal.startsWith("hal/") || existsSync(join(request.root, normal))) return normal;
  const rest = normal.slice(4);
  if (request.architectures.some((name) => rest.startsWith(`${name}/`))) return normal;
  return `hal/${request.architecture}/${rest}`;
}

/** @param {Request} request */
async function compile(request) {
  const sources = new Set();
  const outputs = new Map();
  let messages = "";
  const sink = {
    write: (chunk) => {
      messages += String(chunk);
      return true;
    },
  };
  const result = await asc.main(request.parameters, {
    stdout: sink,
    stderr: sink,
    readFile: (path) => {
      const extra = request.extraSources[posix.normalize(path)];
      if (extra !== undefined) return extra;
      const resolved = resolveSource(request, path);
      const full = join(request.root, resolved);
      if (!existsSync(full)) return null;
      sources.add(resolved);
      return readFileSync(full, "utf8");
    },
    writeFile: (path, content) => {
      outputs.set(path, content);
    },
    listFiles: () => [],
  });
  const wasm = outputs.get("out.wasm");
  const sourceMap = outputs.get("out.wasm.map");
  let error = result.error === null ? null : result.error.message;
  if (error === null && (wasm === undefined || sourceMap === undefined)) error = "asc wrote no module";
  if (error === null) {
    const map = JSON.parse(sourceMap);
    map.sources = map.sources.map((path) => (path.startsWith("~lib/") ? path : resolveSource(request, path)));
    writeFileSync(request.wasmPath, wasm);
    writeFileSync(request.sourceMapPath, JSON.stringify(map));
  }
  return { error, messages, sources: [...sources].sort() };
}

for await (const file of createInterface({ input: process.stdin })) {
  const answer = await compile(JSON.parse(readFileSync(file, "utf8")));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
