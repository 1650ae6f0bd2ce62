// Writing dirty nodes, children before parents, so that each parent holds the check of what is on the disk. Called by commit.ts, and
// in the middle of a long transaction to make room: the pages are this transaction's, no durable state knows them.
import { check_page } from "../disk/check";
import { ROOT_CHECK, ROOT_PAGE } from "../disk/layout";
import { stage, stage_end } from "../disk/stage";
import { fail, failure, root_of, TREES } from "../state";
import { dirty_node, dirty_nodes, set_clean } from "./cache";
import * as n from "./node";

/** Writes a dirty node and everything dirty below it; its check goes to `check`. Depth: the tree's levels. */
function write_node(node: usize, check: usize): bool {
  if (n.level_of(node) != 0) {
    const entries = n.entries_of(node);
    for (let i: u32 = 0; i < entries; i++) {
      const entry = n.entry_at(node, i);
      const child = dirty_node(n.child_page(entry));
      if (child != 0 && !write_node(child, n.child_check(entry))) return false;
    }
  }
  check_page(node, check);
  const error = stage(n.page_of(node), node);
  if (error < 0) {
    fail(error);
    return false;
  }
  set_clean(node);
  return true;
}

/** Writes all dirty nodes of the live trees, and what else was staged; the roots have their checks then. */
export function write_trees(): i64 {
  for (let tree: u32 = 0; tree < TREES && dirty_nodes != 0; tree++) {
    const root = root_of(tree);
    if (load<u32>(root, ROOT_PAGE) == 0) continue;
    const node = dirty_node(load<u32>(root, ROOT_PAGE));
    if (node != 0 && !write_node(node, root + ROOT_CHECK)) return failure;
  }
  const error = stage_end();
  if (error < 0) fail(error);
  return failure;
}
