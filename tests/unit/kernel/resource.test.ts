// Resources: what a service mints on its endpoint. The kernel checks each call's method against the rights of the holder's
// capability; the service gets the tag as badge and need not ask.
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILE_MS, compileKernel, type Machine } from "./machine.ts";
import { child, done, scene, wholly } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

const TAG = 42n;
const READ = 0n;
const WRITE = 5n;
const DELETE = 15n;
/** Method → right; method 3 is not for resources. */
const METHODS: readonly (readonly [bigint, bigint])[] = [
  [1n, READ],
  [2n, WRITE],
  [31n, DELETE],
];

interface Vault {
  machine: Machine;
  init: number;
  endpoint: bigint;
  server: number;
  service: bigint;
}

async function vault(): Promise<Vault> {
  const start = await scene();
  const { machine, self, init } = start;
  const service = child(start, 1);
  const endpoint = machine.gate("endpoint_create", self);
  machine.gate("endpoint_bind", endpoint, service);
  let [low, high, methods] = [0n, 0n, 0n];
  for (const [method, right] of METHODS) {
    if (method < 16n) low |= right << (method * 4n);
    else high |= right << ((method - 16n) * 4n);
    methods |= 1n << method;
  }
  expect(machine.gate("endpoint_methods", endpoint, low, high, methods)).toBe(0n);
  const wake = machine.gate("notification_create", self);
  machine.gate("notification_bind", wake);
  machine.gate("notify", wake, 1n);
  machine.gate("domain_start", service);
  expect(done(machine)).toBe(init);
  machine.now = 5n;
  machine.gate("wait", machine.gate("notification_create", self), 1_000n);
  const server = machine.schedule();
  done(machine);
  machine.now = 2_000n;
  machine.interrupt(255);
  expect(machine.schedule()).toBe(init);
  return { machine, init, endpoint, server, service };
}

const bits = (...rights: bigint[]): bigint => rights.reduce((all, right) => all | (1n << right), 0n);
const inHandle = (...rights: bigint[]): bigint => bits(...rights) << 16n;

/** The answer of a call of `method`: the server's kernel index, or an error. */
function call({ machine, init }: Vault, handle: bigint, method: bigint): bigint {
  machine.setField(init, "DOMAIN_ENTER_ARGUMENTS", method, 8); // as the gates do before they ask
  const entered = machine.kernelCall("call_enter", handle, 0);
  if (entered > 0n) machine.kernelCall("activation_done", 7n);
  return entered;
}

describe("resources", () => {
  it("let their holder call exactly the methods whose right they carry", async () => {
    const state = await vault();
    const { machine, endpoint, server } = state;
    const resource = machine.gate("cap_mint", endpoint, TAG, bits(READ, WRITE));
    expect(machine.gate("cap_info", resource, 0n)).toBe(machine.abi.value("TYPE_RESOURCE"));
    expect(call(state, resource, 1n)).toBe(BigInt(server));
    expect(machine.field(server, "DOMAIN_ENTER_ARGUMENTS")).toBe(TAG | machine.abi.value("RESOURCE_BADGE"));
    expect(call(state, resource, 2n)).toBe(BigInt(server));
    expect(call(state, resource, 31n)).toBe(machine.error("E_RIGHTS"));
    for (const method of [0n, 3n, 16n, 32n, 63n, 1n << 32n, (1n << 64n) - 1n]) {
      expect(call(state, resource, method)).toBe(machine.error("E_METHOD"));
    }
    const weaker = machine.gate("cap_derive", resource, inHandle(WRITE), 0n);
    expect(call(state, weaker, 2n)).toBe(BigInt(server));
    expect(call(state, weaker, 1n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("cap_derive", weaker, inHandle(READ), 0n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("cap_derive", resource, inHandle(READ), 7n)).toBe(machine.error("E_ARGUMENT")); // its tag is its tag
    expect(wholly(machine, "cap_revoke", resource)).toBe(0n);
    expect(call(state, weaker, 2n)).toBe(machine.error("E_HANDLE"));
    expect(call(state, resource, 2n)).toBe(BigInt(server));
  });

  it("are no endpoints, and endpoints are no resources", async () => {
    const state = await vault();
    const { machine, endpoint, service } = state;
    const resource = machine.gate("cap_mint", endpoint, TAG, 0xffffn);
    expect(machine.kernelCall("call_enter_plain", resource)).toBe(0n);
    expect(machine.gate("endpoint_bind", resource, service)).toBe(machine.error("E_HANDLE"));
    expect(machine.gate("endpoint_methods", resource, 0n, 0n, 0n)).toBe(machine.error("E_HANDLE"));
    expect(machine.gate("cap_mint", resource, 1n, 1n)).toBe(machine.error("E_HANDLE"));
    const rights = machine.gate("cap_info", endpoint, 1n);
    // A badge that looks minted comes from minting alone.
    expect(machine.gate("cap_derive", endpoint, rights, machine.abi.value("RESOURCE_BADGE") | TAG)).toBe(
      machine.error("E_ARGUMENT"),
    );
    expect(machine.gate("cap_mint", endpoint, machine.abi.value("RESOURCE_BADGE"), 1n)).toBe(
      machine.error("E_ARGUMENT"),
    );
    expect(machine.gate("cap_mint", endpoint, TAG, 0x1_0000n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("endpoint_methods", endpoint, 0n, 0n, 1n << 32n)).toBe(machine.error("E_ARGUMENT"));
  });

  it("are minted, and their methods set, by who may serve", async () => {
    const { machine, endpoint } = await vault();
    const client = machine.gate("cap_derive", endpoint, machine.abi.value("ENDPOINT_CALL"), 0n);
    expect(machine.gate("cap_mint", client, TAG, 1n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("endpoint_methods", client, 0n, 0n, 1n)).toBe(machine.error("E_RIGHTS"));
  });

  it("end with the capability that minted them when that is revoked, not when it is deleted", async () => {
    const state = await vault();
    const { machine, endpoint, server } = state;
    const serve = machine.gate("cap_derive", endpoint, machine.gate("cap_info", endpoint, 1n), 0n);
    const resource = machine.gate("cap_mint", serve, TAG, bits(READ));
    machine.gate("cap_delete", serve);
    expect(call(state, resource, 1n)).toBe(BigInt(server));
    expect(wholly(machine, "cap_revoke", endpoint)).toBe(0n);
    expect(call(state, resource, 1n)).toBe(machine.error("E_HANDLE"));
  });
});
