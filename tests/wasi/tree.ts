// The directory that the WASI test programs look at, made on the host under build/. The same directory is preopened by
// node:wasi and packed for ΦOS.
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes the tree afresh at `path`; beside it lies a file that no program may reach. */
export function makeTree(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(join(path, "sub/deep"), { recursive: true });
  const files: Record<string, string> = {
    "hello.txt": "Hello, world!\n",
    empty: "",
    "sub/inner": "inner file",
    "sub/deep/leaf": "leaf",
    größe: "umlaut",
    "../secret": "not yours",
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  const links: Record<string, string> = {
    "to-file": "hello.txt",
    "to-sub": "sub",
    dangling: "nowhere",
    "self-loop": "self-loop",
    "loop-a": "loop-b",
    "loop-b": "loop-a",
    "sub/up": "../hello.txt",
    "sub/out": "../../secret",
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(path, name));
  const time = new Date("2026-01-02T03:04:05Z");
  utimesSync(join(path, "hello.txt"), time, time);
}
