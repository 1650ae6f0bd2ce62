// Making the state in memory the durable one: contents, nodes, map of the space; a flush; the superblock; a flush. Called by store.ts.
// A power cut leaves the state before or the one after, whatever the disk has done with writes between two flushes.
import { flush } from "./disk/disk";
import * as l from "./disk/layout";
import { space_committed, space_write } from "./disk/space";
import { stage_end } from "./disk/stage";
import { superblock, superblock_write } from "./disk/superblock";
import { flush_dirty } from "./file/flush";
import { log_reset } from "./log/log";
import * as s from "./state";
import { settle } from "./tree/deferred";
import { write_trees } from "./tree/write";
import { E_READ_ONLY } from "../../lib/errors";

/** Commits since the start. */
export let commits: u64 = 0;

/** Everything that was done is durable: 0, or a failure, after which only what was durable before is. */
export function commit(): i64 {
  if (s.failure != 0) return s.failure;
  if (s.is_read_only || <u64>s.transaction > l.SEQUENCE_MAX) return E_READ_ONLY;
  if (flush_dirty() < 0 || settle() < 0 || write_trees() < 0) return s.failure;
  const staged = stage_end();
  if (staged < 0) s.fail(staged);
  const written = space_write(s.transaction, superblock + l.SUPER_SPACE);
  if (written < 0) s.fail(written);
  if (s.failure != 0) return s.failure;
  fill_superblock();
  const flushed = flush();
  if (flushed < 0) s.fail(flushed);
  const sealed = s.failure == 0 ? superblock_write() : 0;
  if (sealed < 0) s.fail(sealed);
  const durable = s.failure == 0 ? flush() : 0;
  if (durable < 0) s.fail(durable);
  if (s.failure != 0) return s.failure;
  space_committed();
  log_reset(s.transaction, load<u64>(superblock, l.SUPER_CHECK), load<u64>(superblock, l.SUPER_CHECK + 8));
  s.set_transaction(s.transaction + 1);
  s.set_changed(false);
  commits++;
  return 0;
}

function fill_superblock(): void {
  store<u64>(superblock, s.transaction, l.SUPER_SEQUENCE);
  store<u64>(superblock, s.next_inode, l.SUPER_NEXT_INODE);
  store<u64>(superblock, s.next_snapshot, l.SUPER_NEXT_SNAPSHOT);
  store<u32>(superblock, s.snapshot_birth, l.SUPER_SNAPSHOT);
  store<u32>(superblock, s.snapshot_number, l.SUPER_SNAPSHOT + 4);
  memory.copy(superblock + l.SUPER_ROOTS, s.roots, s.TREES * l.ROOT_BYTES);
}
