// apt-get as an ordinary user: on a state directory and a source list of its own, so that nothing of the machine's changes. Called by
// sources.ts (source packages) and by tests/bench/linux (binary packages, other architectures).

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CliFailure } from "../phi/failure.ts";

/** Options that make apt-get keep everything below `state` and read `list` alone; `more` are settings besides. */
export function aptOptions(state: string, list: string, more: Readonly<Record<string, string>>): string[] {
  for (const path of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(state, path), { recursive: true });
  const settings = {
    "Dir::State": state,
    "Dir::Cache": join(state, "cache"),
    "Dir::Etc::SourceList": list,
    "Dir::Etc::SourceParts": "-",
    // Downloading as the user who called: the sandbox user could not write below the project.
    "APT::Sandbox::User": process.getuid?.() === 0 ? "root" : "",
    ...more,
  };
  return ["-q", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}

/** What the program prints; `purpose` completes "cannot …". */
export function debianTool(program: string, list: readonly string[], purpose: string, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const result = spawnSync(program, list, { cwd: directory, encoding: "utf8", maxBuffer: 1 << 26 });
  if (result.error !== undefined) throw new CliFailure(`cannot ${purpose}: ${program} is missing`, "Use Debian 12.");
  if (result.status !== 0) {
    const last = result.stderr.trim().split("\n").slice(-3).join(" ");
    throw new CliFailure(`cannot ${purpose}: ${last}`, "Check the network and /etc/apt/sources.list.");
  }
  return result.stdout;
}
