// A capability that a client shows to a server: what the server itself has minted for it, or for whoever gave it away. Called by servers that mint.
// Invariant: rights are what the kernel says of the capability that was shown; it is dropped, whatever it is.
import { RESOURCE_BADGE, TYPE_RESOURCE } from "../../kernel/abi/rights";
import * as capability from "./capability";
import { E_HANDLE } from "./errors";

/** The rights of what shown_tag looked at last. */
export let shown_rights: u64 = 0;

/** The tag of a resource of `serve`, the server's own endpoint; E_HANDLE: `handle` is none. */
export function shown_tag(serve: u64, handle: u64): i64 {
  if (handle == 0) return E_HANDLE;
  const is_ours =
    serve != 0 &&
    capability.type_of(handle) == TYPE_RESOURCE &&
    capability.object_of(handle) == capability.object_of(serve);
  shown_rights = <u64>capability.rights_of(handle);
  const badge = <u64>capability.badge_of(handle);
  capability.drop(handle);
  return is_ours ? <i64>(badge & ~RESOURCE_BADGE) : E_HANDLE;
}
