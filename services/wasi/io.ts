// fd_read, fd_pread, fd_write, fd_pwrite, fd_seek, fd_tell: bytes through descriptors.
// Order of errors: badf, the kind of descriptor, notcapable, fault, inval. A read of a packed file is one copy.
import { descriptor, descriptor_find, file_with, KIND_DIRECTORY, KIND_STREAM } from "./descriptors";
import {
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_NOTCAPABLE,
  ERRNO_ROFS,
  ERRNO_SUCCESS,
} from "./errno";
import { guest_fill_from, guest_reaches, guest_store32, guest_store64 } from "./guest";
import { METHOD_FD_PREAD } from "./methods";
import { STREAM_INPUT, stream_moved, stream_read, stream_write } from "./streams";
import { node_content, node_length } from "./tree";
import {
  FDFLAG_NONBLOCK,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  WHENCE_CUR,
  WHENCE_END,
  WHENCE_SET,
} from "./types";
import { vector_length, vector_load, vector_pointer, vectors_bytes, vectors_check } from "./vectors";

function check_transfer(array: u32, count: u32, result: u32): u32 {
  if (!guest_reaches(result, 4)) return ERRNO_FAULT;
  return vectors_check(array, count);
}

export function fd_write(fd: u32, array: u32, count: u32, result: u32): u32 {
  let error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind == KIND_DIRECTORY) return ERRNO_ISDIR;
  if ((descriptor.rights & RIGHT_FD_WRITE) == 0) return ERRNO_NOTCAPABLE;
  error = check_transfer(array, count, result);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind != KIND_STREAM) return ERRNO_ROFS;
  if (descriptor.node == STREAM_INPUT) return ERRNO_BADF;
  error = stream_write(descriptor.node, array, count);
  if (error == ERRNO_SUCCESS) guest_store32(result, 0, stream_moved);
  return error;
}

export function fd_pwrite(fd: u32, array: u32, count: u32, _offset: u64, result: u32): u32 {
  const error = file_with(fd, RIGHT_FD_WRITE | RIGHT_FD_SEEK);
  if (error != ERRNO_SUCCESS) return error;
  const transfer = check_transfer(array, count, result);
  return transfer != ERRNO_SUCCESS ? transfer : ERRNO_ROFS;
}

export function fd_read(fd: u32, array: u32, count: u32, result: u32): u32 {
  let error = descriptor_find(fd);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind == KIND_DIRECTORY) return ERRNO_ISDIR;
  if ((descriptor.rights & RIGHT_FD_READ) == 0) return ERRNO_NOTCAPABLE;
  error = check_transfer(array, count, result);
  if (error != ERRNO_SUCCESS) return error;
  if (descriptor.kind == KIND_STREAM) {
    error = stream_read(array, count, vectors_bytes, (descriptor.flags & FDFLAG_NONBLOCK) != 0);
    if (error == ERRNO_SUCCESS) guest_store32(result, 0, stream_moved);
    return error;
  }
  const moved = read_file(array, count, descriptor.offset);
  descriptor.offset += moved;
  guest_store32(result, 0, moved);
  return ERRNO_SUCCESS;
}

export function fd_pread(fd: u32, array: u32, count: u32, offset: u64, result: u32): u32 {
  let error = file_with(fd, RIGHT_FD_READ | RIGHT_FD_SEEK);
  if (error != ERRNO_SUCCESS) return error;
  error = check_transfer(array, count, result);
  if (error != ERRNO_SUCCESS) return error;
  if (<i64>offset < 0) return ERRNO_INVAL;
  guest_store32(result, 0, read_file(array, count, offset));
  return ERRNO_SUCCESS;
}

/** Copies from the current file at `offset` into checked vectors; answers the bytes moved, 0 at or past the end. */
function read_file(array: u32, count: u32, offset: u64): u32 {
  const length = node_length(descriptor.tree, descriptor.node);
  if (offset >= <u64>length) return 0;
  const content = node_content(descriptor.tree, descriptor.node);
  const start = <u32>offset;
  let at = start;
  for (let i: u32 = 0; i < count && at < length; i++) {
    if (!vector_load(array, i)) break;
    const piece = min(vector_length, length - at);
    guest_fill_from(vector_pointer, content + at, piece, METHOD_FD_PREAD);
    at += piece;
  }
  return at - start;
}

/** `whence` as preview 1 numbers it. Seeking past the end is allowed; before the start is `inval`. */
export function fd_seek(fd: u32, distance: i64, whence: u32, result: u32): u32 {
  // Asking for the position alone needs the lesser right.
  const only_asks = whence == WHENCE_CUR && distance == 0;
  const error = file_with(fd, only_asks ? RIGHT_FD_TELL : RIGHT_FD_SEEK);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(result, 8)) return ERRNO_FAULT;
  let base: i64 = 0;
  if (whence == WHENCE_CUR) base = <i64>descriptor.offset;
  else if (whence == WHENCE_END) base = <i64>node_length(descriptor.tree, descriptor.node);
  else if (whence != WHENCE_SET) return ERRNO_INVAL;
  if (distance > 0 && base > i64.MAX_VALUE - distance) return ERRNO_INVAL;
  const position = base + distance;
  if (position < 0) return ERRNO_INVAL;
  descriptor.offset = <u64>position;
  guest_store64(result, 0, <u64>position);
  return ERRNO_SUCCESS;
}

/** wasi_unstable numbers whence 0 current, 1 end, 2 set. */
export function unstable_whence(whence: u32): u32 {
  if (whence == 0) return WHENCE_CUR;
  if (whence == 1) return WHENCE_END;
  return whence == 2 ? WHENCE_SET : whence;
}

export function fd_tell(fd: u32, result: u32): u32 {
  const error = file_with(fd, RIGHT_FD_TELL);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(result, 8)) return ERRNO_FAULT;
  guest_store64(result, 0, descriptor.offset);
  return ERRNO_SUCCESS;
}
