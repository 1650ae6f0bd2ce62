// Mistakes that the proof must find: each changes one place of the kernel's sources, the kernel is compiled as ever, and the
// proof of the entry point named must fail with the finding named. The kernel's own sources carry none of this.
// Called by bugs.test.ts and `phi proof --bugs`. Invariant: a place that is no longer in the sources is an error.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Bug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly entry: string;
  /** Part of what the proof must say. */
  readonly finding: string;
}

const TABLE = "kernel/cap/table.ts";
const DERIVE = "kernel/cap/derive.ts";
const GATES = "kernel/gates/capability.ts";

export const BUGS: readonly Bug[] = [
  {
    name: "a child may have any right",
    file: DERIVE,
    from: "if ((rights & ~(<u64>parent.rights)) != 0) return E_ARGUMENT;",
    to: "",
    entry: "gate_cap_derive",
    finding: "rights never grow",
  },
  {
    name: "a resource is minted as an endpoint",
    file: DERIVE,
    from: "make_below(domain, endpoint, TYPE_RESOURCE, all,",
    to: "make_below(domain, endpoint, TYPE_ENDPOINT, all,",
    entry: "gate_cap_mint",
    finding: "rights never grow",
  },
  {
    name: "a handle's index is not compared with the table's end",
    file: TABLE,
    from: "export function lookup_any(domain: Domain, handle: u64): Capability {\n  const index = <u32>handle;\n  failure = E_HANDLE;\n  if (index >= used) return none<Capability>();",
    to: "export function lookup_any(domain: Domain, handle: u64): Capability {\n  const index = <u32>handle;\n  failure = E_HANDLE;",
    entry: "gate_cap_info",
    finding: "exists",
  },
  {
    name: "a capability's owner is not compared",
    file: TABLE,
    from: "if (capability.handle != handle || capability.key >> 8 != domain.index) return none<Capability>();\n  if (!capability.is_current",
    to: "if (capability.handle != handle) return none<Capability>();\n  if (!capability.is_current",
    entry: "gate_cap_derive",
    finding: "rights never grow",
  },
  {
    name: "a capability's version is not compared",
    file: TABLE,
    from: "domain.index) return none<Capability>();\n  if (!capability.is_current || is_doomed(capability)) {",
    to: "domain.index) return none<Capability>();\n  if (is_doomed(capability)) {",
    entry: "gate_cap_derive",
    finding: "rights never grow",
  },
  {
    name: "the right that a gate asks for is not compared",
    file: TABLE,
    from: "if ((capability.rights & rights) != rights) {",
    to: "if (false) {",
    entry: "gate_endpoint_methods",
    finding: "success without the right",
  },
  {
    name: "whoever may look at figures may switch the machine off",
    file: "kernel/gates/system.ts",
    from: "rights.SYSTEM_POWER",
    to: "rights.SYSTEM_INFO",
    entry: "gate_system_power",
    finding: "success without the right",
  },
  {
    name: "the log's ring begins again a header too late",
    file: "kernel/log.ts",
    from: "written % CAPACITY",
    to: "written % KERNEL_LOG_BYTES",
    entry: "kernel_trap",
    finding: "log: inside the array",
  },
  {
    name: "a text is printed beyond its end",
    file: "kernel/log.ts",
    from: "for (let i = 0; i < length; i++) log_byte(text.charCodeAt(i));",
    to: "for (let i = 0; i <= length; i++) log_byte(load<u16>(changetype<usize>(text) + (i << 1)));",
    entry: "kernel_trap",
    finding: "a literal: inside it",
  },
  {
    name: "one IOMMU more is asked for refusals than there are",
    file: "hal/x86_64/iommu.ts",
    from: "export function iommu_fault(): bool {\n  for (let i: u32 = 0; i < unit_count; i++) {",
    to: "export function iommu_fault(): bool {\n  for (let i: u32 = 0; i <= unit_count; i++) {",
    entry: "gate_dma_fault",
    finding: "units of the IOMMU: one that is there",
  },
  {
    name: "a device reaches pages behind the end of a region",
    file: "kernel/object/dma.ts",
    from: "if (first > region.pages || pages > region.pages - first) return E_ARGUMENT;",
    to: "if (first > region.pages) return E_ARGUMENT;",
    entry: "gate_dma_map",
    finding: "an entry of a table names what it may",
  },
  {
    name: "a device may write what its driver may only read",
    file: "kernel/gates/dma.ts",
    from: "rights.REGION_PIN | (<u32>wanted)",
    to: "rights.REGION_PIN",
    entry: "gate_dma_map",
    finding: "what kernel/object/dma/dma_map expects",
  },
  {
    name: "an object's type is not compared",
    file: TABLE,
    from: "(capability.key & ~KEY_CALL) != (domain.owner_key | type)",
    to: "capability.key >> 8 != domain.index",
    entry: "gate_endpoint_methods",
    finding: "unknown type",
  },
  {
    name: "minting asks for CALL, not SERVE",
    file: GATES,
    from: "lookup(current(), endpoint_handle, rights.TYPE_ENDPOINT, rights.ENDPOINT_SERVE)",
    to: "lookup(current(), endpoint_handle, rights.TYPE_ENDPOINT, 1)",
    entry: "gate_cap_mint",
    finding: "success without the right",
  },
  {
    name: "the table of capabilities may grow beyond its place",
    file: TABLE,
    from: "if (used >= KERNEL_CAP_MAX || !table_grow",
    to: "if (!table_grow",
    entry: "gate_cap_derive",
    finding: "what kernel/mm/tables/table_grow expects",
  },
  {
    name: "a new capability belongs to nobody",
    file: TABLE,
    from: "capability.key = domain.owner_key | callable | type;",
    to: "capability.key = callable | type;",
    entry: "gate_cap_derive",
    finding: "the owner is a domain",
  },
  {
    name: "the gate may call by any capability to an endpoint",
    file: TABLE,
    from: "type == TYPE_ENDPOINT && rights & ENDPOINT_CALL ? KEY_CALL : 0",
    to: "type == TYPE_ENDPOINT ? KEY_CALL : 0",
    entry: "gate_cap_derive",
    finding: "the bit that lets the gate call",
  },
  {
    name: "a handle does not say its entry's index",
    file: TABLE,
    from: "capability.handle = <u64>index | ((<u64>capability.generation) << 32);",
    to: "capability.handle = <u64>capability.generation;",
    entry: "gate_cap_derive",
    finding: "a handle says its entry's index",
  },
  {
    name: "a cursor's index is not compared with the table's end",
    file: GATES,
    from: "if (cursor > u32.MAX_VALUE || !index_used(<u32>cursor)) return E_ARGUMENT;",
    to: "",
    entry: "gate_cap_next",
    finding: "exists",
  },
  {
    name: "a first child's old sibling is written to though there is none",
    file: "kernel/cap/tree.ts",
    from: "if (!is_none(parent.child)) parent.child.previous = node;",
    to: "parent.child.previous = node;",
    entry: "gate_cap_derive",
    finding: "exists",
  },
  {
    name: "the gates may look one entry beyond the table of capabilities",
    file: "kernel/ipc/plain.ts",
    from: "index_bound() * KERNEL_CAP_SIZE;",
    to: "(index_bound() + 1) * KERNEL_CAP_SIZE;",
    entry: "gate_cap_derive",
    finding: "the gates' bound lies in the table",
  },
  {
    name: "revoking gives away an object's last version",
    file: "kernel/cap/revoke.ts",
    from: "if (object.version >= u32.MAX_VALUE - 1) return E_NO_MEMORY;",
    to: "",
    entry: "gate_cap_revoke_all",
    finding: "version",
  },
  {
    name: "stopping a domain asks for START, not STOP",
    file: "kernel/gates/domain.ts",
    from: "domain_with(handle, rights.DOMAIN_STOP)",
    to: "domain_with(handle, rights.DOMAIN_START)",
    entry: "gate_domain_stop",
    finding: "success without the right",
  },
  {
    name: "a larger leaf is walked through as if it were a table",
    file: "kernel/mm/pagetable.ts",
    from: "      if (entry_is_leaf(entry, l)) return 0;\n      table = entry_address(entry);",
    to: "      table = entry_address(entry);",
    entry: "gate_cap_derive",
    finding: "what kernel/mm/pagetable/walk_make promises",
  },
  {
    name: "the kernel's memory grows by a frame that was not taken",
    file: "kernel/mm/tables.ts",
    from: "KERNEL_MEMORY_BASE + <u64>index, frame,",
    to: "KERNEL_MEMORY_BASE + <u64>index, frame + PAGE_SIZE,",
    entry: "gate_cap_derive",
    finding: "an entry of a table names what it may",
  },
  {
    name: "a register's end is not compared with its device's",
    file: "kernel/gates/device.ts",
    from: " || at + width > <u64>device.bytes) return",
    to: ") return",
    entry: "gate_device_load",
    finding: "a device's register",
  },
  {
    name: "a region is filled beyond the frames that it has",
    file: "kernel/object/region.ts",
    from: "const end = min(region.capacity, region.pages + FILL_PAGES);",
    to: "const end = region.pages + FILL_PAGES;",
    entry: "gate_region_fill",
    finding: "every frame holds contents",
  },
  {
    name: "a new object keeps what its entry held",
    file: "kernel/object/object.ts",
    from: "  store<u64>(at, 0, 24);\n",
    to: "",
    entry: "gate_endpoint_create",
    finding: "the new object is what its maker says",
  },
  {
    name: "a hook's point is not compared with the number of points",
    file: "kernel/ipc/hook.ts",
    from: "if (point >= HOOK_POINTS || action > HOOK_DENY)",
    to: "if (action > HOOK_DENY)",
    entry: "gate_hook_attach",
    finding: "hooks: inside the array",
  },
  {
    name: "a region may be made for any number of pages",
    file: "kernel/object/region.ts",
    from: "if (pages == 0 || pages > PAGES_MAX) return",
    to: "if (pages == 0) return",
    entry: "gate_region_create",
    finding: "Region: it has frames",
  },
  {
    name: "a context may be more urgent than there are priorities",
    file: "kernel/gates/scheduling.ts",
    from: "if (period_ns > ring.CONTEXT_PERIOD_MAX_NS || priority > <u64>thread_at(current().index).base_priority)",
    to: "if (period_ns > ring.CONTEXT_PERIOD_MAX_NS)",
    entry: "gate_context_create",
    finding: "Context: priority below",
  },
  {
    name: "a table is cleared beyond its last entry",
    file: "kernel/mm/pagetable.ts",
    from: "const count = min(leaves_left(address), pages);",
    to: "const count = pages;",
    entry: "gate_cap_revoke_all",
    finding: "an entry of a table names what it may",
  },
  {
    name: "a region may be mapped to be written by who may only read it",
    file: "kernel/gates/region.ts",
    from: "rights.TYPE_REGION, rights.REGION_MAP | (<u32>wanted));",
    to: "rights.TYPE_REGION, rights.REGION_MAP | (<u32>wanted & rights.REGION_READ));",
    entry: "gate_region_map",
    finding: "what kernel/object/mapping/region_map expects",
  },
  {
    name: "a region is mapped into a domain that its mapper may only look at",
    file: "kernel/gates/domain.ts",
    from: "  const target = domain_with(handle, rights.DOMAIN_GRANT);\n  if (is_none(target)) return lookup_error();\n  if (target.domain.state != STATE_CREATED) return E_STATE;\n  if ((wanted",
    to: "  const target = domain_with(handle, rights.DOMAIN_INSPECT);\n  if (is_none(target)) return lookup_error();\n  if (target.domain.state != STATE_CREATED) return E_STATE;\n  if ((wanted",
    entry: "gate_domain_map",
    finding: "what kernel/object/mapping/region_map expects",
  },
  {
    name: "frames that somebody else keeps are given back with a region",
    file: "kernel/object/region.ts",
    from: "  if (region.flags & REGION_BORROWED) return;\n  if (region.base != 0)",
    to: "  if (region.base != 0)",
    entry: "gate_region_create",
    finding: "what kernel/mm/blocks/run_give expects",
  },
  {
    name: "a mailbox's oldest place is one beyond its ring",
    file: "kernel/ipc/mailbox.ts",
    from: "mailbox.head + 1 == mailbox.capacity ? 0",
    to: "mailbox.head == mailbox.capacity ? 0",
    entry: "gate_mailbox_receive",
    finding: "Mailbox: its messages have room",
  },
  {
    name: "a message that somebody holds is handed out again",
    file: "kernel/irq.ts",
    from: "if (is_none(irq) || irq.holders != 0) continue;",
    to: "if (is_none(irq)) continue;",
    entry: "gate_irq_message",
    finding: "what kernel/irq/irq_message promises",
  },
  {
    name: "who may read the kernel's log may write it",
    file: "kernel/gates/system.ts",
    from: "capability_first(current(), region, rights.REGION_READ |",
    to: "capability_first(current(), region, rights.REGION_WRITE | rights.REGION_READ |",
    entry: "gate_system_info",
    finding: "rights never grow",
  },
  {
    name: "a thread gives way to an equal that is not there",
    file: "kernel/thread/direct.ts",
    from: "if (is_none(first) || !is_none(first.control)",
    to: "if (!is_none(first.control)",
    entry: "gate_yield",
    finding: "exists",
  },
  {
    name: "whose thread is queued takes an event next, not a call",
    file: "kernel/thread/scheduler.ts",
    from: "  const block = place(thread);\n  push_back(block, thread);",
    to: "  thread.home.turn = 0;\n  const block = place(thread);\n  push_back(block, thread);",
    entry: "gate_scheduler_commit",
    finding: "is not among what it may change",
  },
  {
    name: "a domain that begins has no thread",
    file: "kernel/ipc/activation.ts",
    from: "  domain.thread = home;",
    to: "  domain.thread = none<Thread>();",
    entry: "gate_domain_start",
    finding: "a domain loses its thread",
  },
  {
    name: "a handler that answers nobody hands its thread back",
    file: "kernel/ipc/activation.ts",
    from: "  if (!domain.is_call) {\n    thread_end(thread);",
    to: "  if (domain.activation == ACTIVATION_NONE) {\n    thread_end(thread);",
    entry: "activation_done",
    finding: "exists",
  },
];

/** The changed source, as asc and layout.ts take it. */
export function patchOf(bug: Bug, root: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, bug.file), "utf8");
  if (text.split(bug.from).length !== 2)
    throw new Error(`${bug.file} does not hold once what the bug "${bug.name}" changes:\n${bug.from}`);
  // hal/x86_64/X.ts is asked for as hal/X.ts
  return new Map([[bug.file.replace(/^hal\/\w+\//, "hal/"), text.replace(bug.from, () => bug.to)]]);
}
