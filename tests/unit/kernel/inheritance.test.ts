// Priority inheritance: a busy server runs with the priority of the most urgent caller that waits for it, through chains of servers, and
// loses it when that caller is served, gives up, or dies. Higher numbers are more urgent.
import { beforeAll, describe, expect, it } from "vitest";
import { Cast } from "./cast.ts";
import { COMPILE_MS, compileKernel } from "./machine.ts";

beforeAll(compileKernel, COMPILE_MS);

const LOW = 0;
const MIDDLE = 1;
const HIGH = 2;
const SERVER = 3;
const SECOND = 4;

/** LOW is inside SERVER when the others wake: HIGH calls it, MIDDLE has much to do. */
async function inversion(deadline?: bigint): Promise<Cast> {
  const cast = await Cast.of(5, 10, 20, 1, 1);
  expect(cast.begin(LOW)).toBe(LOW);
  cast.call(SERVER);
  cast.back();
  expect(cast.begin(MIDDLE, HIGH)).toBe(HIGH);
  expect(cast.call(SERVER, deadline)).toBe(0n);
  return cast;
}

describe("a caller in a busy server", () => {
  it("runs before whoever is less urgent than the one who waits, and not after", async () => {
    const cast = await inversion();
    expect(cast.running).toBe(SERVER); // on LOW's thread, before MIDDLE
    expect(cast.done(1n)).toBe(SERVER); // HIGH's turn
    expect(cast.done(2n)).toBe(HIGH);
    expect(cast.result(HIGH)).toBe(2n);
    expect(cast.done()).toBe(MIDDLE);
    expect(cast.done()).toBe(LOW);
    expect(cast.result(LOW)).toBe(1n);
  });

  it("is an ordinary one again when the urgent one gives up", async () => {
    const cast = await inversion(5_000n);
    expect(cast.running).toBe(SERVER);
    expect(cast.at(5_000n)).toBe(HIGH);
    expect(cast.result(HIGH)).toBe(cast.machine.error("E_TIMEOUT"));
    expect(cast.done()).toBe(MIDDLE);
    expect(cast.done()).toBe(SERVER);
  });

  it("is an ordinary one again when the urgent one is killed", async () => {
    const cast = await inversion();
    cast.back();
    cast.machine.gate("domain_stop", cast.member(HIGH).domain);
    cast.leave();
    expect(cast.running).toBe(MIDDLE);
  });

  it("that is held, and whose holder alone is let in, is as urgent as whoever waits to be", async () => {
    const cast = await Cast.of(5, 10, 20, 1);
    const { machine } = cast;
    const right = machine.abi.value("DOMAIN_REPLACE");
    const server = machine.gate("cap_grant", cast.member(LOW).domain, cast.member(SERVER).domain, right, 0n);
    expect(cast.begin(LOW)).toBe(LOW);
    expect(machine.gate("domain_hold", server)).toBe(0n);
    cast.back();
    expect(cast.begin(HIGH)).toBe(HIGH);
    expect(cast.call(SERVER)).toBe(0n);
    expect(cast.running).toBe(LOW);
    expect(cast.call(SERVER)).toBeGreaterThan(0n);
    cast.back();
    expect(cast.begin(MIDDLE)).toBe(SERVER);
    expect(cast.done()).toBe(MIDDLE); // the call is over: LOW is an ordinary one again
  });

  it("keeps the server's others waiting in order, and dies with an error for all", async () => {
    const cast = await inversion();
    expect(cast.running).toBe(SERVER);
    cast.machine.kernelCall("gate_trap", 6, 0n, 0n);
    cast.machine.schedule();
    expect(cast.running).toBe(HIGH);
    expect(cast.result(HIGH)).toBe(cast.machine.error("E_PEER_FAULT"));
    expect(cast.done()).toBe(MIDDLE);
    expect(cast.done()).toBe(LOW); // of its own priority again
    expect(cast.result(LOW)).toBe(cast.machine.error("E_PEER_FAULT"));
  });

  it("takes its priority along when its reply is detached: the server's own thread has it then", async () => {
    const cast = await inversion();
    expect(cast.machine.gate("detach")).toBeGreaterThan(0n);
    cast.machine.schedule();
    expect(cast.running).toBe(SERVER); // priority 1 of its own; HIGH still waits for it
    expect(cast.done()).toBe(SERVER);
    expect(cast.done(2n)).toBe(HIGH);
  });

  it("hands it on through the server that it waits for itself, whose queue is sorted anew", async () => {
    const cast = await Cast.of(5, 10, 20, 1, 1, 7);
    const OTHER = 5;
    cast.begin(SECOND); // busy on its own thread, priority 1
    cast.back();
    cast.begin(OTHER);
    expect(cast.call(SECOND)).toBe(0n); // OTHER, 7, waits for SECOND
    cast.back();
    cast.begin(LOW);
    // LOW, 5, goes on only when nobody else is ready: SECOND has 7 by now
    expect(cast.running).toBe(SECOND);
    cast.back();
    expect(cast.begin(MIDDLE, HIGH)).toBe(HIGH);
    expect(cast.call(SECOND)).toBe(0n);
    expect(cast.running).toBe(SECOND); // at 20
    expect(cast.done()).toBe(SECOND); // HIGH's call
    expect(cast.done(1n)).toBe(HIGH);
    expect(cast.done()).toBe(MIDDLE);
    expect(cast.done()).toBe(SECOND); // OTHER's call at 7
    expect(cast.done(2n)).toBe(OTHER);
    expect(cast.done()).toBe(LOW);
  });

  it.each([2, 8, 40])("hands it on through a chain of %i busy servers", async (length) => {
    // servers 0 … length-1, each waits for the next; the last is busy on its own thread; then MIDDLE and HIGH
    const cast = await Cast.of(...Array.from({ length }, () => 2), 10, 20);
    const last = length - 1;
    expect(cast.begin(last)).toBe(last);
    cast.back();
    for (let i = last - 1; i >= 0; i--) {
      expect(cast.begin(i)).toBe(last); // equals wait for their turn
      cast.machine.gate("yield");
      cast.machine.schedule();
      expect(cast.running).toBe(i);
      expect(cast.call(i + 1)).toBe(0n);
      expect(cast.running).toBe(last);
      cast.back();
    }
    expect(cast.begin(length, length + 1)).toBe(length + 1);
    expect(cast.call(0)).toBe(0n);
    expect(cast.running).toBe(last); // not MIDDLE
    for (let i = last; i > 0; i--) {
      expect(cast.done()).toBe(i); // its event ends, the call of i - 1 begins on that one's thread
      expect(cast.done(BigInt(i))).toBe(i - 1);
      expect(cast.result(i - 1)).toBe(BigInt(i));
    }
    expect(cast.done()).toBe(0); // HIGH's call
    expect(cast.done(9n)).toBe(length + 1);
    expect(cast.done()).toBe(length);
    expect(cast.done()).toBe(-2);
  });

  it("cannot be used to make a child of a higher priority than one's own", async () => {
    const cast = await inversion();
    expect(cast.running).toBe(SERVER);
    const { machine } = cast;
    cast.back();
    const self = cast.member(SERVER).domain;
    const status = (field: string): bigint => machine.gate("domain_status", self, machine.abi.value(field));
    expect(status("STATUS_PRIORITY")).toBe(1n);
    const code = machine.gate("code_load", cast.scene.archive, ...machine.module(1));
    expect(machine.gate("domain_create", self, code, 2n << 8n, 1n << 18n)).toBe(machine.error("E_ARGUMENT"));
  });
});
