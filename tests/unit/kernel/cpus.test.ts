// Several CPUs: where threads run, who is told to look, what a CPU does about a domain that another one runs, and whose
// translations are flushed. The test plays both CPUs, one gate at a time, as the kernel lock lets them.
import { beforeAll, describe, expect, test } from "vitest";
import { COMPILE_MS, compileKernel, type Machine } from "./machine.ts";
import { child, done, type Scene, scene, status } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

/** init goes on on CPU 0, CPU 1 idles. */
async function twoCpus(): Promise<Scene> {
  const made = await scene();
  made.machine.join();
  made.machine.cpu = 0;
  return made;
}

function on<T>(machine: Machine, cpu: number, action: () => T): T {
  const before = machine.cpu;
  machine.cpu = cpu;
  const answer = action();
  machine.cpu = before;
  return answer;
}

/** The same, and CPU 1 runs a domain: its handle and its kernel index. Nobody was told to look since. */
async function oneElsewhere(): Promise<{ made: Scene; machine: Machine; domain: bigint; index: number }> {
  const made = await twoCpus();
  const { machine } = made;
  const domain = child(made, 1);
  machine.gate("domain_start", domain);
  const index = schedule(machine, 1);
  machine.looks.length = 0;
  return { made, machine, domain, index };
}

const schedule = (machine: Machine, cpu: number): number => on(machine, cpu, () => machine.schedule());

describe("placement", () => {
  test("an idle CPU is told of a thread that became ready, and runs it", async () => {
    const made = await twoCpus();
    const { machine } = made;
    expect(machine.gate("system_info", made.system, machine.abi.value("INFO_CPUS"))).toBe(2n);
    const domain = child(made, 1);
    machine.gate("domain_start", domain);
    expect(machine.looks).toEqual([101]);
    expect(machine.attention).toBe(false);
    const index = schedule(machine, 1);
    expect(index).not.toBe(0);
    expect(index).not.toBe(made.init);
    expect(machine.schedule()).toBe(made.init);
    expect(status(made, domain, "STATUS_CPU")).toBe(1n);
  });

  test("a CPU that becomes idle takes a thread that waits elsewhere", async () => {
    const made = await twoCpus();
    const { machine } = made;
    const first = child(made, 1),
      second = child(made, 1);
    machine.gate("domain_start", first);
    const running = schedule(machine, 1);
    machine.gate("domain_start", second);
    const then = on(machine, 1, () => done(machine));
    expect(then).not.toBe(0);
    expect(then).not.toBe(running);
    expect(status(made, second, "STATUS_CPU")).toBe(1n);
  });

  test("a thread goes to the CPU that runs the lowest priority below its own, and who gives way looks for another place", async () => {
    const made = await twoCpus();
    const { machine } = made;
    const low = child(made, 1, 0n, 1n << 20n, 10n),
      high = child(made, 1, 0n, 1n << 20n, 20n);
    machine.gate("domain_start", low);
    const lowIndex = schedule(machine, 1);
    machine.gate("domain_start", high); // init's own priority is 40: CPU 1 it is
    const highIndex = schedule(machine, 1);
    expect(highIndex).not.toBe(lowIndex);
    expect(machine.current).toBe(made.init);
    // init goes idle: CPU 0 takes the thread that was interrupted on CPU 1
    expect(done(machine)).toBe(lowIndex);
  });
});

