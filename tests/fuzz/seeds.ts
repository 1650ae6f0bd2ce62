// Bugs put into the kernel to see that the fuzzer finds them: `phi fuzz --seeds`. The first three were real: the fuzzer, or
// writing its model, found them.

import type { Seed } from "./build.ts";

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
    from: "wait_leave(waiter);",
    to: "notification.waiter = none<Domain>(); waiter.waits_on = none<Notification>();",
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
];
