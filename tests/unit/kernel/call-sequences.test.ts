// Any sequence of calls, timed calls, detached and dropped replies, cancellations, deaths and passing time among five services of different
// priorities: every call ends once, with the answer to that very call or with an error that has its reason, and in the end nobody waits.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Cast } from "./cast.ts";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { status } from "./scenario.ts";

beforeAll(compileKernel, COMPILE_MS);

const PRIORITIES = [20, 16, 12, 8, 4];
const WAIT_NAMES = ["none", "server", "reply", "notification", "callee"];
const STEP_NS = 1_000n;

interface Call {
  serial: bigint;
  server: number;
  deadline: bigint | undefined;
  /** Errors that it may end with, because something has happened. */
  reasons: Set<string>;
}

interface Player {
  alive: boolean;
  /** The call that it waits for. */
  waiting: Call | undefined;
  /** Inside an activation, for this call (undefined: an event, or one whose caller is gone). */
  busy: boolean;
  handling: Call | undefined;
  /** Replies that it owes. */
  parked: { handle: bigint; call: Call }[];
}

class Play {
  readonly players: Player[];
  private serial = 0n;
  private now = 100n;
  ended = 0;

  constructor(readonly cast: Cast) {
    this.players = cast.members.map(() => ({
      alive: true,
      waiting: undefined,
      busy: false,
      handling: undefined,
      parked: [],
    }));
    cast.machine.now = this.now;
  }

  player(i: number): Player {
    return this.players[i] as Player;
  }

  error(name: string): bigint {
    return this.cast.machine.error(name);
  }

  /** Something may have switched: whoever runs now has been entered, resumed, or goes on. */
  look(): void {
    const i = this.cast.running;
    if (i < 0) return;
    const player = this.player(i);
    expect(player.alive).toBe(true);
    if (player.waiting !== undefined) {
      this.verify(player.waiting, this.cast.result(i));
      player.waiting = undefined;
      this.ended++;
    } else if (!player.busy) {
      player.busy = true;
      const caller = this.cast.machine.word32(this.cast.member(i).index, "DOMAIN_CALLER");
      const from = this.cast.members.findIndex((member) => member.index === caller);
      player.handling = from < 0 ? undefined : this.player(from).waiting;
      if (from >= 0) expect(player.handling?.server).toBe(i);
    }
  }

  verify(call: Call, result: bigint): void {
    if (result >= 0n) {
      expect(result).toBe(call.serial);
      return;
    }
    const names = ["E_TIMEOUT", "E_CANCELLED", "E_PEER_FAULT"].filter((name) => this.error(name) === result);
    expect(names.length).toBe(1);
    if (names[0] === "E_TIMEOUT") expect(call.deadline !== undefined && call.deadline <= this.now).toBe(true);
    else expect([...call.reasons]).toContain(names[0]);
  }

  /** What the kernel says of everybody's waiting is consistent. */
  audit(): void {
    const { machine, members } = this.cast;
    const at = (index: number, name: string): number =>
      Number(machine.linearWord(index + machine.abi.number(name)) & 0xffff_ffffn);
    members.forEach((member, i) => {
      const wait = WAIT_NAMES[at(member.index, "DOMAIN_WAIT_AT")];
      const callee = at(member.index, "DOMAIN_CALLEE_AT");
      const { alive, waiting } = this.player(i);
      if (!alive) expect(wait).toBe("none");
      else if (waiting === undefined) expect(wait).toBe("none");
      if (wait === "callee") {
        expect(machine.word32(callee, "DOMAIN_CALLER")).toBe(member.index);
        expect(at(callee, "DOMAIN_THREAD_AT")).toBe(at(member.index, "DOMAIN_THREAD_AT"));
      }
      if (wait === "server") {
        expect(at(callee, "DOMAIN_STATE_AT")).toBe(machine.abi.number("STATE_BUSY"));
        expect(at(callee, "DOMAIN_WANTED_AT")).not.toBe(0);
      }
    });
  }

  call(i: number, j: number, timed: bigint): void {
    const player = this.player(i);
    const deadline = timed === 0n ? undefined : this.now + timed * 700n;
    const call: Call = { serial: ++this.serial, server: j, deadline, reasons: new Set() };
    player.waiting = call; // so that look() finds it when the server is entered at once
    const answer = this.cast.call(j, deadline);
    if (answer < 0n) {
      player.waiting = undefined;
      expect(this.cast.running).toBe(i);
      if (!this.player(j).alive) expect(answer).toBe(this.error("E_PEER_GONE"));
      else expect(answer).toBe(this.error("E_DEADLOCK"));
      return;
    }
    expect(i).not.toBe(j);
  }

  detach(i: number): void {
    const player = this.player(i);
    const { handling } = player;
    const isCall = handling !== undefined && handling === this.callerOf(i);
    const handle = this.cast.machine.gate("detach");
    if (!isCall) {
      expect(handle).toBe(this.error("E_STATE"));
      return;
    }
    expect(handle).toBeGreaterThan(0n);
    player.parked.push({ handle, call: handling });
    player.handling = undefined;
    this.cast.machine.schedule();
  }

  /** The call that the kernel says is being handled. */
  private callerOf(i: number): Call | undefined {
    const caller = this.cast.machine.word32(this.cast.member(i).index, "DOMAIN_CALLER");
    const from = this.cast.members.findIndex((member) => member.index === caller);
    return from < 0 ? undefined : this.player(from).waiting;
  }

