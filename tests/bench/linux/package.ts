// Binary packages of Debian for the comparison guests: fetched by apt-get into build/linux/ when a benchmark first needs them, checked
// against the hash that is written here, unpacked, never installed. The mirror is the machine's own; a foreign architecture needs nothing set up.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CliFailure } from "../../../scripts/phi/failure.ts";
import { BUILD } from "../../../scripts/phi/paths.ts";
import { aptOptions, debianTool } from "../../../scripts/programs/apt.ts";

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Debian's name of the architecture. */
  readonly architecture: "amd64" | "riscv64";
  /** The release that has it, and the repository of the machine's sources to look in. */
  readonly release: "bookworm" | "bookworm-security" | "trixie";
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

/** Downloads the .deb; its path. apt-get works on a state directory of its own, without the machine's packages. */
function fetchPackage(wanted: DebianPackage): string {
  const state = join(DIRECTORY, `apt-${wanted.release}-${wanted.architecture}`);
  const list = join(state, "sources.list");
  const options = aptOptions(state, list, {
    "Dir::State::status": "/dev/null",
    "APT::Architecture": wanted.architecture,
    "APT::Architectures::": wanted.architecture,
  });
  const files = join(state, "files");
  const updated = join(state, "updated");
  if (!existsSync(updated)) {
    writeFileSync(list, `deb ${repository(wanted.release)} ${wanted.release} main\n`);
    call("apt-get", [...options, "update"], `update the list of ${wanted.release}'s packages`);
    // an update that failed is tried again
    writeFileSync(updated, "");
  }
  const purpose = `fetch ${wanted.name} ${wanted.version} (${wanted.architecture})`;
  call("apt-get", [...options, "download", `${wanted.name}=${wanted.version}`], purpose, files);
  const found = readdirSync(files).find((file) => file.startsWith(`${wanted.name}_`) && file.endsWith(".deb"));
  if (found === undefined) throw new CliFailure(`apt-get left no file of ${wanted.name}`, `See ${files}.`);
  return join(files, found);
}

/** Where this machine has its Debian packages from: every release of the archive lies beside the others. */
function repository(release: DebianPackage["release"]): string {
  const format = "$(REPO_URI) $(RELEASE)";
  const lines = call("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], "list the repositories");
  const wanted = release === "bookworm-security" ? "bookworm-security" : "bookworm";
  const found = lines.split("\n").find((line) => line.endsWith(` ${wanted}`));
  if (found === undefined)
    throw new CliFailure(`no repository of Debian's ${wanted} is configured`, "Add one to /etc/apt/sources.list.");
  return found.slice(0, found.indexOf(" "));
}

function call(program: string, list: readonly string[], purpose: string, directory: string = DIRECTORY): string {
  return debianTool(program, list, purpose, directory);
}
