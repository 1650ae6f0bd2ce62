// fd_read, fd_pread, fd_write, fd_pwrite, fd_seek, fd_tell: bytes through descriptors.
// Order of errors: badf, the kind of descriptor, notcapable, fault, inval. A read of a packed file is one copy.
import { descriptor, descriptor_find, file_with, KIND_DIRECTORY, KIND_STREAM } from "./descriptors";
import {
  ERRNO_BADF,
  ERRNO_FAULT,
  ERRNO_FBIG,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_NOTCAPABLE,
  ERRNO_SUCCESS,
} from "./errno";
import { guest_reaches, guest_store32, guest_store64 } from "./guest";
import { METHOD_FD_PREAD, METHOD_FD_PWRITE } from "./methods";
import { STREAM_INPUT, stream_moved, stream_read, stream_write } from "./streams";
import {
  FDFLAG_APPEND,
  FDFLAG_DSYNC,
  FDFLAG_NONBLOCK,
  FDFLAG_SYNC,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  WHENCE_CUR,
  WHENCE_END,
  WHENCE_SET,
} from "./types";
import { vectors_bytes, vectors_check } from "./vectors";
import { found_length, found_size, volume_read, volume_status, volume_sync, volume_write } from "./volume";

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
  if (descriptor.kind == KIND_STREAM) return write_stream(array, count, result);
  let position = descriptor.offset;
  if ((descriptor.flags & FDFLAG_APPEND) != 0) {
    error = volume_status(descriptor.volume, descriptor.node);
    if (error != ERRNO_SUCCESS) return error;
    position = found_size;
  }
  error = write_file(position, result);
  if (error == ERRNO_SUCCESS) descriptor.offset = position + found_length;
  return error;
}

function write_stream(array: u32, count: u32, result: u32): u32 {
  const stream = <u32>descriptor.node;
  if (stream == STREAM_INPUT) return ERRNO_BADF;
  const error = stream_write(stream, array, count);
  if (error == ERRNO_SUCCESS) guest_store32(result, 0, stream_moved);
  return error;
}

/** Where POSIX says, also with APPEND: at `offset`. */
export function fd_pwrite(fd: u32, array: u32, count: u32, offset: u64, result: u32): u32 {
  let error = file_with(fd, RIGHT_FD_WRITE | RIGHT_FD_SEEK);
  if (error != ERRNO_SUCCESS) return error;
  error = check_transfer(array, count, result);
  if (error != ERRNO_SUCCESS) return error;
  return <i64>offset < 0 ? ERRNO_INVAL : write_file(offset, result);
}

/** Writes the checked vectors to the current file: `found_length` bytes. With SYNC or DSYNC they are durable then. */
function write_file(offset: u64, result: u32): u32 {
  if (offset > <u64>i64.MAX_VALUE - vectors_bytes) return ERRNO_FBIG;
  let error = volume_write(descriptor.volume, descriptor.node, offset, vectors_bytes, METHOD_FD_PWRITE);
  if (error == ERRNO_SUCCESS && (descriptor.flags & (FDFLAG_SYNC | FDFLAG_DSYNC)) != 0) {
    error = volume_sync(descriptor.volume, descriptor.node);
  }
  if (error == ERRNO_SUCCESS) guest_store32(result, 0, found_length);
  return error;
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
  error = read_file(descriptor.offset, result);
  if (error == ERRNO_SUCCESS) descriptor.offset += found_length;
  return error;
}

export function fd_pread(fd: u32, array: u32, count: u32, offset: u64, result: u32): u32 {
  let error = file_with(fd, RIGHT_FD_READ | RIGHT_FD_SEEK);
  if (error != ERRNO_SUCCESS) return error;
  error = check_transfer(array, count, result);
  if (error != ERRNO_SUCCESS) return error;
  return <i64>offset < 0 ? ERRNO_INVAL : read_file(offset, result);
}

/** Reads the current file at `offset` into the checked vectors: `found_length` bytes, 0 at or past the end. */
function read_file(offset: u64, result: u32): u32 {
  const error = volume_read(descriptor.volume, descriptor.node, offset, vectors_bytes, METHOD_FD_PREAD);
  if (error == ERRNO_SUCCESS) guest_store32(result, 0, found_length);
  return error;
}

/** `whence` as preview 1 numbers it. Seeking past the end is allowed; before the start is `inval`. */
export function fd_seek(fd: u32, distance: i64, whence: u32, result: u32): u32 {
  // Asking for the position alone needs the lesser right.
  const only_asks = whence == WHENCE_CUR && distance == 0;
  let error = file_with(fd, only_asks ? RIGHT_FD_TELL : RIGHT_FD_SEEK);
  if (error != ERRNO_SUCCESS) return error;
  if (!guest_reaches(result, 8)) return ERRNO_FAULT;
  let base: i64 = 0;
  if (whence == WHENCE_CUR) base = <i64>descriptor.offset;
  else if (whence == WHENCE_END) {
    error = volume_status(descriptor.volume, descriptor.node);
    if (error != ERRNO_SUCCESS) return error;
    base = <i64>found_size;
  } else if (whence != WHENCE_SET) return ERRNO_INVAL;
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
