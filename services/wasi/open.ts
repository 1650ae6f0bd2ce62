// Equips the companion from its start-up page (docs/wasi.md): the program's memory, the console, the launch block, the
// directories, the seed, and descriptors 0, 1, 2 and 3 …. Each failure has its own status, in the order of the checks.
import { capability, region, region_bytes } from "../lib/startup";
import { descriptor_open, KIND_DIRECTORY, KIND_STREAM } from "./descriptors";
import { ERRNO_SUCCESS } from "./errno";
import { guest_attach } from "./guest";
import { directory_count, directory_path, directory_service, field_length, launch_open } from "./launch";
import { poll_open } from "./poll";
import { random_open } from "./random";
import { first_place, place_done, resolve_own } from "./resolve";
import { streams_open } from "./streams";
import {
  FILETYPE_DIRECTORY,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
  RIGHTS_DIRECTORY,
  RIGHTS_FILE,
  RIGHTS_STREAM,
} from "./types";
import { NODE_NONE, volume_inode, volume_open_served, volume_open_tree, volume_root, volume_set_root } from "./volume";

export const OPEN_OK: i32 = 0;
export const OPEN_NO_CONSOLE: i32 = 1;
export const OPEN_NO_PROGRAM: i32 = 2;
export const OPEN_BAD_LAUNCH: i32 = 3;
export const OPEN_BAD_DIRECTORY: i32 = 4;
export const OPEN_NO_SEED: i32 = 5;
export const OPEN_NO_NOTIFICATION: i32 = 6;
export const OPEN_NO_SERVER: i32 = 7;
export const OPEN_NO_DIRECTORY: i32 = 8;

/** OPEN_OK, or the first thing that is missing or damaged. */
export function open(): i32 {
  if (!streams_open()) return OPEN_NO_CONSOLE;
  if (guest_attach(capability("program")) < 0) return OPEN_NO_PROGRAM;
  const launch = region("launch");
  if (launch == 0 || !launch_open(launch, region_bytes("launch"))) return OPEN_BAD_LAUNCH;
  if (!random_open()) return OPEN_NO_SEED;
  if (!poll_open()) return OPEN_NO_NOTIFICATION;
  descriptor_open(0, KIND_STREAM, 0, 0, 0, RIGHTS_STREAM | RIGHT_FD_READ, 0);
  descriptor_open(1, KIND_STREAM, 0, 1, 0, RIGHTS_STREAM | RIGHT_FD_WRITE, 0);
  descriptor_open(2, KIND_STREAM, 0, 2, 0, RIGHTS_STREAM | RIGHT_FD_WRITE, 0);
  return open_directories();
}

/** Preopened directories may be asked for anything; what may not be done there is refused when it is tried. */
function open_directories(): i32 {
  for (let i: u32 = 0; i < directory_count(); i++) {
    const service = directory_service(i);
    const status = service == 0 ? open_packed(i) : open_served(i, service);
    if (status != OPEN_OK) return status;
    const node = volume_root(i);
    const inheriting = RIGHTS_DIRECTORY | RIGHTS_FILE;
    const entry = descriptor_open(i + 3, KIND_DIRECTORY, i, node, 0, RIGHTS_DIRECTORY, inheriting);
    entry.preopen = i;
    entry.offset = volume_inode(i, node);
  }
  return OPEN_OK;
}

/** What init calls directory number `number` on the start-up page: a region if it is packed, or a capability to it. */
function label(number: u32): string {
  return "directory." + number.toString();
}

function open_packed(number: u32): i32 {
  const name = label(number);
  const address = region(name);
  return address != 0 && volume_open_tree(number, address, region_bytes(name)) ? OPEN_OK : OPEN_BAD_DIRECTORY;
}

/** A service's directory: the one that a capability is to, or its root; and of that the path that the launch block names in it. */
function open_served(number: u32, service: usize): i32 {
  const name = String.UTF8.decodeUnsafe(service, field_length(service));
  if (!volume_open_served(number, name, capability(label(number)))) return OPEN_NO_SERVER;
  const path = directory_path(number);
  if (path == 0) return OPEN_OK;
  const place = first_place;
  if (resolve_own(place, number, volume_root(number), path, field_length(path)) != ERRNO_SUCCESS)
    return OPEN_NO_DIRECTORY;
  if (place.node == NODE_NONE || place.type != FILETYPE_DIRECTORY) {
    place_done(place);
    return OPEN_NO_DIRECTORY;
  }
  volume_set_root(number, place.node);
  // the root is held for ever, the directory that its name was found in is not
  place.holds_node = 0;
  place_done(place);
  return OPEN_OK;
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
    case OPEN_NO_SERVER:
      return "the service that keeps a directory is not connected, or refuses it: is its device there, and whole? The log says more";
    case OPEN_NO_DIRECTORY:
      return "the service that was named keeps no directory of that path";
    default:
      return "the start-up page has no usable console";
  }
}
