// Packs a directory of the host into an ENTRY_DIRECTORY archive entry, for `phi run --pack HOST[::GUEST]`.
// Symbolic links are packed as links, never followed. Sockets, pipes and devices are left out, and named to the caller.
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { BuildError } from "../error.ts";
import { type PackedDirectory, type PackedNode, packTree } from "./tree.ts";

export interface PackOptions {
  /** Refuses a directory whose files hold more than this; all of it is in memory while the system runs. */
  maximumBytes?: number;
  /** Told each file that cannot be packed: neither file, directory nor link. */
  onSkipped?: (path: string) => void;
}

export const DEFAULT_MAXIMUM_BYTES = 256 * 1024 * 1024;

interface Budget {
  left: number;
  readonly options: PackOptions;
}

function readNode(path: Buffer, budget: Budget): PackedNode | undefined {
  const status = lstatSync(path, { bigint: true });
  const modified = status.mtimeNs > 0n ? status.mtimeNs : 0n;
  if (status.isSymbolicLink()) return { kind: "link", target: readlinkSync(path, "buffer"), modified };
  if (status.isDirectory()) return readDirectory(path, modified, budget);
  if (!status.isFile()) {
    budget.options.onSkipped?.(path.toString());
    return undefined;
  }
  budget.left -= Number(status.size);
  if (budget.left < 0) {
    const limit = budget.options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
    throw new BuildError(
      `Stopped packing at ${path}: the directory holds more than ${limit} bytes. Hand the program a smaller directory.`,
    );
  }
  return { kind: "file", content: readFileSync(path), modified };
}

function readDirectory(path: Buffer, modified: bigint, budget: Budget): PackedDirectory {
  const children: PackedDirectory["children"] = [];
  for (const name of readdirSync(path, "buffer")) {
    const node = readNode(Buffer.concat([path, Buffer.from("/"), name]), budget);
    if (node !== undefined) children.push({ name, node });
  }
  return { kind: "directory", children, modified };
}

/** The bytes of the archive entry for a host directory. Throws BuildError with what to do. */
export function packDirectory(path: string, options: PackOptions = {}): Uint8Array {
  let modified: bigint;
  try {
    const status = statSync(path, { bigint: true });
    if (!status.isDirectory())
      throw new BuildError(`${path} is not a directory: --pack takes HOST[::GUEST] with a directory as HOST.`);
    modified = status.mtimeNs > 0n ? status.mtimeNs : 0n;
  } catch (error) {
    if (error instanceof BuildError) throw error;
    throw new BuildError(`Cannot read the directory ${path}: ${(error as NodeJS.ErrnoException).code ?? error}.`);
  }
  const budget: Budget = { left: options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES, options };
  try {
    return packTree(readDirectory(Buffer.from(path), modified, budget));
  } catch (error) {
    if (error instanceof BuildError) throw error;
    const failure = error as NodeJS.ErrnoException;
    throw new BuildError(`Cannot pack ${failure.path ?? path}: ${failure.code ?? error}.`);
  }
}
