// Traps of services as the proof sees them: the pages that a domain's slot promises, and what its own stack says of how it came there.
// Used by contracts.ts, effects.ts and invariant.ts. Invariant: what a domain's slot shows below its windows is its own, and nobody else's.

import type { Contract } from "./contracts.ts";
import { FRAMES } from "./frames.ts";
import type { View } from "./model.ts";
import {
  CONTENTS,
  frameOf,
  isAligned,
  isNone,
  isRoot,
  owner,
  type Places,
  pageNumber,
  some,
  use,
  wide,
} from "./physical.ts";
import { add, and, arithmetic, compare, constant, equal, extend, implies, or, type Term } from "./term.ts";

const TRAP = "kernel/trap/domain_trap";
/** Pages of a slot in front of its linear memory: tables, stack and structure; the most that a linear memory has of 64 KiB. */
const FRONT = 0x4_0000;
const MEMORY_MAX = 0x4000;
const at = (view: View, name: string, domain: Term): Term => view.field("Domain", name, domain);

/** Is the page one of the domain's slot, before pages so many behind the begin of its linear memory? */
function isInSlot(view: View, domain: Term, page: Term, end: bigint): Term {
  const from = arithmetic("sub", page, pageNumber(at(view, "memory_base", domain)));
  return compare("ult", add(from, wide(FRONT)), wide(BigInt(FRONT) + end));
}

/** What makes mayMap true of a page that a domain's slot promises: it is one of the slot's, and the frame holds the domain's own bytes. */
export const ownAllowance = (
  view: View,
  { windowEnd }: Places,
  domain: Term,
  root: Term,
  page: Term,
  frame: Term,
): readonly Term[] => [
  equal(root, at(view, "root_physical", domain)),
  isAligned(at(view, "memory_base", domain)),
  isInSlot(view, domain, page, windowEnd),
  equal(use(frame), CONTENTS),
  equal(owner(frame), domain),
];

const isOwnPage = (frame: Term, domain: Term): Term =>
  and(
    isAligned(frame),
    compare("ult", frame, wide(BigInt(FRAMES) << 12n)),
    equal(use(frame), CONTENTS),
    equal(owner(frame), domain),
  );
/** Frames that a domain's field names: what each is used for. */
export const PAGES: Readonly<Record<string, (frame: Term, domain: Term) => Term>> = {
  "Domain.root_physical": (frame) => and(isRoot(frame), isNone(owner(frame))),
  "Domain.spare_page": isOwnPage,
};

/** A word of the domain's own stack. */
function isOnStack(view: View, domain: Term, address: Term): Term {
  const top = at(view, "stack_top", domain);
  const bottom = arithmetic("sub", top, extend("zext", at(view, "stack_bytes", domain), 64));
  return and(compare("ule", bottom, address), compare("ule", address, arithmetic("sub", top, wide(8))));
}

export const TRAPS: Readonly<Record<string, Contract>> = {
  [TRAP]: {
    parameters: ["Domain!", "", "", "", ""],
    requires: (view, [domain]) => some(at(view, "root_physical", domain as Term)),
  },
  "kernel/trap/demand": {
    parameters: ["Domain!", ""],
    requires: (view, [domain]) =>
      and(...["root_physical", "memory_base"].map((name) => some(at(view, name, domain as Term)))),
    // a companion's fault may be its program's
    domain: (view, [domain], root) => {
      const shares = at(view, "shares", domain as Term);
      return root === at(view, "root_physical", shares) ? shares : (domain as Term);
    },
    isInSlot: true,
  },
  // a page of a domain's own slot
  "kernel/object/create/page_give": {
    parameters: ["Domain!", ""],
    requires: (view, [domain, address]) =>
      and(
        some(at(view, "root_physical", domain as Term)),
        isInSlot(view, domain as Term, pageNumber(address as Term), 0x8_0000n),
      ),
    domain: (_view, [domain]) => domain as Term,
    isInSlot: true,
  },
  // what a domain's stack shows is there to be read: "mapped" in docs/proof.md
  "kernel/mm/pagetable/translate": {
    requires: (_view, [root]) => isRoot(root as Term),
    defines: (view, [root, address], found, { name, args }) => {
      if (name !== TRAP) return and();
      const [domain] = args as [Term];
      const isOwn = and(
        equal(root as Term, at(view, "root_physical", domain)),
        isOnStack(view, domain, address as Term),
      );
      return implies(isOwn, or(isNone(found), equal(use(frameOf(found)), CONTENTS)));
    },
  },
};

export type Say = (
  className: string,
  name: string,
  fields: string[],
  others: [string, string][],
  holds: (view: View, entry: Term) => Term,
  triggers?: string[],
  only?: string,
) => void;

/** What the invariant says of a domain's slot. */
export function slots(say: Say): void {
  say(
    "Domain",
    "its memory lies in its slot",
    ["slot", "memory_base"],
    [],
    (view, a) => {
      const base = at(view, "memory_base", a);
      const slot = arithmetic("shl", extend("zext", at(view, "slot", a), 64), wide(33));
      return or(isNone(base), equal(base, add(slot, wide(0x4000_0000))));
    },
    ["slot"],
  );
  say("Domain", "its memory ends before its windows", ["memory_pages", "memory_pages_max"], [], (view, a) =>
    and(
      ...["memory_pages", "memory_pages_max"].map((name) =>
        compare("ule", at(view, name, a), constant(MEMORY_MAX, 32)),
      ),
    ),
  );
  say("Domain", "whose memory it shows has a root", ["shares"], [["Domain", "root_physical"]], (view, a) => {
    const shares = at(view, "shares", a);
    return or(isNone(shares), some(at(view, "root_physical", shares)));
  });
  // until its memory is given back
  say(
    "Domain",
    "its spare page is its own",
    ["spare_page", "root_physical"],
    [],
    (view, a) => {
      const page = at(view, "spare_page", a);
      return or(isNone(page), isNone(at(view, "root_physical", a)), isOwnPage(page, a));
    },
    ["spare_page"],
  );
}
