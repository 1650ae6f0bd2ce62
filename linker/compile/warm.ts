// AssemblyScript compilers that are kept from one module to the next: a fresh one spends most of its time on getting warm. Called by
// compile/assemblyscript.ts. Invariant: each has one request at a time; one that failed is not asked again, and none keeps its parent from ending.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { BuildError } from "../error.ts";
import { inTurn } from "../tools.ts";

const WORKER = fileURLToPath(new URL("asc-worker.mjs", import.meta.url));
/** Its memory grows from module to module: after so many there is another. */
const REQUESTS_MAX = 40;

export interface CompilerAnswer {
  readonly error: string | null;
  readonly messages: string;
  /** Every file that was read, relative to the root. */
  readonly sources: string[];
}

class Compiler {
  private readonly child: ChildProcessWithoutNullStreams;
  private requests = 0;
  private hasEnded = false;
  private output = "";
  private errors = "";
  private settle: { resolve: (answer: string) => void; reject: (error: Error) => void } | undefined;

  constructor() {
    const child = spawn(process.execPath, [WORKER], { stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.take(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    // A compiler that ends cannot be written to: what it said says why.
    child.stdin.on("error", () => {});
    child.on("exit", () => {
      this.hasEnded = true;
    });
    child.on("error", (error) => this.fail(error.message));
    child.on("close", (status, signal) => this.fail(`the compiler ended with ${signal ?? `status ${status}`}.`));
    this.child = child;
  }

  /** No more modules for this one: it has had enough of them, or somebody ended it while it had nothing to do. */
  get isWorn(): boolean {
    return this.hasEnded || this.requests >= REQUESTS_MAX;
  }

  /** The answer to the request in a file: one line each way. */
  ask(file: string): Promise<string> {
    this.requests++;
    this.isAwaited(true);
    return new Promise<string>((resolve, reject) => {
      this.settle = { resolve, reject };
      this.child.stdin.write(`${file}\n`);
    }).finally(() => this.isAwaited(false));
  }

  end(): void {
    this.child.stdin.end();
  }

  private take(text: string): void {
    this.output += text;
    const end = this.output.indexOf("\n");
    if (end < 0) return;
    const line = this.output.slice(0, end);
    this.output = this.output.slice(end + 1);
    this.settle?.resolve(line);
  }

  private fail(reason: string): void {
    this.hasEnded = true;
    this.settle?.reject(new BuildError(reason, this.errors));
  }

  /** Whether this process stays for its answer. */
  private isAwaited(isAwaited: boolean): void {
    const { child } = this;
    const held = [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket];
    for (const one of held) isAwaited ? one.ref() : one.unref();
  }
}

const idle: Compiler[] = [];

function idleCompiler(): Compiler | undefined {
  let compiler = idle.pop();
  while (compiler?.isWorn) compiler = idle.pop();
  return compiler;
}

/** What a compiler answers to the request in `file`; as many compile at a time as other tools run. */
export function askCompiler(file: string, purpose: string): Promise<CompilerAnswer> {
  return inTurn(async () => {
    const compiler = idleCompiler() ?? new Compiler();
    let isGood = false;
    try {
      const answer = JSON.parse(await compiler.ask(file)) as CompilerAnswer;
      isGood = answer.error === null && !compiler.isWorn;
      return answer;
    } catch (error) {
      if (error instanceof BuildError) throw new BuildError(`${purpose} failed: ${error.message}`, error.details);
      throw error;
    } finally {
      if (isGood) idle.push(compiler);
      else compiler.end();
    }
  });
}
