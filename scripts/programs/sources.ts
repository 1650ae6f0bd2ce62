// Fetches a source package of the Debian release this machine runs, by apt-get itself, into build/sources/.
// Needs no root and no deb-src line: apt-get works on a state directory and a source list of its own.

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CliFailure } from "../phi/failure.ts";
import { BUILD } from "../phi/paths.ts";
import { aptOptions, debianTool } from "./apt.ts";

const SOURCES = join(BUILD, "sources");

/** Directory of the unpacked and patched source; fetched when it is not there yet. */
export function debianSource(name: string): string {
  const present = unpacked(name);
  if (present !== undefined) return present;
  const options = prepareApt();
  apt([...options, "source", name], `fetch the Debian source package ${name}`);
  const fetched = unpacked(name);
  if (fetched === undefined)
    throw new CliFailure(`apt-get source ${name} left no directory ${name}-*`, "See build/sources/.");
  return fetched;
}

/** `name-version/`, complete when dpkg-source has written the quilt state that it writes last. */
function unpacked(name: string): string | undefined {
  if (!existsSync(SOURCES)) return undefined;
  const found = readdirSync(SOURCES, { withFileTypes: true }).find(
    (entry) => entry.isDirectory() && entry.name.startsWith(`${name}-`) && existsSync(join(SOURCES, entry.name, ".pc")),
  );
  return found === undefined ? undefined : join(SOURCES, found.name);
}

function prepareApt(): readonly string[] {
  const state = join(SOURCES, "apt");
  const list = join(state, "sources.list");
  const options = aptOptions(state, list, { "Dir::State::status": "/var/lib/dpkg/status" });
  writeFileSync(list, sourceLines());
  apt([...options, "update"], "update the list of Debian source packages");
  return options;
}

/** The machine's own Debian repositories, asked for sources. */
function sourceLines(): string {
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
  const targets = apt(
    ["indextargets", "--format", format, "Created-By: Packages"],
    "list the machine's Debian repositories",
  );
  const lines = targets.split("\n").filter((line) => / bookworm(-updates|-security)? main$/.test(line));
  if (lines.length === 0) {
    throw new CliFailure(
      "no Debian 12 (bookworm) repository is configured",
      "Add one to /etc/apt/sources.list; the sources come from there.",
    );
  }
  return [...new Set(lines)].map((line) => `deb-src ${line}\n`).join("");
}

function apt(list: readonly string[], purpose: string): string {
  return debianTool("apt-get", list, purpose, SOURCES);
}
