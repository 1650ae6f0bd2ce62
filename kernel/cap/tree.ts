// The derivation tree. Deleting an entry never touches more than its neighbours: one that still has two or more children
// stays as a ghost, which nobody owns and no handle opens, until a second-to-last child goes and the last takes its place.
// So there are never more ghosts than capabilities that somebody paid for, and no loop here.
// Invariant: a ghost has two children or more, or is DYING (then revoke.ts removes it with its children).

import { is_none, none } from "../none";
import { pending_remove } from "./pending";
import { Capability, CAPABILITY_DYING, CAPABILITY_GHOST, entry_free } from "./table";

/** Ancestors that a capability can have: what is done for each of them is bounded by this. */
export const DEPTH_MAX: u32 = 255;

/** Becomes the first child of `parent`, or a root. */
export function tree_join(node: Capability, parent: Capability): void {
  node.child = none<Capability>();
  node.previous = none<Capability>();
  node.next = none<Capability>();
  node.parent = parent;
  node.depth = 0;
  if (is_none(parent)) return;
  node.depth = parent.depth + 1;
  node.next = parent.child;
  if (!is_none(parent.child)) parent.child.previous = node;
  parent.child = node;
}

/** May `parent` have children? Its depth is counted anew when ancestors that are gone still count in it. */
export function has_room_below(parent: Capability): bool {
  if (parent.depth < <u16>DEPTH_MAX) return true;
  let depth: u16 = 0;
  for (let at = parent.parent; !is_none(at); at = at.parent) depth++;
  parent.depth = depth;
  return depth < <u16>DEPTH_MAX;
}

/** `other` takes the node's place below its parent and among its siblings. */
function replace(node: Capability, other: Capability): void {
  const parent = node.parent,
    before = node.previous,
    after = node.next;
  other.parent = parent;
  other.previous = before;
  other.next = after;
  if (!is_none(before)) before.next = other;
  else if (!is_none(parent)) parent.child = other;
  if (!is_none(after)) after.previous = other;
}

/** The node's capability is gone: its children go on below its parent. */
export function tree_leave(node: Capability): void {
  const child = node.child;
  if (is_none(child)) {
    leaf_leave(node);
  } else if (is_none(child.next) && !(node.state & CAPABILITY_DYING)) {
    replace(node, child);
    entry_free(node);
  } else {
    node.state = (node.state & CAPABILITY_DYING) | CAPABILITY_GHOST;
  }
}

/** Takes a node without children out; a ghost above it that has one child left goes too. */
export function leaf_leave(node: Capability): void {
  const parent = node.parent,
    before = node.previous,
    after = node.next;
  if (!is_none(after)) after.previous = before;
  if (!is_none(before)) before.next = after;
  else if (!is_none(parent)) parent.child = after;
  if (node.state & CAPABILITY_DYING) pending_remove(node);
  entry_free(node);
  if (is_none(parent) || parent.state != CAPABILITY_GHOST) return;
  const last = parent.child;
  if (!is_none(last.next)) return;
  replace(parent, last);
  entry_free(parent);
}

/** The nearest ancestor that is a capability; none: there is none. */
export function parent_of(capability: Capability): Capability {
  let at = capability.parent;
  while (!is_none(at) && at.state & CAPABILITY_GHOST) at = at.parent;
  return at;
}
