// Writes the launch block of a WASI program (docs/wasi.md) on the host: for tests and tools.
// In the guest services/init writes the same block from the boot parameters.
import * as format from "../../services/wasi/format.ts";
import { BuildError } from "../error.ts";

export interface Launch {
  arguments: readonly string[];
  /** KEY=VALUE. */
  variables: readonly string[];
  /** Guest names of the directories, in the order of their descriptors. */
  directories: readonly string[];
}

function strings(list: readonly string[]): Buffer {
  for (const text of list) {
    if (text.includes("\0"))
      throw new BuildError(`"${text.replaceAll("\0", "\\0")}" contains a zero byte: arguments and names cannot.`);
  }
  return Buffer.from(list.map((text) => `${text}\0`).join(""));
}

export function encodeLaunch(launch: Launch): Uint8Array {
  if (launch.directories.length > format.DIRECTORY_MAX) {
    throw new BuildError(
      `A program takes ${format.DIRECTORY_MAX} directories at most; ${launch.directories.length} are given.`,
    );
  }
  const lists = [launch.arguments, launch.variables, launch.directories];
  const parts = lists.map(strings);
  const header = Buffer.alloc(format.LAUNCH_STRINGS_AT);
  header.writeUInt32LE(format.LAUNCH_MAGIC, format.LAUNCH_MAGIC_AT);
  lists.forEach((list, i) => {
    header.writeUInt32LE(list.length, format.LAUNCH_ARGUMENT_COUNT_AT + i * 8);
    header.writeUInt32LE(parts[i]?.length ?? 0, format.LAUNCH_ARGUMENT_BYTES_AT + i * 8);
  });
  return Buffer.concat([header, ...parts]);
}
