// Revocations that are not finished: the capabilities whose descendants are dead and not all removed yet. While there is
// one, the gates' short way for calls is off (ipc/plain.ts) and every check looks at the ancestors too.
// Invariant: exactly the entries of this list have CAPABILITY_DYING.

import { is_none, none, same } from "../none";
import { plain_bound_update } from "../ipc/plain";
import { Capability, CAPABILITY_DYING } from "./table";

const PENDING_MAX: u32 = 64;
const list: usize = memory.data(256, 4);
let count: u32 = 0;


@inline function at(i: u32): Capability {
  return load<Capability>(list + (i << 2));
}


@inline export function revocations_pending(): u32 {
  return count;
}

/** Is it below a capability that is being revoked? */
@inline
export function is_doomed(capability: Capability): bool {
  return count != 0 && has_dying_ancestor(capability);
}

function has_dying_ancestor(capability: Capability): bool {
  for (let up = capability.parent; !is_none(up); up = up.parent) {
    if (up.state & CAPABILITY_DYING) return true;
  }
  return false;
}

/** False: too many are pending. */
export function pending_add(root: Capability): bool {
  if (count == PENDING_MAX) return false;
  store<Capability>(list + (count << 2), root);
  count++;
  root.state |= CAPABILITY_DYING;
  plain_bound_update();
  return true;
}

export function pending_remove(root: Capability): void {
  root.state &= ~CAPABILITY_DYING;
  for (let i: u32 = 0; i < count; i++) {
    if (!same(at(i), root)) continue;
    count--;
    store<Capability>(list + (i << 2), at(count));
    break;
  }
  plain_bound_update();
}

/** One of them; none: nothing is pending. */
export function pending_first(): Capability {
  return count == 0 ? none<Capability>() : at(0);
}
