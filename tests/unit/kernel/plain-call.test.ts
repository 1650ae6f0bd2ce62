// The steps of the call gates' assembly (guest/plain.ts): where they answer they must leave the kernel as the full functions
// would, but for two fields that mean nothing then, and where they do not answer they must have done nothing.
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel, type Machine } from "./machine.ts";
import { child, done, scene } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

const BADGE = 77n;

interface Situation {
  machine: Machine;
  init: number;
  /** A good, badged capability to the idle service's endpoint. */
  endpoint: bigint;
  service: bigint;
  server: number;
  self: bigint;
}

/** init runs in an event; a service has started and is idle. */
async function situation(): Promise<Situation> {
  const start = await scene();
  const { machine, self, init } = start;
  const service = child(start, 1);
  const endpoint = machine.gate("endpoint_create", self);
  machine.gate("endpoint_bind", endpoint, service);
  const wake = machine.gate("notification_create", self);
  machine.gate("notification_bind", wake);
  machine.gate("notify", wake, 1n);
  machine.gate("domain_start", service);
  expect(done(machine)).toBe(init);
  // init waits; the service starts and is idle; init goes on
  const timer = machine.gate("notification_create", self);
  machine.now = 5n;
  machine.gate("wait", timer, 1_000n);
  const server = machine.schedule();
  expect(server).not.toBe(init);
  done(machine);
  machine.now = 2_000n;
  machine.interrupt(255);
  expect(machine.schedule()).toBe(init);
  const badged = machine.gate("cap_derive", endpoint, machine.abi.value("ENDPOINT_CALL"), BADGE);
  return { machine, init, endpoint: badged, service, server, self };
}

/**
 * All of the domains' table and the CPU block, but what has no meaning: the context kind of who runs or waits for the end of
 * its call, and the caller of a domain that answers none.
 */
function picture(machine: Machine, domains: readonly number[]): string {
  const kind = machine.abi.number("DOMAIN_CONTEXT_KIND");
  const caller = machine.abi.number("DOMAIN_CALLER");
  return domains
    .map((domain) => {
      const words: string[] = [];
      for (let at = 0; at < machine.abi.number("DOMAIN_REGISTERS"); at += 4) {
        if (at === kind || (at === caller && machine.word32(domain, "DOMAIN_ACTIVATION_AT") === 0)) continue;
        words.push((machine.linearWord(domain + at) & 0xffff_ffffn).toString(16));
      }
      return words.join(" ");
    })
    .join("\n");
}

describe("plain calls", () => {
  it("enter and leave as the full ones do", async () => {
    const full = await situation();
    const plain = await situation();
    const block = full.machine.abi.number("KERNEL_CPUS");
    expect(plain.endpoint).toBe(full.endpoint);
    expect(full.machine.kernelCall("call_enter", full.endpoint, 0)).toBe(BigInt(full.server));
    expect(plain.machine.kernelCall("call_enter_plain", plain.endpoint)).toBe(BigInt(plain.server));
    expect(plain.machine.field(plain.server, "DOMAIN_ENTER_ARGUMENTS")).toBe(BADGE);
    expect(picture(plain.machine, [plain.init, plain.server, block])).toBe(
      picture(full.machine, [full.init, full.server, block]),
    );

    expect(full.machine.kernelCall("activation_done", 42n)).toBe(BigInt(full.init));
    expect(plain.machine.kernelCall("activation_done_plain", 42n)).toBe(BigInt(plain.init));
    expect(plain.machine.field(plain.init, "DOMAIN_RESULT")).toBe(42n);
    expect(picture(plain.machine, [plain.init, plain.server, block])).toBe(
      picture(full.machine, [full.init, full.server, block]),
    );
  });

  it("step aside, with nothing changed, for every handle that the full one refuses", async () => {
    const { machine, init, server, endpoint, self, service } = await situation();
    const revoked = machine.gate("cap_derive", endpoint, machine.abi.value("ENDPOINT_CALL"), 0n);
    machine.gate("cap_delete", revoked);
    const unserved = machine.gate("endpoint_create", self);
    const uncallable = machine.gate("cap_derive", unserved, machine.abi.value("ENDPOINT_SERVE"), 0n);
    const handles = [
      0n,
      self,
      endpoint + (1n << 32n),
      endpoint ^ 0x7fff_0000n,
      0xffff_ffffn,
      revoked,
      unserved,
      uncallable,
      service,
    ];
    for (const handle of handles) {
      expect(machine.kernelCall("call_enter", handle, 0)).toBeLessThan(0n);
      const before = picture(machine, [init, server]);
      expect(machine.kernelCall("call_enter_plain", handle)).toBe(0n);
      expect(picture(machine, [init, server])).toBe(before);
    }
  });

  it("step aside at the end of what is no call, and of a call that was detached", async () => {
    const { machine, init, server, endpoint } = await situation();
    // init runs an event
    expect(machine.kernelCall("activation_done_plain", 5n)).toBe(0n);
    expect(machine.current).toBe(init);

    expect(machine.kernelCall("call_enter_plain", endpoint)).toBe(BigInt(server));
    const reply = machine.gate("detach");
    expect(reply).toBeGreaterThan(0n);
    // the detached handler owes its answer elsewhere
    expect(machine.kernelCall("activation_done_plain", 6n)).toBe(0n);
    expect(machine.current).toBe(server);
  });
});
