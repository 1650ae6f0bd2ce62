// `phi load`: brings a .phx into a running system over its serial line, and has the shell load it. The file is no part of what
// booted, so nothing vouches for it but its hash: it runs sfi if the image lists that, else in user mode.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type BootCommandOptions, runBoot } from "./boot.ts";
import { CliFailure, EXIT_USAGE } from "./failure.ts";
import { shown } from "./paths.ts";

export interface LoadOptions extends BootCommandOptions {
  readonly file: string;
  /** What the unit is called; undefined: as the file. */
  readonly name?: string;
  readonly mode?: "sfi" | "hw" | "enclave";
}

/** Boots, loads the file, runs the commands of `exec`; returns the last one's status. */
export async function runLoad(options: LoadOptions): Promise<number> {
  const input = readModule(options.file);
  const name = options.name ?? basename(options.file).replace(/\.phx$/, "");
  checkUnitName(name);
  const mode = options.mode === undefined ? "" : `--${options.mode} `;
  const commands = [`load ${mode}${name} ${input.length}`, ...(options.exec === undefined ? [] : [options.exec])];
  return runBoot({ ...options, exec: commands.join("; "), input });
}

/** A name that the shell takes as one word. */
export function checkUnitName(name: string): void {
  if (/^[A-Za-z0-9_.-]{1,48}$/.test(name)) return;
  throw new CliFailure(`"${name}" cannot be a unit's name`, "Give one of letters and digits, like echo.", EXIT_USAGE);
}

/** All of a .phx file. An empty one would be taken for none. */
export function readModule(file: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new CliFailure(
      `${shown(file)} ${missing ? "does not exist" : `cannot be read: ${(error as Error).message}`}`,
      "Give the path of a .phx file; `phi build` leaves those of the services in build/<arch>/modules.",
    );
  }
  if (bytes.length === 0) throw new CliFailure(`${shown(file)} is empty`, "Give the path of a .phx file.");
  return bytes;
}
