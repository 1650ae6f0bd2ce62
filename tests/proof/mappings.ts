// Mappings of devices, as the proof sees them: the same class as those of domains in the kernel's sources, with another type, and with a
// Dma where a domain is. A region's list has both. Used by invariant.ts (classes, sentences) and contracts.ts.
// Invariant: a leaf in a device's tables names a frame of a region that whoever mapped it held, to be pinned, and to be written if it may.

import type { Contract } from "./contracts.ts";
import { FRAMES } from "./frames.ts";
import type { Field, KernelSources, Layout } from "./layout.ts";
import type { View } from "./model.ts";
import * as physical from "./physical.ts";
import { CONTENTS, entryOf, granted, isHeld, owner, some, use } from "./physical.ts";
import { and, arithmetic, compare, constant, equal, implies, not, or, type Term } from "./term.ts";

/** The classes that stand for one of the kernel's sources: which of them an object is, its type says. */
export const EITHER: ReadonlyMap<string, readonly string[]> = new Map([["AnyMapping", ["Mapping", "DmaMapping"]]]);

/** The sources' classes, but a mapping of a device is one of its own. */
export function apart(sources: KernelSources): KernelSources {
  const classes = new Map(sources.classes);
  const mapping = classes.get("Mapping") as Layout;
  const aimed = (fields: readonly Field[], targets: Readonly<Record<string, string>>): Field[] =>
    fields.map((field) => ({ ...field, target: targets[field.name] ?? field.target }));
  const put = (name: string, fields: readonly Field[]): void => {
    classes.set(name, { ...(classes.get(name) ?? mapping), name, fields });
  };
  const either = { next_of_region: "AnyMapping", previous_of_region: "AnyMapping" };
  const devices = { domain: "Dma", next_of_domain: "DmaMapping", previous_of_domain: "DmaMapping" };
  for (const name of ["Region", "Dma"])
    put(name, aimed((classes.get(name) as Layout).fields, { mappings: name === "Dma" ? "DmaMapping" : "AnyMapping" }));
  put("Mapping", aimed(mapping.fields, either));
  put("DmaMapping", aimed(mapping.fields, { ...either, ...devices }));
  // what both mean
  const own = Object.keys(devices);
  put(
    "AnyMapping",
    aimed(mapping.fields, either).filter((field) => !own.includes(field.name)),
  );
  return { ...sources, classes };
}

const at = (view: View, name: string, mapping: Term): Term => view.field("DmaMapping", name, mapping);
const rightOf = (view: View, name: string): Term => constant(view.model.sources.constants.get(name) as bigint, 32);
const has = (among: Term, right: Term): Term => some(arithmetic("and", among, right));

/** A device's root is a table that only it begins with. */
export const isOwnRoot = (root: Term, dma: Term): Term =>
  and(
    physical.isRoot(root),
    some(root),
    compare("ult", root, physical.wide(BigInt(FRAMES) << 12n)),
    equal(owner(root), dma),
  );

/** What makes mayMap true of a device: its own root, and a frame of a region that it was granted, to be written only by whoever was. */
export function deviceAllowance(view: View, dma: Term, root: Term, frame: Term, isWritable: Term): readonly Term[] {
  const to = granted(dma, owner(frame));
  return [
    equal(root, view.field("Dma", "root", dma)),
    equal(owner(root), dma),
    equal(use(frame), CONTENTS),
    and(has(to, rightOf(view, "REGION_PIN")), has(to, rightOf(view, "REGION_READ"))),
    or(not(isWritable), has(to, rightOf(view, "REGION_WRITE"))),
  ];
}

/** A device is granted what a current capability to the region lets its holder, who holds one to the device too, to map into it. */
function grantedTo(view: View, dma: Term, capability: Term, handle: Term): Term {
  const of = (name: string, one: Term): Term => view.field("Capability", name, one);
  const holder = (one: Term): Term => arithmetic("lshr", of("key", one), number32(8));
  const context = entryOf(view, handle);
  const isBoth = and(
    isHeld(view, capability, "TYPE_REGION"),
    equal(of("handle", context), handle),
    isHeld(view, context, "TYPE_DMA"),
    equal(of("object", context), dma),
    has(of("rights", context), rightOf(view, "DMA_MAP")),
    equal(holder(context), holder(capability)),
  );
  const object = of("object", capability);
  const missing = arithmetic("and", of("rights", capability), arithmetic("xor", granted(dma, object), number32(-1)));
  return implies(isBoth, equal(missing, number32(0)));
}
const number32 = (value: number): Term => constant(value, 32);

const GATE = "kernel/gates/dma/gate_dma_map";
export const MAPPINGS: Readonly<Record<string, Contract>> = {
  "kernel/object/dma/dma_mapping_end": { parameters: ["DmaMapping!"] },
  "kernel/object/dma/dma_map": {
    parameters: ["Dma!", "Capability!", "", "", "", ""],
    defined: (view, [dma, capability], { name, args }) =>
      name === GATE ? grantedTo(view, dma as Term, capability as Term, args[0] as Term) : and(),
    requires: (view, [dma, capability, , , , rights]) => {
      const region = view.field("Capability", "object", capability as Term);
      const to = granted(dma as Term, region);
      const asks = (name: string): Term =>
        some(arithmetic("and", rights as Term, constant(view.model.sources.constants.get(name) as bigint, 64)));
      return and(
        view.isGood("Region", region),
        has(to, rightOf(view, "REGION_PIN")),
        ...["REGION_READ", "REGION_WRITE"].map((name) => implies(asks(name), has(to, rightOf(view, name)))),
      );
    },
    device: (_view, [dma]) => dma as Term,
  },
  // in a region's list is what has a region and a domain, or a device
  "kernel/object/mapping/mapping_leave": {
    parameters: ["AnyMapping!"],
    listed: (view, [mapping]) => {
      const domain = view.field("Mapping", "domain", mapping as Term);
      const isDomains = and(
        some(domain),
        some(view.field("Domain", "root_physical", domain)),
        some(view.field("Mapping", "region", mapping as Term)),
      );
      return or(view.isType("DmaMapping", mapping as Term), isDomains);
    },
  },
};

/** Of a mapping of a device: what it is of. */
export const isWhole = (view: View, mapping: Term): Term =>
  and(some(at(view, "domain", mapping)), some(at(view, "region", mapping)));
