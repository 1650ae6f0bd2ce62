// No orphans: every child the harness starts is listed here and killed when the test process ends, in whatever way.
// On Linux the kernel helps for the ways JavaScript cannot see (SIGKILL): setpriv asks it to send the signal.

import { type ChildProcess, spawnSync } from "node:child_process";

const children = new Set<ChildProcess>();
const temporaryPaths = new Set<() => void>();
let installed = false;

/** Adds a child; it leaves the list when it ends. */
export function watchChild(child: ChildProcess): void {
  install();
  children.add(child);
  child.once("exit", () => children.delete(child));
}

/** Runs `remove` at process end unless the returned function was called before. */
export function watchTemporary(remove: () => void): () => void {
  install();
  temporaryPaths.add(remove);
  return () => {
    if (temporaryPaths.delete(remove)) remove();
  };
}

/** Prefix of a command that ties the child's life to ours: ["setpriv", …] or nothing where it does not exist. */
export function parentDeathPrefix(): readonly string[] {
  prefix ??=
    process.platform === "linux" && spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0
      ? ["setpriv", "--pdeathsig", "KILL"]
      : [];
  return prefix;
}

let prefix: readonly string[] | undefined;

function install(): void {
  if (installed) return;
  installed = true;
  process.once("exit", killAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const handler = (): void => {
      // Whoever else handles the signal decides what it means; if he ends the process, "exit" above cleans up.
      if (process.listenerCount(signal) > 1) return;
      killAll();
      process.off(signal, handler);
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
  }
}

function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
  for (const remove of temporaryPaths) remove();
  temporaryPaths.clear();
}
