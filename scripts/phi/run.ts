// `phi run`: one WASI program on ΦOS as if it were a process here: its streams and its exit status are ours, and it can
// reach exactly the arguments, variables and directories that the command line names.

import { fstatSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Device } from "qemu-test-harness";
import type { ArchiveEntry } from "../../linker/archive.ts";
import { ensureImage, ensureProgram, extendArchive, readProgram } from "./artifacts.ts";
import { checkImage, checkUnused } from "./disk-image.ts";
import { CliFailure, EXIT_USAGE } from "./failure.ts";
import { type MachineOptions, startMachine } from "./machine.ts";
import { exitCode } from "./outcome.ts";
import { encodeParameters, type Parameter } from "./parameters.ts";
import { Session } from "./session.ts";
import { leaveStandardErrorAlone } from "./terminal.ts";

export interface RunOptions extends MachineOptions {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly isolation: "hw" | "sfi";
  /** The person vouches for the program. */
  readonly trusted: boolean;
  readonly environment: readonly string[];
  /** HOST or HOST::GUEST: the directory itself, which the program may change. */
  readonly directories: readonly string[];
  /** IMAGE or IMAGE::GUEST: all that a disk image holds (`phi disk`), which the program may change. */
  readonly disk?: string;
  /** The same of a copy that goes into the archive, read-only. */
  readonly packed: readonly string[];
  readonly timeout_ms?: number;
  readonly verbose: boolean;
}

interface Directory {
  readonly host: string;
  readonly guest: string;
}

/** An archive entry's name holds 63 bytes, "dir:" included. */
const GUEST_NAME_BYTES_MAX = 59;
/** The image run-files has so many services for directories of the host's. */
const SHARES_MAX = 4;
/** Pages of a program's memory appear when touched; the emulator, too, takes host memory only then. */
const DEFAULT_MEMORY = "1280M";

