// Rights never grow: what every function must have kept to when it returns, whatever it did to the table of capabilities.
// Called by prove.ts at the end of every path.
//
//   a capability that is new is one of: a child, made of a capability that the caller held, with no right more;
//   the first one to an object that was made in this call; a resource, minted by a holder of its endpoint's SERVE right;
//   the first one to an interrupt line whose count of holders is 0, for whoever holds the System right to devices.
//   a capability that was there before names the same object, and has no right more.

import type { Claims } from "./claims.ts";
import type { Memory } from "./memory.ts";
import { View } from "./model.ts";
import type { Path } from "./path.ts";
import { add, and, arithmetic, compare, constant, equal, extract, FALSE, implies, not, or, type Term } from "./term.ts";

const number = (value: bigint | number): Term => constant(value, 32);

export function rightsShrink(
  executor: Claims,
  path: Path,
  before: Memory,
  cpu: Term,
  name: string,
  args: readonly Term[],
): void {
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
  /** Is the argument the caller's current handle of a System capability with this right? */
  const isMaker = (handle: Term, right: string): Term => {
    const place = arithmetic("shl", extract(handle, 0, 32), number(6));
    const entry = add(place, number(model.table("capabilities").base));
    const bits = number(model.sources.constants.get(right) as bigint);
    return and(
      equal(at(then, "handle", entry), handle),
      isHeld(entry),
      equal(
        arithmetic("and", at(then, "key", entry), number(0x7f)),
        number(model.sources.constants.get("TYPE_SYSTEM") as bigint),
      ),
      equal(arithmetic("and", at(then, "rights", entry), bits), bits),
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
    const lines = args[0] !== undefined && /gate_irq_line$/.test(name) ? isMaker(args[0], "SYSTEM_DEVICES") : FALSE;
    const isFreeLine = and(
      equal(type, number(model.sources.constants.get("TYPE_IRQ") as bigint)),
      equal(now.type(object), constant(model.tags.get("Irq") as bigint, 8)),
      equal(then.field("Object", "holders", object), number(0)),
      lines,
    );
    const isNew = not(equal(at(now, "handle", entry), at(then, "handle", entry)));
    const isKept = and(isSubset(rights, at(then, "rights", entry)), equal(object, at(then, "object", entry)));
    const claim = implies(
      and(model.isValid(path.memory, model.table("capabilities"), entry), not(equal(at(now, "handle", entry), none64))),
      or(and(isNew, or(child, fresh, minted, isFreeLine)), and(not(isNew), isKept)),
    );
    executor.require(path, claim, "rights never grow");
  }
}
