// Equips the companion from its start-up page (docs/wasi.md): the program's memory, the console, the launch block, the
// directories, the seed, and descriptors 0, 1, 2 and 3 …. Each failure has its own status, in the order of the checks.
import { capability, region, region_bytes } from "../lib/startup";
import { descriptor_open, KIND_DIRECTORY, KIND_STREAM } from "./descriptors";
import { guest_attach } from "./guest";
import { directory_count, launch_open } from "./launch";
import { poll_open } from "./poll";
import { random_open } from "./random";
import { streams_open } from "./streams";
import { NODE_ROOT, tree_open } from "./tree";
import { RIGHT_FD_READ, RIGHT_FD_WRITE, RIGHTS_DIRECTORY, RIGHTS_FILE, RIGHTS_STREAM } from "./types";

export const OPEN_OK: i32 = 0;
export const OPEN_NO_CONSOLE: i32 = 1;
export const OPEN_NO_PROGRAM: i32 = 2;
export const OPEN_BAD_LAUNCH: i32 = 3;
export const OPEN_BAD_DIRECTORY: i32 = 4;
export const OPEN_NO_SEED: i32 = 5;
export const OPEN_NO_NOTIFICATION: i32 = 6;

/** OPEN_OK, or the first thing that is missing or damaged. */
export function open(): i32 {
  if (!streams_open()) return OPEN_NO_CONSOLE;
  if (guest_attach(capability("program")) < 0) return OPEN_NO_PROGRAM;
  const launch = region("launch");
  if (launch == 0 || !launch_open(launch, region_bytes("launch"))) return OPEN_BAD_LAUNCH;
  if (!random_open()) return OPEN_NO_SEED;
  if (!poll_open()) return OPEN_NO_NOTIFICATION;
  descriptor_open(0, KIND_STREAM, 0, 0, RIGHTS_STREAM | RIGHT_FD_READ, 0);
  descriptor_open(1, KIND_STREAM, 0, 1, RIGHTS_STREAM | RIGHT_FD_WRITE, 0);
  descriptor_open(2, KIND_STREAM, 0, 2, RIGHTS_STREAM | RIGHT_FD_WRITE, 0);
  return open_directories() ? OPEN_OK : OPEN_BAD_DIRECTORY;
}

/** Preopened directories may be asked for anything; what would write is refused with `rofs` when it is done. */
function open_directories(): bool {
  for (let i: u32 = 0; i < directory_count(); i++) {
    const name = "directory." + i.toString();
    const address = region(name);
    if (address == 0 || !tree_open(address, region_bytes(name))) return false;
    const inheriting = RIGHTS_DIRECTORY | RIGHTS_FILE;
    descriptor_open(i + 3, KIND_DIRECTORY, i, NODE_ROOT, RIGHTS_DIRECTORY, inheriting).preopen = i;
  }
  return true;
}

export function describe_open(status: i32): string {
  switch (status) {
    case OPEN_NO_PROGRAM:
      return 'the start-up page has no usable capability "program" (Domain: INSPECT, MEMORY)';
    case OPEN_BAD_LAUNCH:
      return "the launch block is missing or damaged";
    case OPEN_BAD_DIRECTORY:
      return "a packed directory is missing or damaged";
    case OPEN_NO_SEED:
      return "the start-up page has no seed: random numbers would repeat";
    case OPEN_NO_NOTIFICATION:
      return "the kernel refused a notification: is the budget spent?";
    default:
      return "the start-up page has no usable console";
  }
}
