// The error numbers (kernel/abi/errors.ts) again, and a sentence for each that says who is to blame.
// Services print these; `text` is a string constant, so describing an error allocates nothing. What only services answer is numbered here.
export {
  E_HANDLE,
  E_RIGHTS,
  E_ARGUMENT,
  E_PEER_FAULT,
  E_PEER_GONE,
  E_DEADLOCK,
  E_BUDGET,
  E_NO_MEMORY,
  E_TIMEOUT,
  E_ADDRESS,
  E_STATE,
  E_REVOKED,
  E_FORMAT,
  E_UNTRUSTED,
  E_ABSENT,
  E_CANCELLED,
  E_STALE,
  E_BUS,
  E_MAILBOX_FULL,
  E_DENIED,
  E_MAILBOX_EMPTY,
  E_METHOD,
  E_NOT_FOUND,
  E_FULL,
  E_END,
  E_DEVICE,
  E_EXISTS,
} from "../../kernel/abi/errors";

/** Caller: the directory still has entries. */
export const E_NOT_EMPTY: i64 = -38;
/** Caller: this needs a file, and the name is a directory's. */
export const E_IS_DIRECTORY: i64 = -39;
/** Caller: this needs a directory, and the node is none. */
export const E_NOT_DIRECTORY: i64 = -40;
/** Caller: a name or a link's target is longer than the server keeps. */
export const E_NAME_TOO_LONG: i64 = -41;
/** Caller: the quota of the directory that it was given is spent. */
export const E_QUOTA: i64 = -42;
/** Callee: its disk has no room left. */
export const E_NO_SPACE: i64 = -43;
/** Caller: the directory, the snapshot or the disk may only be read. */
export const E_READ_ONLY: i64 = -44;
/** Callee: what lies on the disk is not what was written; nothing of it was answered. */
export const E_DAMAGED: i64 = -45;
/** Caller: more symbolic links one after the other than anybody follows, or a directory moved into itself. */
export const E_LOOP: i64 = -46;
/** Caller: more links to one node than the server counts. */
export const E_LINKS: i64 = -47;
/** Caller: an offset or a size beyond the largest file. */
export const E_TOO_LARGE: i64 = -48;
/** Caller: a name cannot go from one quota, server or disk to another. */
export const E_CROSSES: i64 = -49;

/** The sentence for an error number, blame first. Anything else gets a sentence that says so. */
export function describe(error: i64): string {
  switch (<i32>error) {
    case -1:
      return "caller: the handle is stale, of another type, or not yours";
    case -2:
      return "caller: the capability lacks the right that this asks for";
    case -3:
      return "caller: an argument is out of range";
    case -4:
      return "callee: the service trapped or was killed before it replied";
    case -5:
      return "callee: nobody serves this endpoint now";
    case -6:
      return "caller: the call would wait for itself";
    case -7:
      return "caller: the memory budget is spent";
    case -8:
      return "kernel: the machine has no memory left";
    case -9:
      return "nobody: the deadline passed first";
    case -10:
      return "caller: the address is taken, or is not mapped";
    case -11:
      return "caller: the object is in a state that forbids this";
    case -12:
      return "caller: the capability was revoked";
    case -13:
      return "caller: the module or archive is damaged, or of another version or architecture";
    case -14:
      return "caller: the image does not list this code for sfi";
    case -15:
      return "kernel: this machine has no such device or feature";
    case -16:
      return "nobody: the call was cancelled";
    case -22:
      return "caller: the device refuses an access of this width at this place";
    case -27:
      return "caller: the thread has had another event since this decision's";
    case -17:
      return "callee: its mailbox is full";
    case -18:
      return "nobody: a hook of the system's refused it";
    case -19:
      return "nobody: the mailbox is empty";
    case -32:
      return "caller: the service knows no such method";
    case -33:
      return "caller: there is nothing of that name";
    case -34:
      return "callee: the service has no room for another";
    case -35:
      return "nobody: the stream has ended";
    case -36:
      return "callee: the device failed";
    case -37:
      return "caller: something of that name exists already";
    case -38:
      return "caller: the directory still has entries";
    case -39:
      return "caller: this needs a file, and the name is a directory's";
    case -40:
      return "caller: this needs a directory, and the node is none";
    case -41:
      return "caller: a name or a link's target is longer than the server keeps";
    case -42:
      return "caller: the quota of the directory that it was given is spent";
    case -43:
      return "callee: its disk has no room left";
    case -44:
      return "caller: the directory, the snapshot or the disk may only be read";
    case -45:
      return "callee: what lies on the disk is not what was written";
    case -46:
      return "caller: too many symbolic links, or a directory moved into itself";
    case -47:
      return "caller: more links to one node than the server counts";
    case -48:
      return "caller: an offset or a size beyond the largest file";
    case -49:
      return "caller: a name cannot go from one quota or server to another";
    default:
      return error >= 0 ? "no error" : "an error number that is not in kernel/abi/errors.ts";
  }
}
