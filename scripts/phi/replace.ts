// `phi replace`: brings a .phx into a running system over its serial line, and puts an instance of it in a running service's place.
// Like `phi load`, nothing vouches for the file but its hash.

import { basename } from "node:path";
import { type BootCommandOptions, runBoot } from "./boot.ts";
import { checkUnitName, readModule } from "./load.ts";

export interface ReplaceOptions extends BootCommandOptions {
  /** The service whose place is taken. */
  readonly name: string;
  readonly file: string;
  /** Commands before it: what loads the service with work, say. */
  readonly before?: string;
  /** Nothing goes over: the next version starts as after a crash. */
  readonly restart: boolean;
}

/** Boots, runs `before`, replaces, runs `exec`; returns the last one's status. */
export async function runReplace(options: ReplaceOptions): Promise<number> {
  checkUnitName(options.name);
  const input = readModule(options.file);
  const module = basename(options.file).replace(/[^A-Za-z0-9_.-]/g, "_");
  const commands = [
    options.before,
    `replace ${options.restart ? "--restart " : ""}${options.name} ${module} ${input.length}`,
    options.exec,
  ];
  return runBoot({ ...options, exec: commands.filter((one) => one !== undefined).join("; "), input });
}
