// Rights never grow: what every function must have kept to when it returns, whatever it did to the table of capabilities.
// Called by prove.ts at the end of every path.
//
//   a capability that is new is one of: a child, made of a capability that the caller held, with no right more;
//   the first one to an object that was made in this call; a resource, minted by a holder of its endpoint's SERVE right.
//   a capability that was there before names the same object, and has no right more.

import type { Claims } from "./claims.ts";
import type { Memory } from "./memory.ts";
import { View } from "./model.ts";
import type { Path } from "./path.ts";
import { and, arithmetic, compare, constant, equal, implies, not, or, type Term } from "./term.ts";

const number = (value: bigint | number): Term => constant(value, 32);

export function rightsShrink(executor: Claims, path: Path, before: Memory, cpu: Term): void {
  const { model } = executor;
  const words = ["handle", "key", "rights", "object"].flatMap((name) => model.keys("Capability", name));
  const changed = path.memory.changes(before);
  if (!words.some((key) => changed.includes(key))) return;
  const now = new View(model, path.memory, path.isDistinct);
  const then = new View(model, before, path.isDistinct);
  const at = (view: View, name: string, entry: Term): Term => view.field("Capability", name, entry);
  const none64 = constant(0, 64);
  const caller = then.field("Domain", "index", then.field("Cpu", "domain", cpu));
  const isSubset = (a: Term, b: Term): Term =>
    equal(arithmetic("and", a, arithmetic("xor", b, number(0xffff_ffff))), number(0));
  const isHeld = (entry: Term): Term => {
    const object = at(then, "object", entry);
    return and(
      then.isValid("Capability", entry),
      not(equal(at(then, "handle", entry), none64)),
      equal(arithmetic("lshr", at(then, "key", entry), number(8)), caller),
      equal(at(then, "version", entry), then.field("Object", "version", object)),
    );
  };
  const touched = new Set(words.flatMap((key) => path.memory.storesTo(key)));
  for (const entry of touched) {
    const parent = at(now, "parent", entry);
    const object = at(now, "object", entry);
    const rights = at(now, "rights", entry);
    const type = arithmetic("and", at(now, "key", entry), number(0x7f));
    const child = and(
      isHeld(parent),
      isSubset(rights, at(then, "rights", parent)),
      equal(object, at(then, "object", parent)),
    );
    const fresh = compare("ule", then.global("kernel/object/object/next_id"), now.field("Object", "id", object));
    const serve = number(model.sources.constants.get("ENDPOINT_SERVE") as bigint);
    const minted = and(
      equal(type, number(model.sources.constants.get("TYPE_RESOURCE") as bigint)),
      isHeld(parent),
      equal(arithmetic("and", at(then, "rights", parent), serve), serve),
      equal(object, at(then, "object", parent)),
    );
    const isNew = not(equal(at(now, "handle", entry), at(then, "handle", entry)));
    const isKept = and(isSubset(rights, at(then, "rights", entry)), equal(object, at(then, "object", entry)));
    const claim = implies(
      and(model.isValid(path.memory, model.table("capabilities"), entry), not(equal(at(now, "handle", entry), none64))),
      or(and(isNew, or(child, fresh, minted)), and(not(isNew), isKept)),
    );
    executor.require(path, claim, "rights never grow");
  }
}
