// `phi programs`: builds the third-party programs and says where they are.

import { buildLua, buildSqlite } from "../programs/index.ts";
import { shown } from "./paths.ts";
import { beginProgress } from "./terminal.ts";

export async function runPrograms(): Promise<number> {
  const progress = beginProgress("fetching Debian source packages");
  try {
    const files = [await buildLua(progress.step), await buildSqlite(progress.step)];
    progress.done("programs are built");
    for (const file of files) process.stdout.write(`${shown(file)}\n`);
    return 0;
  } finally {
    progress.stop();
  }
}
