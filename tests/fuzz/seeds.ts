// Bugs put into the kernel to see that the fuzzer finds them: `phi fuzz --seeds`. The first five were real: the fuzzer, or
// writing its model, found them.

import type { Seed } from "./link.ts";

export const SEEDS: readonly Seed[] = [
  {
    name: "window-over-revoked",
    file: "kernel/object/mapping.ts",
    from: "if (is_taken(domain, index, pages)) return E_ADDRESS;",
    to: "",
  },
  {
    name: "timer-left-armed",
    file: "kernel/object/release.ts",
    from: "wait_break(notification.waiter, E_REVOKED);",
    to: "notification.waiter.waits_on = none<Notification>();",
  },
  {
    name: "reply-of-the-dead",
    file: "kernel/object/domains.ts",
    from: "domain.call_number = calls;",
    to: "",
  },
  {
    name: "held-callers-unheard",
    file: "kernel/ipc/call.ts",
    from: "inherit_at(server); // whoever waits to be let in waits for this call too",
    to: "",
  },
  {
    name: "rights-grow",
    file: "kernel/cap/derive.ts",
    from: "if ((rights & ~(<u64>parent.rights)) != 0) return E_ARGUMENT;",
    to: "",
  },
  {
    name: "cycle-unseen",
    file: "kernel/ipc/call.ts",
    from: "if (waits_for(server, client)) return E_DEADLOCK;",
    to: "",
  },
  {
    name: "reply-forgotten",
    file: "kernel/object/release.ts",
    from: "if (client.wait == WAIT_REPLY && client.call_number == reply.call_number) wake(client, E_PEER_FAULT);",
    to: "",
  },
  {
    name: "frame-unpaid",
    file: "kernel/mm/budget.ts",
    from: "if ((domain.small_objects & 63) == 0) uncharge(domain, 1);",
    to: "if ((domain.small_objects & 63) == 1) uncharge(domain, 1);",
  },
  {
    name: "resource-for-all",
    file: "kernel/ipc/endpoint.ts",
    from: "return (rights >> (RESOURCE_RIGHT_SHIFT + right)) & 1 ? 0 : E_RIGHTS;",
    to: "return 0;",
  },
  {
    name: "mailbox-overfull",
    file: "kernel/ipc/mailbox.ts",
    from: "if (count == mailbox.capacity) return E_MAILBOX_FULL;",
    to: "",
  },
  {
    name: "offer-taken-twice",
    file: "kernel/ipc/offer.ts",
    from: "if (is_final(answer)) client.offer_handle = 0;",
    to: "",
  },
  {
    name: "hook-unheeded",
    file: "kernel/ipc/hook.ts",
    from: "if (hook.action == HOOK_DENY) denied = true;",
    to: "",
  },
  {
    name: "successor-unfollowed",
    file: "kernel/object/replace.ts",
    from: "client.callee = successor;",
    to: "",
  },
  {
    name: "budget-for-ever",
    file: "kernel/thread/control.ts",
    from: "thread.allowed_ns -= <i64>ran;",
    to: "",
  },
  {
    name: "decision-too-late",
    file: "kernel/thread/policy.ts",
    from: "if (thread.sequence != sequence) return E_STALE;",
    to: "",
  },
  {
    name: "line-for-two",
    file: "kernel/gates/device.ts",
    from: "irq.holders != 0 ? E_STATE : ",
    to: "",
  },
];
