// One build of a program at a time, of however many processes want it: test files run side by side, and Debian's sources are unpacked and
// joined in place. A lock is a file that holds its owner's process number; an owner that is gone has left it by accident.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CliFailure } from "../phi/failure.ts";
import { BUILD } from "../phi/paths.ts";

const LIMIT_MS = 600_000;
const INTERVAL_MS = 200;

/** Runs `work` while nobody else runs with the same name; waits at most ten minutes for its turn. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const directory = join(BUILD, "programs");
  mkdirSync(directory, { recursive: true });
  const lock = join(directory, `${name}.lock`);
  for (let waited = 0; !taken(lock); waited += INTERVAL_MS) {
    if (waited >= LIMIT_MS)
      throw new CliFailure(
        `another process has been building ${name} for ten minutes`,
        `If none does, remove ${lock}.`,
      );
    await sleep(INTERVAL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** True if the lock is ours now. */
function taken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  if (!isAlive(lock)) rmSync(lock, { force: true });
  return false;
}

function isAlive(lock: string): boolean {
  try {
    const owner = Number(readFileSync(lock, "utf8"));
    // created and not written yet, or gone meanwhile: look again later
    if (owner > 0) process.kill(owner, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
