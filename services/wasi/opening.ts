// path_open: rights first, then the path, then what is there against what was asked for. Making and opening is one step for whoever
// looks on: when somebody else makes the name first, it is opened (or `exist`).
import {
  descriptor,
  descriptor_free,
  descriptor_open,
  DESCRIPTOR_MAX,
  directory_with,
  KIND_DIRECTORY,
  KIND_FILE,
} from "./descriptors";
import {
  ERRNO_EXIST,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_IO,
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_MFILE,
  ERRNO_NOENT,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTDIR,
  ERRNO_ROFS,
  ERRNO_SUCCESS,
} from "./errno";
import { guest_reaches, guest_store32 } from "./guest";
import { METHOD_PATH_OPEN } from "./methods";
import { first_place, LAST_FILE, LAST_LINK, LAST_TARGET, Place, place_done, place_name, resolve } from "./resolve";
import {
  FDFLAGS_ALL,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  LOOKUP_SYMLINK_FOLLOW,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  OFLAGS_ALL,
  RIGHT_FD_WRITE,
  RIGHT_PATH_CREATE_FILE,
  RIGHT_PATH_FILESTAT_SET_SIZE,
  RIGHT_PATH_OPEN,
  RIGHTS_ALL,
  RIGHTS_DIRECTORY,
  RIGHTS_FILE,
} from "./types";
import { found_node, NODE_NONE, volume_create, volume_inode, volume_is_writable, volume_truncate } from "./volume";

/** How often a name is looked for again that was gone, or there, a moment before. */
const ATTEMPTS: u32 = 4;

export function path_open(
  fd: u32,
  lookup: u32,
  path: u32,
  length: u32,
  open_flags: u32,
  wanted_rights: u64,
  wanted_inheriting: u64,
  flags: u32,
  result: u32,
): u32 {
  let needed = RIGHT_PATH_OPEN;
  const makes = (open_flags & OFLAG_CREAT) != 0;
  if (makes) needed |= RIGHT_PATH_CREATE_FILE;
  if ((open_flags & OFLAG_TRUNC) != 0) needed |= RIGHT_PATH_FILESTAT_SET_SIZE;
  let error = directory_with(fd, needed);
  if (error != ERRNO_SUCCESS) return error;
  const rights = wanted_rights & RIGHTS_ALL;
  const inheriting = wanted_inheriting & RIGHTS_ALL;
  if (((rights | inheriting) & ~descriptor.inheriting) != 0) return ERRNO_NOTCAPABLE;
  if ((open_flags & ~OFLAGS_ALL) != 0 || (flags & ~FDFLAGS_ALL) != 0) return ERRNO_INVAL;
  if (makes && (open_flags & OFLAG_DIRECTORY) != 0) return ERRNO_INVAL;
  if (!guest_reaches(result, 4)) return ERRNO_FAULT;
  const opened = descriptor_free();
  if (opened == DESCRIPTOR_MAX) return ERRNO_MFILE;
  const excludes = makes && (open_flags & OFLAG_EXCL) != 0;
  let last = (lookup & LOOKUP_SYMLINK_FOLLOW) != 0 && !excludes ? LAST_TARGET : LAST_LINK;
  if (makes) last |= LAST_FILE;
  const place = first_place;
  for (let attempt: u32 = 0; attempt < ATTEMPTS; attempt++) {
    error = resolve(place, descriptor.volume, descriptor.node, path, length, last, METHOD_PATH_OPEN);
    if (error != ERRNO_SUCCESS) return error;
    const is_new = place.node == NODE_NONE;
    error = is_new ? make(place, makes) : check(place, open_flags, rights);
    if (error == ERRNO_SUCCESS) {
      give(opened, place, rights, inheriting, flags);
      guest_store32(result, 0, opened);
    }
    place_done(place);
    const was_overtaken = is_new && makes && !excludes && error == ERRNO_EXIST;
    if (!was_overtaken) return error;
  }
  return ERRNO_IO;
}

/** Makes the file of the place's last name; the place holds it then. */
function make(place: Place, is_asked: bool): u32 {
  if (!is_asked) return ERRNO_NOENT;
  const error = volume_create(place.volume, place.directory, place_name(place), place.name_length, false);
  if (error != ERRNO_SUCCESS) return error;
  place.node = found_node;
  place.type = FILETYPE_REGULAR_FILE;
  place.holds_node = 1;
  return ERRNO_SUCCESS;
}

/** What is there against what was asked for; then it is emptied, if that was. */
function check(place: Place, open_flags: u32, rights: u64): u32 {
  const makes = (open_flags & OFLAG_CREAT) != 0;
  const empties = (open_flags & OFLAG_TRUNC) != 0;
  if (makes && (open_flags & OFLAG_EXCL) != 0) return ERRNO_EXIST;
  const is_directory = place.type == FILETYPE_DIRECTORY;
  if (!is_directory && (open_flags & OFLAG_DIRECTORY) != 0) return ERRNO_NOTDIR;
  if (place.type == FILETYPE_SYMBOLIC_LINK) return ERRNO_LOOP;
  const writes = (rights & RIGHT_FD_WRITE) != 0 || empties;
  if (is_directory) return writes || makes ? ERRNO_ISDIR : ERRNO_SUCCESS;
  if (writes && !volume_is_writable(place.volume)) return ERRNO_ROFS;
  return empties ? volume_truncate(place.volume, place.node, 0) : ERRNO_SUCCESS;
}

/** The descriptor takes over what the place holds. */
function give(fd: u32, place: Place, rights: u64, inheriting: u64, flags: u32): void {
  const is_directory = place.type == FILETYPE_DIRECTORY;
  const granted = rights & (is_directory ? RIGHTS_DIRECTORY : RIGHTS_FILE);
  const kind = is_directory ? KIND_DIRECTORY : KIND_FILE;
  const entry = descriptor_open(fd, kind, place.volume, place.node, place.holds_node, granted, inheriting);
  entry.flags = flags;
  if (is_directory) entry.offset = volume_inode(place.volume, place.directory);
  place.holds_node = 0;
}
