// One key for "the toolchain is the same": this folder's sources, the ABI's numbers, the packages, the compiler. Called
// for every product's stamp. Invariant: whatever can change a product's bytes, other than its own inputs, is in the key.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, assemblerSource, loadAbi } from "./abi/constants.ts";
import { contentKey } from "./files.ts";
import { CLANG, toolVersion } from "./tools.ts";

const keys = new Map<string, Promise<string>>();

function sourceFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? sourceFiles(join(directory, entry.name)) : [join(directory, entry.name)],
    )
    .sort();
}

export function toolchainKey(root: string, architecture: Architecture): Promise<string> {
  const name = `${root}\0${architecture}`;
  let key = keys.get(name);
  if (key === undefined) {
    key = toolVersion(CLANG).then((version) => {
      const files = sourceFiles(join(root, "linker")).map((path) => readFileSync(path));
      return contentKey(
        version,
        assemblerSource(loadAbi(root, architecture)),
        readFileSync(join(root, "package-lock.json")),
        ...files,
      );
    });
    keys.set(name, key);
  }
  return key;
}
