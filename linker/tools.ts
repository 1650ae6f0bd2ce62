// Running the external tools: clang-19, ld.lld-19, llvm-objcopy-19, wasm2c. Called by linker/compile, phx and kernel.
// Invariant: at most two children at a time (JOBS), and a failing tool becomes a BuildError with its own output.
import { spawn } from "node:child_process";
import { BuildError } from "./error.ts";

export const CLANG = "clang-19";
export const LLD = "ld.lld-19";
export const OBJCOPY = "llvm-objcopy-19";
export const JOBS = 2;

let running = 0;
const waiting: (() => void)[] = [];

async function slot(): Promise<void> {
  if (running >= JOBS) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
}

function release(): void {
  running -= 1;
  waiting.shift()?.();
}

/** Does something that keeps a processor busy, as one of at most JOBS. */
export async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  await slot();
  try {
    return await work();
  } finally {
    release();
  }
}

/** Runs a tool to its end and answers its standard output. `purpose` names the step in an error. */
export function runTool(
  tool: string,
  parameters: readonly string[],
  purpose: string,
  directory?: string,
): Promise<string> {
  return inTurn(
    () =>
      new Promise<string>((resolve, reject) => {
        const child = spawn(tool, parameters, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
        const output: Buffer[] = [];
        const errors: Buffer[] = [];
        child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
        child.on("error", (error: NodeJS.ErrnoException) => {
          const reason = error.code === "ENOENT" ? `${tool} is not installed: run \`make setup\`` : error.message;
          reject(new BuildError(`${purpose} failed: ${reason}.`));
        });
        child.on("close", (status, signal) => {
          if (status === 0) resolve(Buffer.concat(output).toString());
          else {
            const text = `${Buffer.concat(errors).toString()}${Buffer.concat(output).toString()}`;
            reject(new BuildError(`${purpose} failed: ${tool} ended with ${signal ?? `status ${status}`}.`, text));
          }
        });
      }),
  );
}

const versions = new Map<string, Promise<string>>();

/** First line of a tool's --version, part of every cache key. */
export function toolVersion(tool: string): Promise<string> {
  let version = versions.get(tool);
  if (version === undefined) {
    version = runTool(tool, ["--version"], `Asking ${tool} for its version`).then((text) => text.split("\n")[0] ?? "");
    versions.set(tool, version);
  }
  return version;
}
