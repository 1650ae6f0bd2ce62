// Looks through the kernel's tables of capabilities and objects, entry by entry, and says what does not fit together: the
// derivation tree, the owners' lists, and each object's count of capabilities. Tests call it after whatever they did.
import type { Machine } from "./machine.ts";

const DYING = 1;
const GHOST = 2;
const DEPTH_MAX = 255;

interface Entry {
  at: number;
  handle: bigint;
  owner: number;
  type: number;
  object: number;
  version: number;
  parent: number;
  child: number;
  next: number;
  previous: number;
  ownerNext: number;
  ownerPrevious: number;
  generation: number;
  depth: number;
  state: number;
}

function word(machine: Machine, at: number): number {
  const pair = machine.linearWord(at - (at & 7));
  return Number((pair >> BigInt((at & 4) * 8)) & 0xffff_ffffn);
}

function read(machine: Machine, at: number): Entry {
  const key = word(machine, at + 8);
  const last = word(machine, at + 60);
  return {
    at,
    handle: machine.linearWord(at),
    owner: key >>> 8,
    type: key & 0xff,
    object: word(machine, at + 16),
    version: word(machine, at + 20),
    parent: word(machine, at + 32),
    child: word(machine, at + 36),
    next: word(machine, at + 40),
    previous: word(machine, at + 44),
    ownerNext: word(machine, at + 48),
    ownerPrevious: word(machine, at + 52),
    generation: word(machine, at + 56),
    depth: last & 0xffff,
    state: last >>> 16,
  };
}

export interface Audit {
  problems: string[];
  live: number;
  ghosts: number;
  dying: number;
}

/** Everything that is wrong, and how many entries there are of each kind. */
export function audit(machine: Machine, limit = 4096): Audit {
  const base = machine.abi.number("KERNEL_CAPS"),
    size = machine.abi.number("KERNEL_CAP_SIZE");
  const problems: string[] = [];
  const entries = new Map<number, Entry>();
  for (let i = 1; i < limit; i++) {
    const entry = read(machine, base + i * size);
    if (entry.handle !== 0n || (entry.state & GHOST) !== 0) entries.set(entry.at, entry);
  }
  const children = new Map<number, number>();
  const holders = new Map<number, number>();
  let ghosts = 0,
    dying = 0;
  for (const entry of entries.values()) {
    const complain = (what: string): void => {
      problems.push(`entry ${(entry.at - base) / size}: ${what}`);
    };
    const isGhost = (entry.state & GHOST) !== 0;
    if (isGhost) ghosts++;
    if ((entry.state & DYING) !== 0) dying++;
    if (isGhost && entry.handle !== 0n) complain("a ghost with a handle");
    if (!isGhost && entry.handle !== BigInt((entry.at - base) / size) + (BigInt(entry.generation) << 32n)) {
      complain("its handle is not its index and generation");
    }
    const parent = entries.get(entry.parent);
    if (entry.parent !== 0 && parent === undefined) complain("its parent is a free entry");
    if (parent !== undefined && entry.depth > parent.depth + 1 && parent.depth < DEPTH_MAX) {
      // Depths only bound the number of ancestors from above; a parent's may have been counted anew since.
      let ancestors = 0;
      for (let up = parent; up !== undefined; up = entries.get(up.parent) as Entry) ancestors++;
      if (entry.depth < ancestors) complain("it is deeper than it says");
    }
    children.set(entry.parent, (children.get(entry.parent) ?? 0) + 1);
    if (entry.previous !== 0 && entries.get(entry.previous)?.next !== entry.at) complain("siblings do not match");
    if (entry.next !== 0 && entries.get(entry.next)?.previous !== entry.at) complain("siblings do not match");
    if (entry.previous === 0 && parent !== undefined && parent.child !== entry.at) complain("not its parent's child");
    if (isGhost) continue;
    if (entry.ownerNext !== 0 && entries.get(entry.ownerNext)?.ownerPrevious !== entry.at) complain("owner's list");
    if (entry.ownerNext !== 0 && entries.get(entry.ownerNext)?.owner !== entry.owner) complain("another owner's list");
    if (word(machine, entry.object + 4) === entry.version) {
      holders.set(entry.object, (holders.get(entry.object) ?? 0) + 1);
    }
  }
  for (const entry of entries.values()) {
    const count = children.get(entry.at) ?? 0;
    if ((entry.state & (GHOST | DYING)) === GHOST && count < 2) {
      problems.push(`entry ${(entry.at - base) / size}: a ghost with ${count} children`);
    }
    if (entry.child === 0 && count !== 0) problems.push(`entry ${(entry.at - base) / size}: children that it lost`);
  }
  for (const [object, count] of holders) {
    if (word(machine, object + 20) !== count) {
      problems.push(`object at ${object}: ${word(machine, object + 20)} holders, ${count} capabilities`);
    }
    if (word(machine, object + 16) < count) problems.push(`object at ${object}: fewer references than capabilities`);
  }
  return { problems, live: entries.size - ghosts, ghosts, dying };
}
