// A cast of services for tests of messages between domains: each has its endpoint, calls everybody else's, and begins an event when
// init tells it to. The test plays processor: it asks who runs and calls that domain's gates.
import { expect } from "vitest";
import type { Machine } from "./machine.ts";
import { child, done, type Scene, SFI, scene } from "./scenario.ts";

export interface Member {
  /** Kernel index of the domain, and init's handle to it. */
  index: number;
  domain: bigint;
  /** init's handle to its endpoint; for each member, the handle by which it calls that one's. */
  endpoint: bigint;
  to: bigint[];
  /** init's handle to the notification whose bits become its events. */
  wake: bigint;
  /** Its handle to the notification on which init waits. */
  home: bigint;
}

export class Cast {
  private constructor(
    readonly scene: Scene,
    readonly members: Member[],
    private readonly pause: bigint,
  ) {}

  /** One member for each priority; all are idle and init runs. */
  static async of(...priorities: number[]): Promise<Cast> {
    const start = await scene();
    const { machine, self, init } = start;
    const { abi } = machine;
    const grant = (domain: bigint, handle: bigint, right: string): bigint =>
      machine.gate("cap_grant", domain, handle, abi.value(right), 0n);
    const pause = machine.gate("notification_create", self);
    const members: Member[] = priorities.map((priority) => ({
      index: 0,
      domain: child(start, 1, SFI, 1n << 19n, BigInt(priority)),
      endpoint: machine.gate("endpoint_create", self),
      to: [],
      wake: machine.gate("notification_create", self),
      home: 0n,
    }));
    const cast = new Cast(start, members, pause);
    for (const member of members) {
      machine.gate("endpoint_bind", member.endpoint, member.domain);
      member.to = members.map((other) => grant(member.domain, other.endpoint, "ENDPOINT_CALL"));
      member.home = grant(member.domain, pause, "NOTIFICATION_SIGNAL");
      const wake = grant(member.domain, member.wake, "NOTIFICATION_WAIT");
      machine.gate("domain_start", member.domain);
      member.index = cast.leave();
      expect(machine.gate("notification_bind", wake)).toBe(0n);
      machine.gate("notify", member.home, 1n);
      expect(done(machine)).toBe(init);
    }
    return cast;
  }

  get machine(): Machine {
    return this.scene.machine;
  }

  member(i: number): Member {
    return this.members[i] as Member;
  }

  /** Who runs: place in the cast; -1: init, -2: nobody. */
  get running(): number {
    const { current } = this.machine;
    if (current === 0) return -2;
    return this.members.findIndex((member) => member.index === current);
  }

  /** init waits, for ever unless told; answers the kernel index of who runs then. */
  leave(deadline = 0xffff_ffff_ffff_ffffn): number {
    this.machine.gate("wait", this.pause, deadline);
    return this.machine.schedule();
  }

  /** init begins events of these members, and waits; answers who runs. */
  begin(...which: number[]): number {
    for (const i of which) this.machine.gate("notify", this.member(i).wake, 1n);
    this.leave();
    return this.running;
  }

  /** The member that runs gives way to init. */
  back(): void {
    expect(this.machine.gate("notify", this.member(this.running).home, 1n)).toBe(0n);
    this.machine.schedule();
    expect(this.running).toBe(-1);
  }

  /** The member that runs calls member `i`: > 0 entered, 0 queued, < 0 an error. A deadline makes it a timed call. */
  call(i: number, deadline?: bigint): bigint {
    const handle = this.member(this.running).to[i] as bigint;
    const answer =
      deadline === undefined
        ? this.machine.kernelCall("call_enter", handle, 0)
        : this.machine.kernelCall("call_enter_until", handle, deadline);
    if (answer === 0n || this.machine.attention) this.machine.schedule();
    return answer;
  }

  /** The running handler or event returns; answers who runs. */
  done(result = 0n): number {
    done(this.machine, result);
    return this.running;
  }

  /** Time passes; the timer interrupt comes, and whoever is due runs. */
  at(now: bigint): number {
    this.machine.now = now;
    this.machine.interrupt(255);
    this.machine.schedule();
    return this.running;
  }

  /** What the member's suspended gate answers. */
  result(i: number): bigint {
    return BigInt.asIntN(64, this.machine.field(this.member(i).index, "DOMAIN_RESULT"));
  }
}