  reply(i: number, which: number, drop: boolean): void {
    const { parked } = this.player(i);
    if (parked.length === 0) return;
    const [taken] = parked.splice(which % parked.length, 1);
    if (taken === undefined) return;
    const { handle, call } = taken;
    const waits = this.players.some((other) => other.alive && other.waiting === call);
    if (drop) {
      call.reasons.add("E_PEER_FAULT");
      expect(this.cast.machine.gate("cap_delete", handle)).toBe(0n);
    } else {
      const answer = this.cast.machine.gate("reply", handle, call.serial, 0n, 0n, 0n, 0n, 0n);
      // a caller that has been woken but has not run yet still counts as waiting here
      if (!waits) expect(answer).toBe(this.error("E_PEER_GONE"));
    }
    this.cast.machine.schedule();
  }

  done(i: number): void {
    const player = this.player(i);
    player.busy = false;
    const { handling } = player;
    player.handling = undefined;
    this.cast.done(handling?.serial ?? 0n);
  }

  /** The domain's end is a reason for whoever calls it, has its reply parked there, or queues. */
  private end(i: number): void {
    const player = this.player(i);
    player.alive = false;
    player.waiting = undefined;
    player.busy = false;
    for (const other of this.players) if (other.waiting?.server === i) other.waiting.reasons.add("E_PEER_FAULT");
  }

  trap(i: number): void {
    this.end(i);
    this.cast.machine.kernelCall("gate_trap", 6, 0n, 0n);
    this.cast.machine.schedule();
  }

  /** init takes a stopped domain apart: the replies that it owed end with its capabilities. */
  private takeApart(i: number): void {
    const { domain } = this.cast.member(i);
    while (this.cast.machine.gate("domain_destroy", domain) === 1n);
    this.player(i).parked = [];
  }

  init(choice: number, i: number): void {
    const { machine } = this.cast;
    const { domain, wake } = this.cast.member(i);
    const player = this.player(i);
    if (choice === 0) {
      player.waiting?.reasons.add("E_CANCELLED");
      const answer = machine.gate("cancel", domain);
      if (!player.alive) expect([this.error("E_REVOKED"), this.error("E_STATE")]).toContain(answer);
      else if (player.waiting === undefined) expect(answer).toBe(this.error("E_STATE"));
      else expect([0n, this.error("E_STATE")]).toContain(answer); // it may have been woken already
    } else if (choice === 1 && player.alive) {
      this.end(i);
      expect(machine.gate("domain_stop", domain)).toBe(0n);
      this.takeApart(i);
    } else if (player.alive) {
      machine.gate("notify", wake, 1n);
    } else if (player.parked.length > 0) {
      this.takeApart(i);
    }
    this.cast.leave(this.now + STEP_NS);
  }

  pass(by: bigint): void {
    this.now += by;
    this.cast.at(this.now);
  }

  step(op: number, a: number, b: number): void {
    const i = this.cast.running;
    const n = this.players.length;
    if (i === -2) this.pass(STEP_NS);
    else if (i === -1) this.init(op < 3 ? 0 : op === 3 && b > 4 ? 1 : 2, a % n);
    else if (op < 4) this.call(i, a % n, 0n);
    else if (op < 7) this.call(i, a % n, BigInt(b + 1));
    else if (op < 9) this.detach(i);
    else if (op < 11) this.reply(i, a, op === 10 && b > 4);
    else if (op < 15) this.done(i);
    else if (op === 15 && b > 6) this.trap(i);
    else this.pass(BigInt(b) * 300n);
    this.look();
    this.audit();
  }

  /** Everybody finishes what he is in and answers what he owes. */
  drain(): void {
    for (let round = 0; round < 400; round++) {
      const i = this.cast.running;
      if (i === -2) this.pass(STEP_NS);
      else if (i === -1) {
        const owing = this.players.findIndex((player) => player.waiting === undefined && player.parked.length > 0);
        if (
          owing < 0 &&
          this.players.every((player) => !player.alive || (!player.busy && player.waiting === undefined))
        )
          return;
        this.init(2, Math.max(owing, 0));
      } else if (this.player(i).parked.length > 0) this.reply(i, 0, false);
      else this.done(i);
      this.look();
      this.audit();
    }
    throw new Error(
      `somebody waits for ever: ${JSON.stringify(this.players, (_, v: unknown) => (typeof v === "bigint" ? `${v}` : v))}`,
    );
  }
}

describe("calls among five services", () => {
  it("all end, whatever happens", async () => {
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(16), fc.nat(9), fc.nat(9)), { minLength: 20, maxLength: 120 }),
        async (script) => {
          const play = new Play(await Cast.of(...PRIORITIES));
          for (const [op, a, b] of script) play.step(op, a, b);
          play.drain();
          ended += play.ended;
          const { cast } = play;
          play.players.forEach((player, i) => {
            if (!player.alive) return;
            expect(status(cast.scene, cast.member(i).domain, "STATUS_STATE")).toBe(
              cast.machine.abi.value("STATE_IDLE"),
            );
          });
          // their threads have their own priorities again: events run in that order
          const alive = PRIORITIES.map((_, i) => i).filter((i) => play.player(i).alive);
          for (const i of alive) cast.machine.gate("notify", cast.member(i).wake, 1n);
          cast.leave();
          for (const i of alive) {
            expect(cast.running).toBe(i);
            cast.done();
          }
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 60_000 },
    );
    expect(ended).toBeGreaterThan(100);
  });
});
