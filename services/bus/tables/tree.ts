// The flattened device tree (Devicetree Specification 0.4, chapter 5): the host bridge with its windows and lines, and virtio's register blocks. One pass
// over a copy; big-endian. Invariant: a tree that breaks the format's rules is refused as a whole, before anything of it counts; an odd node is left out.
import * as capability from "../../lib/capability";
import { E_ABSENT, E_FORMAT } from "../../lib/errors";
import { COPY_MAX, copy_from, range } from "../physical";
import { Node, node_at, DEPTH_MAX, take_node } from "./node";

const MAGIC: u32 = 0xd00d_feed;
const HEADER_BYTES: u32 = 40;
const VERSION: u32 = 17;
const COMPATIBLE: u32 = 16;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

const tree = memory.data(0x1_0000, 8);
if (COPY_MAX != 0x1_0000) ERROR("the copy's place has another size");
let structure: u32 = 0;
let structure_end: u32 = 0;
let strings: u32 = 0;
let strings_end: u32 = 0;

/** 0; E_ABSENT: the firmware handed over nothing, or no tree; E_FORMAT: it is damaged. */
export function read_tree(): i64 {
  const device = range(0, 0);
  if (device < 0) return E_ABSENT;
  let error = copy_from(<u64>device, 0, 4, tree);
  if (error == 0 && cell(0) != MAGIC) error = E_ABSENT;
  if (error == 0) error = copy_from(<u64>device, 0, HEADER_BYTES, tree);
  if (error == 0 && !open_tree()) error = E_FORMAT;
  // The total is padded generously: what is used ends with the later of the two blocks.
  if (error == 0) error = copy_from(<u64>device, 0, max(structure_end, strings_end), tree);
  capability.drop(<u64>device);
  if (error < 0) return error;
  return walk(false) && walk(true) ? 0 : E_FORMAT;
}

/** The 32-bit cell at an offset of the copy. */
export function cell(at: u32): u32 {
  return bswap(load<u32>(tree + at));
}

/** A pair of cells. */
export function cells(at: u32): u64 {
  return ((<u64>cell(at)) << 32) | cell(at + 4);
}

function open_tree(): bool {
  const structure_bytes = cell(36),
    strings_bytes = cell(32);
  structure = cell(8);
  strings = cell(12);
  if (cell(20) < VERSION || cell(24) > COMPATIBLE) return false;
  if ((structure & 3) != 0 || structure < HEADER_BYTES || strings < HEADER_BYTES) return false;
  if (structure > COPY_MAX || structure_bytes > COPY_MAX - structure) return false;
  if (strings > COPY_MAX || strings_bytes > COPY_MAX - strings) return false;
  structure_end = structure + structure_bytes;
  strings_end = strings + strings_bytes;
  return cell(4) >= max(structure_end, strings_end);
}

/** Goes through all nodes; `counts`: and takes note of them. False: the tree breaks the format. */
function walk(counts: bool): bool {
  let at = structure,
    depth: u32 = 0;
  node_at(0).clear();
  while (at + 4 <= structure_end) {
    const token = cell(at);
    at += 4;
    if (token == BEGIN_NODE) {
      at = after_text(at, structure_end);
      if (at == 0 || ++depth > DEPTH_MAX) return false;
      at = (at + 3) & ~3;
      node_at(depth).clear();
    } else if (token == END_NODE) {
      if (depth == 0) return false;
      if (counts) take_node(node_at(depth), node_at(depth - 1));
      depth--;
    } else if (token == PROPERTY) {
      if (depth == 0 || structure_end - at < 8) return false;
      const bytes = cell(at),
        name = cell(at + 4);
      at += 8;
      if (bytes > structure_end - at || name >= strings_end - strings) return false;
      if (after_text(strings + name, strings_end) == 0) return false;
      if (!node_at(depth).property(strings + name, at, bytes)) return false;
      at = (at + bytes + 3) & ~3;
    } else if (token == END) {
      return depth == 0;
    } else if (token != NOP) {
      return false;
    }
  }
  return false;
}

/** Offset behind the zero of a text; 0: it has none before `end`. */
function after_text(at: u32, end: u32): u32 {
  for (; at < end; at++) if (load<u8>(tree + at) == 0) return at + 1;
  return 0;
}

/** Is the text at an offset, which has its zero, this one? */
export function text_is(at: u32, text: string): bool {
  for (let i = 0; i < text.length; i++) if (load<u8>(tree + at + i) != text.charCodeAt(i)) return false;
  return load<u8>(tree + at + text.length) == 0;
}

/** Does a list of texts, each ended by a zero, hold this one? */
export function list_holds(at: u32, bytes: u32, text: string): bool {
  for (const end = at + bytes; at < end; ) {
    const next = after_text(at, end);
    if (next == 0) return false;
    if (text_is(at, text)) return true;
    at = next;
  }
  return false;
}
