// What exists in the model: domains, objects, capabilities, mappings, threads, and the accounts of who pays. Called by the
// other files of this folder. Invariant: a Thing is dead from the moment its last reference goes, as the kernel's is.

import { STATE_BUSY, STATE_CREATED, STATE_IDLE, TYPE_REGION } from "./numbers.ts";

export const ACTIVATION_NONE: number = 0;
export const ACTIVATION_START: number = 1;
export const ACTIVATION_EVENT: number = 2;
export const ACTIVATION_CALL: number = 3;

export const WAIT_NONE: number = 0;
export const WAIT_SERVER: number = 1;
export const WAIT_REPLY: number = 2;
export const WAIT_NOTIFICATION: number = 3;
export const WAIT_CALLEE: number = 4;

export const THREAD_NONE: number = 0;
export const THREAD_READY: number = 1;
export const THREAD_RUNNING: number = 2;
export const THREAD_BLOCKED: number = 3;

export class Thread {
  state: number = THREAD_NONE;
  /** Its own priority, and what it has now: urgencies() in ipc.ts. */
  own: number = 0;
  priority: number = 0;
  /** When wait() ends without bits; -1: never. */
  deadline: number = -1;
  top: Actor;

  constructor(home: Actor) {
    this.top = home;
  }
}

/** Any kernel object; a field means something for the types that the comment above it names. */
export class Thing {
  type: number;
  payer: Actor | null;
  references: number = 1;
  dead: boolean = false;
  // domain
  actor: Actor | null = null;
  // endpoint
  server: Actor | null = null;
  // notification
  bits: number = 0;
  bound: Actor | null = null;
  waiter: Actor | null = null;
  deadline: number = -1;
  timer_bits: number = 0;
  // region
  /** What it was made for, and how much of that is there. */
  capacity: number = 0;
  pages: number = 0;
  contiguous: boolean = false;
  borrowed: boolean = false;
  archive: boolean = false;
  mappings: Array<Mapping> = [] as Mapping[];
  // code
  trusted: boolean = false;
  memory_pages: number = 0;
  memory_pages_max: number = 0;
  // reply: whose call, and which one
  client: Actor | null = null;
  call_number: number = 0;
  // interrupt line
  line: number = 0;
  notification: Thing | null = null;
  irq_bits: number = 0;

  constructor(type: number, payer: Actor | null) {
    this.type = type;
    this.payer = payer;
  }
}

export class Cap {
  handle: number = 0;
  owner: Actor;
  thing: Thing;
  rights: number;
  badge: number;
  /** All others but one to its object were ended, and it is one of them. */
  stale: boolean = false;
  parent: Cap | null = null;
  children: Array<Cap> = [] as Cap[];

  constructor(owner: Actor, thing: Thing, rights: number, badge: number) {
    this.owner = owner;
    this.thing = thing;
    this.rights = rights;
    this.badge = badge;
  }
}

/** Pages of a region in a window; without a region: a window that was revoked, with the private pages touched since. */
export class Mapping {
  actor: Actor;
  region: Thing | null;
  cap: Cap | null;
  index: number;
  pages: number;
  touched: Array<number> = [] as number[];
  /** Of those touched, the ones that show the domain's spare page. */
  spare: number = 0;

  constructor(actor: Actor, region: Thing, cap: Cap, index: number, pages: number) {
    this.actor = actor;
    this.region = region;
    this.cap = cap;
    this.index = index;
    this.pages = pages;
  }
}

/** A domain. */
export class Actor {
  /** The kernel's index of its entry. */
  id: number = 0;
  state: number = STATE_CREATED;
  mode: number = 0;
  parent: Actor | null = null;
  object: Thing | null = null;
  code: Thing | null = null;
  // account, in frames
  budget: number = 0;
  charged: number = 0;
  promised: number = 0;
  lent: number = 0;
  small: number = 0;
  // memory
  memory_pages: number = 0;
  memory_pages_max: number = 0;
  /** 4 KiB pages of linear memory that are there. */
  present: Array<number> = [] as number[];
  stack_present: Array<number> = [] as number[];
  mappings: Array<Mapping> = [] as Mapping[];
  /** Windows' page tables that it has paid for: numbers of 2 MiB and of 1 GiB from index 0. */
  tables: number[] = [] as number[];
  upper_tables: number[] = [] as number[];
  has_spare: boolean = false;
  shares: Actor | null = null;
  shared_by: Actor | null = null;
  caps: Array<Cap> = [] as Cap[];
  served: Array<Thing> = [] as Thing[];
  supervisor: Thing | null = null;
  supervisor_bits: number = 0;
  exit_status: number = 0;
  trap_kind: number = 0;
  // the activation
  activation: number = ACTIVATION_NONE;
  thread: Thread | null = null;
  home: Thread | null = null;
  caller: Actor | null = null;
  callee: Actor | null = null;
  wait: number = WAIT_NONE;
  waits_on: Thing | null = null;
  queue: Array<Actor> = [] as Actor[];
  queued_badge: number = 0;
  bound: Thing | null = null;
  turn: number = 0;
  call_number: number = 0;
  calls: number = 0;
  /** What the assembly hands over at entry: a badge or bits; and whether it has not been entered yet. */
  argument: number = 0;
  entering: boolean = false;
  /** What it gets when it goes on. */
  result: number = 0;
}

export class World {
  actors: Array<Actor> = [] as Actor[];
  things: Array<Thing> = [] as Thing[];
  /** Who runs; null: idle. */
  current: Actor | null = null;
  /** The thread that has the processor. */
  running: Thread | null = null;
  now: number = 0;
  live_caps: number = 0;
  /** The capability that the last successful gate made, whose handle the kernel's answer tells. */
  made: Cap | null = null;
  /** Every handle there ever was. */
  handles: Array<number> = [] as number[];
  /** An answer that must be a handle never seen before. */
  fresh: boolean = false;
}

export function is_alive(actor: Actor): boolean {
  return actor.state === STATE_CREATED || actor.state === STATE_IDLE || actor.state === STATE_BUSY;
}

export function charge(actor: Actor, frames: number): boolean {
  if (actor.charged + frames > actor.budget) return false;
  actor.charged += frames;
  return true;
}

/** One more 64-byte object or capability: every 64 of them a frame. */
export function charge_small(actor: Actor): boolean {
  if (actor.small % 64 === 0 && !charge(actor, 1)) return false;
  actor.small += 1;
  return true;
}

export function uncharge_small(actor: Actor): void {
  actor.small -= 1;
  if (actor.small % 64 === 0) actor.charged -= 1;
}

/** A region's pages, and the frames that list them, 1024 in each. */
export function region_cost(pages: number, contiguous: boolean): number {
  if (contiguous) return pages;
  return pages + Math.ceil(pages / 1024) + (pages > 1024 ? 1 : 0);
}

/** Frames on the payer's account for the object itself. */
export function frames_of(thing: Thing): number {
  if (thing.type === TYPE_REGION) return thing.borrowed ? 0 : region_cost(thing.capacity, thing.contiguous);
  return thing.type === 1 ? 1 : 0;
}

export function thing_make(world: World, type: number, payer: Actor | null): Thing {
  const thing = new Thing(type, payer);
  world.things.push(thing);
  return thing;
}
