// Revocation. What is below a capability dies at once, by one flag (pending.ts); removing it is long work and is done in
// small pieces: by the revoker, who calls again until 0 is the answer, and a little whenever somebody is scheduled, so that a
// revoker who never comes back leaves nothing behind. docs/decisions/010-revocation.md says why.

import { E_NO_MEMORY } from "../abi/errors";
import { TYPE_REGION } from "../abi/rights";
import { cpu } from "../cpu";
import { is_none, same } from "../none";
import { domain_at } from "../object/domains";
import { Region } from "../object/object";
import { mappings_of_others_end } from "../object/mapping";
import { capability_delete } from "./derive";
import { pending_add, pending_first, pending_remove } from "./pending";
import { Capability, CAPABILITY_DYING, CAPABILITY_GHOST } from "./table";
import { leaf_leave } from "./tree";

/** Capabilities that one gate removes, and one pass of the scheduler. */
const GATE_MAX: u32 = 16;
const STEP_MAX: u32 = 8;

/** Removes up to `limit` of the entries below a dying root, first children first; true: none is left and it is dying no more. */
function reap(root: Capability, limit: u32): bool {
  let at = root.child,
    removed: u32 = 0;
  // Each turn goes down one level or removes one entry, and goes up only by removing: at most DEPTH_MAX + 2 * limit turns.
  while (!is_none(at)) {
    if (!is_none(at.child)) {
      at = at.child;
      continue;
    }
    if (removed == limit || (removed != 0 && cpu().attention != 0)) return false;
    const after = is_none(at.next) ? at.parent : at.next;
    if (at.state & CAPABILITY_GHOST) leaf_leave(at);
    else capability_delete(domain_at(at.key >> 8), at);
    removed++;
    if (same(after, root)) break;
    at = after;
  }
  if (root.state & CAPABILITY_GHOST) leaf_leave(root);
  else pending_remove(root);
  return true;
}

/** Everything derived from the capability is dead; 1: not all of it is removed, call again. The capability itself stays. */
export function capability_revoke(root: Capability): i64 {
  if (!(root.state & CAPABILITY_DYING)) {
    if (is_none(root.child)) return 0;
    if (!pending_add(root)) {
      revocation_step(); // somebody else's first: there is room for so many
      return 1;
    }
  }
  return reap(root, GATE_MAX) ? 0 : 1;
}

/** A little of what revokers have left undone. */
export function revocation_step(): void {
  const root = pending_first();
  if (!is_none(root)) reap(root, STEP_MAX);
}

/**
 * Every other capability to the object is stale; 1: of a region, not every window of theirs is empty, call again. Their
 * references end here, not when their entries are deleted: nobody keeps an object by not deleting what is dead.
 */
export function capability_revoke_all(capability: Capability): i64 {
  const object = capability.object;
  if (object.holders > 1) {
    // The last version is for the object's end: a version never comes again.
    if (object.version >= u32.MAX_VALUE - 1) return E_NO_MEMORY;
    object.version++;
    capability.version = object.version;
    object.references -= object.holders - 1;
    object.holders = 1;
  }
  if (object.type != TYPE_REGION) return 0;
  return mappings_of_others_end(changetype<Region>(object), capability) ? 0 : 1;
}
