// Rights never grow: what every function must have kept to when it returns, whatever it did to the table of capabilities.
// Called by prove.ts at the end of every path.
//
//   a capability that is new is one of: a child, made of a capability that the caller held, with no right more;
//   the first one to an object that was made in this call; a resource, minted by a holder of its endpoint's SERVE right;
//   the only one to an interrupt line, for whoever holds the System right to devices, to messages or to the IOMMU;
//   a child of what its holder offered to a receiver, with no right more than he offered;
//   one to read the kernel's log or trace, for whoever holds the System right to that.
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
  /** Did the owner of `parent` offer it to whose the entry is, with these rights? */
  const isOffered = (entry: Term, parent: Term): Term => {
    const domain = (capability: Term, view: View): Term => {
      const place = arithmetic("shl", arithmetic("lshr", at(view, "key", capability), number(8)), number(shift));
      return add(place, number(domains.base));
    };
    const [giver, receiver] = [domain(parent, then), domain(entry, now)];
    const handle = at(then, "handle", parent);
    const object = at(then, "object", parent);
    const given = (of: Term, what: string): Term =>
      and(
        equal(then.field("Domain", `${what}_handle`, of), handle),
        isSubset(at(now, "rights", entry), then.field("Domain", `${what}_rights`, of)),
      );
    const wait = number(model.sources.constants.get("WAIT_REPLY") as bigint);
    const isAnswered = or(
      and(equal(then.field("Domain", "caller", receiver), giver), isCall(receiver)),
      equal(then.field("Domain", "wait", giver), wait),
    );
    return and(
      then.isValid("Capability", parent),
      not(equal(handle, none64)),
      equal(at(then, "version", parent), then.field("Object", "version", object)),
      isSubset(at(now, "rights", entry), at(then, "rights", parent)),
      equal(at(now, "object", entry), object),
      or(
        and(equal(then.field("Domain", "gift_owner", receiver), giver), given(receiver, "gift")),
        and(isAnswered, given(giver, "offer")),
      ),
    );
  };
  const isCall = (domain: Term): Term =>
    compare(
      "ule",
      number(model.sources.constants.get("ACTIVATION_CALL") as bigint),
      then.field("Domain", "activation", domain),
    );
  const domains = model.table("domains");
  const shift = domains.stride.toString(2).length - 1;
  const bit = (right: string): bigint => model.sources.constants.get(right) as bigint;
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
    const nextId = then.global("kernel/object/object/next_id");
    const id = now.field("Object", "id", object);
    // a mailbox is the second object that its gate makes: of ids, which never come again
    const isSecond = /gate_mailbox_create$/.test(name) ? equal(id, add(nextId, constant(1, 64))) : FALSE;
    const fresh = or(compare("ule", nextId, id), isSecond);
    const serve = number(model.sources.constants.get("ENDPOINT_SERVE") as bigint);
    const minted = and(
      equal(type, number(model.sources.constants.get("TYPE_RESOURCE") as bigint)),
      isHeld(parent),
      equal(arithmetic("and", at(then, "rights", parent), serve), serve),
      equal(object, at(then, "object", parent)),
    );
    const [first] = args;
    const held = (gate: RegExp, right: string): Term =>
      first !== undefined && gate.test(name) ? isMaker(first, right) : FALSE;
    const isFreeLine = and(
      equal(type, number(model.sources.constants.get("TYPE_IRQ") as bigint)),
      equal(now.type(object), constant(model.tags.get("Irq") as bigint, 8)),
      equal(now.field("Object", "holders", object), number(1)),
      or(
        held(/gate_irq_line$/, "SYSTEM_DEVICES"),
        held(/gate_irq_message$/, "SYSTEM_MESSAGES"),
        held(/gate_dma_start$/, "SYSTEM_IOMMU"),
      ),
    );
    const isLooking = isSubset(
      rights,
      number(["REGION_READ", "REGION_MAP", "RIGHT_SHARE"].reduce((bits, one) => bits | bit(one), 0n)),
    );
    const isOwn = (region: string, right: string): Term =>
      and(equal(object, now.global(`kernel/start/regions/${region}`)), isLooking, held(/gate_system_info$/, right));
    const isKernels = and(
      equal(type, number(model.sources.constants.get("TYPE_REGION") as bigint)),
      or(isOwn("the_log", "SYSTEM_LOG"), isOwn("the_trace", "SYSTEM_TRACE")),
    );
    const offered = /ipc\/offer\/accept$|gate_accept$/.test(name) ? isOffered(entry, parent) : FALSE;
    const isNew = not(equal(at(now, "handle", entry), at(then, "handle", entry)));
    const isKept = and(isSubset(rights, at(then, "rights", entry)), equal(object, at(then, "object", entry)));
    const claim = implies(
      and(model.isValid(path.memory, model.table("capabilities"), entry), not(equal(at(now, "handle", entry), none64))),
      or(and(isNew, or(child, fresh, minted, isFreeLine, isKernels, offered)), and(not(isNew), isKept)),
    );
    executor.require(path, claim, "rights never grow");
  }
}