describe("affinity", () => {
  test("asks for the right to start and for a CPU that is there", async () => {
    const made = await twoCpus();
    const { machine } = made;
    const domain = child(made, 1);
    const blind = machine.gate("cap_derive", domain, machine.abi.value("DOMAIN_INSPECT"), 0n);
    expect(machine.gate("domain_affinity", blind, 1n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("domain_affinity", domain, 4n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("domain_affinity", domain, 0n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("domain_affinity", domain, 6n)).toBe(0n);
  });

  test("a thread leaves a CPU that it may no longer use, also in the middle of its work", async () => {
    const { machine, domain, index } = await oneElsewhere();
    expect(machine.gate("domain_affinity", domain, 1n)).toBe(0n);
    expect(machine.looks).toEqual([101]);
    expect(schedule(machine, 1)).toBe(0);
    expect(done(machine)).toBe(index);
    // and an idle CPU that it may not use leaves it alone
    expect(schedule(machine, 1)).toBe(0);
  });
});

describe("a domain that another CPU runs", () => {
  test("stops there when a hook refuses it, and goes on when the hook goes", async () => {
    const { made, machine, domain, index } = await oneElsewhere();
    const point = BigInt(machine.abi.value("HOOK_POINT_SCHEDULE")) | (BigInt(machine.abi.value("HOOK_DENY")) << 8n);
    const hook = machine.gate("hook_attach", made.system, point, domain, 0n, 0n);
    expect(hook).toBeGreaterThan(0n);
    expect(machine.looks).toEqual([101]);
    expect(schedule(machine, 1)).toBe(0);
    expect(machine.gate("hook_met", hook)).toBe(1n);
    machine.gate("hook_detach", hook);
    expect(schedule(machine, 1)).toBe(index);
  });

  test("is told to end, and has ended once that CPU has left it", async () => {
    const { made, machine, domain } = await oneElsewhere();
    expect(machine.gate("domain_stop", domain)).toBe(1n);
    expect(machine.looks).toEqual([101]);
    expect(machine.gate("domain_destroy", domain)).toBe(machine.error("E_STATE"));
    expect(status(made, domain, "STATUS_STATE")).toBe(machine.abi.value("STATE_BUSY"));
    expect(schedule(machine, 1)).toBe(0);
    expect(machine.gate("domain_stop", domain)).toBe(machine.error("E_STATE"));
    expect(status(made, domain, "STATUS_STATE")).toBe(machine.abi.value("STATE_STOPPED"));
    expect(machine.gate("domain_destroy", domain)).toBeGreaterThanOrEqual(0n);
  });

  test("ends even if it entered a server before its CPU looked", async () => {
    const made = await twoCpus();
    const { machine } = made;
    const endpoint = machine.gate("endpoint_create", made.self);
    const server = child(made, 1),
      client = child(made, 1);
    machine.gate("domain_affinity", server, 2n);
    machine.gate("endpoint_bind", endpoint, server);
    machine.gate("domain_start", server);
    schedule(machine, 1);
    on(machine, 1, () => done(machine)); // the server's start returns: it serves
    const handle = machine.gate("cap_grant", client, endpoint, machine.abi.value("ENDPOINT_CALL"), 0n);
    machine.gate("domain_start", client);
    const clientIndex = schedule(machine, 1);
    expect(machine.gate("domain_stop", client)).toBe(1n);
    const serverIndex = Number(on(machine, 1, () => machine.kernelCall("call_enter", handle, 0)));
    expect(serverIndex).toBeGreaterThan(0);
    expect(serverIndex).not.toBe(clientIndex);
    expect(machine.gate("domain_stop", client)).toBe(0n);
    // the server finishes on a thread of its own
    expect(schedule(machine, 1)).toBe(serverIndex);
    expect(on(machine, 1, () => done(machine))).toBe(0);
    expect(status(made, server, "STATUS_STATE")).toBe(machine.abi.value("STATE_IDLE"));
  });
});

describe("translations", () => {
  test("a page that leaves the kernel's root leaves every CPU before the gate ends", async () => {
    const made = await twoCpus();
    const { machine } = made;
    const region = machine.gate("region_create", made.self, 4n, 0n);
    expect(machine.gate("region_map", region, 0xa000_0000n, 0n, 4n, 3n)).toBe(0n);
    machine.shootDowns.length = 0;
    expect(machine.gate("region_unmap", made.self, 0xa000_0000n, 4n)).toBe(0n);
    expect(machine.shootDowns).toEqual([2]);
  });
});
