// What capabilities ought to do, in the fewest words: a list of who holds what, derived from which. The property test in
// capability.test.ts plays random steps against it and against the kernel.

export interface Held {
  readonly handle: bigint;
  readonly rights: bigint;
  readonly badge: bigint;
  /** Number of the object, for step `revoke_all`. */
  readonly object: number;
  owner: number;
  parent: Held | undefined;
  alive: boolean;
  /** Its object's maker ended it: dead, but its owner still has the entry. */
  stale: boolean;
}

export class Model {
  readonly all: Held[] = [];

  add(
    handle: bigint,
    owner: number,
    rights: bigint,
    badge: bigint,
    object: number,
    parent: Held | undefined = undefined,
  ): void {
    this.all.push({ handle, owner, rights, badge, object, parent, alive: true, stale: false });
  }

  /** What an owner's list holds, stale entries too. */
  listed(owner: number): string[] {
    return this.all
      .filter((held) => held.alive && held.owner === owner)
      .map((held) => `${held.handle} ${held.rights} ${held.badge}`)
      .sort();
  }

  usable(owner: number): Held[] {
    return this.all.filter((held) => held.owner === owner && held.alive && !held.stale);
  }

  dead(owner: number): Held[] {
    return this.all.filter((held) => held.owner === owner && (!held.alive || held.stale));
  }

  /** Rights only shrink, a badge set once stays. */
  static mayDerive(held: Held, rights: bigint, badge: bigint): boolean {
    return (rights & ~held.rights) === 0n && (held.badge === 0n || badge === 0n || badge === held.badge);
  }

  derive(held: Held, handle: bigint, owner: number, rights: bigint, badge: bigint): void {
    this.add(handle, owner, rights, held.badge === 0n ? badge : held.badge, held.object, held);
  }

  /** What was derived from it goes on as its parent's. */
  delete(held: Held): void {
    held.alive = false;
    for (const other of this.all) if (other.parent === held) other.parent = held.parent;
  }

  revoke(held: Held): void {
    for (const other of this.all) {
      for (let up = other.parent; up !== undefined; up = up.parent) if (up === held) other.alive = false;
    }
  }

  revokeAll(held: Held): void {
    for (const other of this.all) if (other !== held && other.object === held.object) other.stale = true;
  }

  move(held: Held, owner: number): void {
    held.owner = owner;
  }
}
