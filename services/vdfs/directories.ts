// Directories as capabilities: what a client may hand on of what it has open. The tag is the inode and part of the store's identity, so a
// capability outlives this service and means nothing on another disk. Called by methods.ts.
// Invariant: rights are what the kernel says of the capability that was shown, and no more than its maker had.
import { KIND_DIRECTORY, MAY_READ, MAY_WRITE, RIGHT_READ, RIGHT_WRITE } from "../../build/interfaces/files/constants";
import { set_enter_results } from "../../build/interfaces/vdfs/server";
import * as capability from "../lib/capability";
import { mint, offer, OFFER_CALLER, RIGHT_SHARE } from "../lib/endpoint";
import { E_ABSENT, E_NOT_DIRECTORY, E_NOT_FOUND, E_READ_ONLY, E_TOO_LARGE } from "../lib/errors";
import { shown_rights, shown_tag } from "../lib/resource";
import * as startup from "../lib/startup";
import { open_for, use } from "./clients";
import { attach_store } from "./mounted";
import { node_inode, node_view, node_writes } from "./nodes";
import { SUPER_UUID } from "./store/disk/layout";
import { superblock } from "./store/disk/superblock";
import { kind_of, links_of } from "./store/file/inode";
import { checkpoint, status } from "./store/store";

/** This service's own endpoint, if the image says `mints`. */
const serve = startup.capability("endpoint");
const INODE_BITS: u64 = 48;
/** The service's own capability to what it handed out last: the caller takes his after the answer. */
let offered: u64 = 0;

/** 15 bits: a tag is below 2^63. */
function identity(): u64 {
  return (load<u64>(superblock, SUPER_UUID) & 0x7fff) << INODE_BITS;
}

export function directory(badge: u64, node: u64, writes: bool): i64 {
  const used = use(badge, node);
  if (used < 0) return used;
  const inode = node_inode;
  const read = status(node_view, inode);
  if (read < 0) return read;
  if (kind_of() != KIND_DIRECTORY) return E_NOT_DIRECTORY;
  // a snapshot's directories have the inodes of the living: they are not handed on
  if (node_view != 0 || (writes && !node_writes)) return E_READ_ONLY;
  if (inode >> INODE_BITS != 0) return E_TOO_LARGE;
  if (serve == 0) return E_ABSENT;
  const rights = writes ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ;
  // a capability outlives this service: the directory that it is to does too
  const durable = checkpoint();
  if (durable < 0) return durable;
  const made = mint(serve, inode | identity(), rights >> 16);
  if (made < 0) return made;
  if (offered != 0) capability.drop(offered);
  offered = <u64>made;
  return offer(OFFER_CALLER, offered, (<u64>rights) | RIGHT_SHARE);
}

export function enter(badge: u64, handle: u64): i64 {
  const shown = shown_tag(serve, handle);
  if (shown < 0) return shown;
  const tag = <u64>shown;
  const ready = attach_store();
  if (ready < 0) return ready;
  const inode = tag & (((<u64>1) << INODE_BITS) - 1);
  if (tag - inode != identity()) return E_NOT_FOUND;
  const read = status(0, inode);
  if (read < 0) return read;
  if (kind_of() != KIND_DIRECTORY || links_of() == 0) return E_NOT_FOUND;
  const writes = (shown_rights & RIGHT_WRITE) != 0;
  const opened = open_for(badge, inode, 0, writes);
  if (opened < 0) return opened;
  set_enter_results(opened, writes ? MAY_READ | MAY_WRITE : MAY_READ);
  return 0;
}
