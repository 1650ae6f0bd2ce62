// Binary packages of Debian for the comparison guests: fetched from the archive's pool into build/linux/ when a benchmark first needs them, checked
// against the hash that is written here, unpacked, never installed. The mirror is the machine's own; a foreign architecture needs nothing set up.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CliFailure } from "../../../scripts/phi/failure.ts";
import { BUILD } from "../../../scripts/phi/paths.ts";
import { debianTool } from "../../../scripts/programs/apt.ts";

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Debian's name of the architecture. */
  readonly architecture: "amd64" | "riscv64";
  /** The repository of the machine's sources that has it. */
  readonly repository: "bookworm" | "bookworm-security";
  /** The file's path in the repository. */
  readonly pool: string;
  /** Of the .deb file, in hex. */
  readonly sha256: string;
}

const DIRECTORY = join(BUILD, "linux");

/** The directory that holds the package's files; fetched, checked and unpacked when it is not there yet. */
export function unpackedPackage(wanted: DebianPackage): string {
  const directory = join(DIRECTORY, `${wanted.name}-${wanted.architecture}-${wanted.sha256.slice(0, 16)}`);
  if (existsSync(directory)) return directory;
  const file = fetchPackage(wanted);
  const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (hash !== wanted.sha256)
    throw new CliFailure(
      `${wanted.name} ${wanted.version} (${wanted.architecture}) is not the file that was measured with: SHA-256 ${hash}`,
      "Nothing of it was used. See tests/bench/linux/kernels.ts.",
    );
  rmSync(`${directory}.tmp`, { recursive: true, force: true });
  call("dpkg-deb", ["-x", file, `${directory}.tmp`], `unpack ${wanted.name}`);
  renameSync(`${directory}.tmp`, directory);
  rmSync(file);
  return directory;
}

/** Downloads the .deb from the archive's pool; its path. No list of packages is asked: the pool keeps a version longer than the lists name it. */
function fetchPackage(wanted: DebianPackage): string {
  const file = join(DIRECTORY, `${wanted.name}_${wanted.architecture}.deb`);
  const uri = `${repository(wanted.repository)}${wanted.pool}`;
  // Downloading as the user who called: the sandbox user could not write below the project.
  const list = ["-o", "APT::Sandbox::User=root", "download-file", uri, file];
  call("/usr/lib/apt/apt-helper", list, `fetch ${wanted.name} ${wanted.version} (${wanted.architecture})`);
  return file;
}

/** Where this machine has its Debian packages from: every release of the archive lies beside the others. */
function repository(name: DebianPackage["repository"]): string {
  const format = "$(REPO_URI) $(RELEASE)";
  const lines = call("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], "list the repositories");
  const found = lines.split("\n").find((line) => line.endsWith(` ${name}`));
  if (found === undefined)
    throw new CliFailure(`no repository of Debian's ${name} is configured`, "Add one to /etc/apt/sources.list.");
  return found.slice(0, found.indexOf(" "));
}

function call(program: string, list: readonly string[], purpose: string): string {
  return debianTool(program, list, purpose, DIRECTORY);
}