/** Runs the program and returns its exit status. */
export async function runProgram(options: RunOptions): Promise<number> {
  if (options.isolation === "sfi" && !options.trusted) {
    throw new CliFailure(
      "--isolation sfi needs --trusted",
      "sfi runs the program in supervisor mode, fenced by its translation alone; use --isolation hw for code you do not vouch for.",
      EXIT_USAGE,
    );
  }
  if (options.iommu === true && options.arch === "riscv64") {
    const advice = "Leave --iommu out; the drivers of --dir and --disk are then trusted with all memory.";
    throw new CliFailure("this emulator has no IOMMU for riscv64", advice, EXIT_USAGE);
  }
  leaveStandardErrorAlone();
  const environment = options.environment.map(checkVariable);
  const shared = options.directories.map((text) => parseDirectory("--dir", text));
  const copied = options.packed.map((text) => parseDirectory("--pack", text));
  if (shared.length > SHARES_MAX) {
    const advice = `Give a directory above some of them, or copies of those that are only read: --pack.`;
    throw new CliFailure(`--dir works for ${SHARES_MAX} directories, not ${shared.length}`, advice, EXIT_USAGE);
  }
  const disk = options.disk === undefined ? undefined : parseDisk(options.disk);
  const wasm = readProgram(options.file);
  const program = await ensureProgram(resolve(options.file), wasm, options.arch);
  const files = shared.length > 0 ? "run-files" : "run";
  const image = await ensureImage(disk === undefined ? files : "run-disk", options.arch);
  const directory = mkdtempSync(join(tmpdir(), "phi-run-"));
  try {
    const archive = join(directory, "archive");
    const name = `program:${program.name}`;
    const parameters: Parameter[] = [
      ["console", "mux"],
      ["run.program", name],
      ["run.isolation", options.isolation],
      ["realtime", String(BigInt(Date.now()) * 1_000_000n)],
      ["run.terminal", String(terminals())],
      ...[basename(options.file), ...options.arguments].map((value): Parameter => ["run.arg", value]),
      ...environment.map((value): Parameter => ["run.env", value]),
      ...(disk === undefined ? [] : [["run.dir", `${disk.guest}\tvdfs`] as const]),
      ...shared.map(({ guest }, unit): Parameter => ["run.dir", `${guest}\tshare${unit}`]),
      ...copied.map(({ guest }): Parameter => ["run.dir", guest]),
    ];
    checkLaunch(parameters);
    const module: ArchiveEntry = {
      name,
      kind: "module",
      bytes: readFileSync(program.path),
      sfi: options.isolation === "sfi",
    };
    const packed = await packDirectories(copied);
    const input = wholeInput(options);
    extendArchive(options.arch, image.archive, archive, parameters, [module, ...packed, ...input]);
    const disks: Device[] = disk === undefined ? [] : [{ kind: "disk", file: resolve(disk.host) }];
    const devices = [...disks, ...shareDevices(shared)];
    const machine = { ...options, devices, memory: options.memory ?? DEFAULT_MEMORY };
    const guest = startMachine({ kernel: image.kernel, archive }, machine, { keepOutput: false });
    const session = new Session(guest, {
      timeout_ms: options.timeout_ms,
      verbose: options.verbose,
      forwardInput: input.length === 0,
    });
    return exitCode(await session.run(), session, options.verbose);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** More of it, or a machine of another size, and a file on standard input goes by the serial line, like everything that is no file. */
const WHOLE_INPUT_BYTES_MAX = 128 << 20;

/** A file on standard input is there as a whole: it goes into the archive, where reading it takes a hundredth of the time or less. */
function wholeInput(options: RunOptions): readonly ArchiveEntry[] {
  const status = fstatSync(0);
  if (!status.isFile() || status.size === 0 || status.size > WHOLE_INPUT_BYTES_MAX || options.memory !== undefined)
    return [];
  const bytes = readFileSync(0); // from where whoever had it open before has stopped
  return bytes.length === 0 ? [] : [{ name: "input:", kind: "directory", bytes }];
}

/**
 * A 9P device for each directory, in the order of their places on the machine's bus. Files belong to whoever runs the emulator: "none" leaves out
 * what only root could do.
 */
function shareDevices(shared: readonly Directory[]): Device[] {
  return shared.map(
    ({ host }, unit): Device => ({ kind: "9p", path: resolve(host), tag: `share${unit}`, securityModel: "none" }),
  );
}

/** Bit n: stream n of this process is a terminal, so the program's is one too. */
function terminals(): number {
  return [process.stdin, process.stdout, process.stderr].reduce(
    (bits, stream, n) => bits | (stream.isTTY ? 1 << n : 0),
    0,
  );
}

/** init's launch block (services/init/launch.ts) takes so much, its header included. */
const LAUNCH_BYTES_MAX = 4 * 1024 * 1024 - 32;

function checkLaunch(parameters: readonly Parameter[]): void {
  const bytes = encodeParameters(parameters).length;
  if (bytes <= LAUNCH_BYTES_MAX) return;
  const advice = "Hand long lists over in a file or on standard input.";
  throw new CliFailure(
    `arguments, variables and names of directories take ${bytes} bytes; at most ${LAUNCH_BYTES_MAX} are passed on`,
    advice,
    EXIT_USAGE,
  );
}

function checkVariable(text: string): string {
  if (!/^[^=]+=/.test(text))
    throw new CliFailure(`"${text}" is not an environment variable`, "Write --env NAME=VALUE.", EXIT_USAGE);
  return text;
}

/** Without a name the disk is the program's root. */
function parseDisk(text: string): Directory {
  const directory = splitNames("--disk", text, "/");
  checkImage(directory.host);
  checkUnused(directory.host);
  return directory;
}

function parseDirectory(option: string, text: string): Directory {
  const { host, guest } = splitNames(option, text);
  if (statSync(host, { throwIfNoEntry: false })?.isDirectory() === true) return { host, guest };
  throw new CliFailure(`${option} ${host}: there is no such directory`, "Make it, or give one that is there.");
}

/** HOST[::GUEST]. */
function splitNames(option: string, text: string, otherwise?: string): Directory {
  const at = text.indexOf("::");
  const host = at < 0 ? text : text.slice(0, at);
  const guest = at < 0 ? (otherwise ?? text) : text.slice(at + 2);
  if (guest === "" || guest.includes("\t") || Buffer.byteLength(guest) > GUEST_NAME_BYTES_MAX) {
    const advice = `Give it a name of at most ${GUEST_NAME_BYTES_MAX} bytes, without a tab: ${option} ${host}::/data`;
    throw new CliFailure(`"${guest}" cannot be the name of a directory in the guest`, advice, EXIT_USAGE);
  }
  return { host, guest };
}

async function packDirectories(directories: readonly Directory[]): Promise<readonly ArchiveEntry[]> {
  if (directories.length === 0) return [];
  const { packDirectory } = await import("../../linker/pack/directory.ts");
  const onSkipped = (path: string): void =>
    void process.stderr.write(`phi: ${path} is neither file, directory nor link: left out\n`);
  return directories.map(({ host, guest }) => ({
    name: `dir:${guest}`,
    kind: "directory",
    bytes: packDirectory(host, { onSkipped }),
  }));
}
