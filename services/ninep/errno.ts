// Error numbers that a host answers, Linux's whatever the host is (9P2000.L says so), as errors of the Files interface.
import {
  E_ARGUMENT,
  E_CROSSES,
  E_DEVICE,
  E_EXISTS,
  E_FULL,
  E_HANDLE,
  E_IS_DIRECTORY,
  E_LINKS,
  E_METHOD,
  E_NAME_TOO_LONG,
  E_NOT_DIRECTORY,
  E_NOT_EMPTY,
  E_NOT_FOUND,
  E_NO_MEMORY,
  E_NO_SPACE,
  E_QUOTA,
  E_READ_ONLY,
  E_RIGHTS,
  E_TOO_LARGE,
} from "../lib/errors";

/** The E_ number for Linux's `number`; E_DEVICE for what no client can do anything about. */
export function error_of(number: u32): i64 {
  switch (number) {
    case 1: // EPERM
    case 13: // EACCES
    case 26: // ETXTBSY
      return E_RIGHTS;
    case 2: // ENOENT
      return E_NOT_FOUND;
    case 12: // ENOMEM
      return E_NO_MEMORY;
    case 17: // EEXIST
      return E_EXISTS;
    case 20: // ENOTDIR
      return E_NOT_DIRECTORY;
    case 21: // EISDIR
      return E_IS_DIRECTORY;
    case 18: // EXDEV: another file system of the host's begins there
      return E_CROSSES;
    case 22: // EINVAL
      return E_ARGUMENT;
    case 23: // ENFILE
    case 24: // EMFILE
      return E_FULL;
    case 27: // EFBIG
      return E_TOO_LARGE;
    case 28: // ENOSPC
      return E_NO_SPACE;
    case 30: // EROFS
      return E_READ_ONLY;
    case 31: // EMLINK
      return E_LINKS;
    case 36: // ENAMETOOLONG
      return E_NAME_TOO_LONG;
    case 39: // ENOTEMPTY
      return E_NOT_EMPTY;
    case 95: // EOPNOTSUPP
      return E_METHOD;
    case 116: // ESTALE
      return E_HANDLE;
    case 122: // EDQUOT
      return E_QUOTA;
    default:
      return E_DEVICE;
  }
}
