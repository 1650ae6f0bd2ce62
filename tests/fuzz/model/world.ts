// What exists in the model: domains, objects, capabilities, mappings, threads, and the accounts of who pays. Called by the
// other files of this folder. Invariant: a Thing is dead from the moment its last reference goes, as the kernel's is.

import { STATE_BUSY, STATE_CREATED, STATE_HELD, STATE_IDLE, TYPE_CODE, TYPE_DMA, TYPE_REGION } from "./numbers.ts";

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
/** It could run, but its context or its scheduler says not yet. */
export const THREAD_PAUSED: number = 4;
/** A hook refuses it, and the kernel has seen that. */
export const THREAD_HELD: number = 5;

export class Thread {
  state: number = THREAD_NONE;
  /** The priority that it was made with, its own, which a context lends, and what it has now: urgencies() in ipc.ts. */
  born: number = 0;
  own: number = 0;
  priority: number = 0;
  top: Actor;
  home: Actor;
  /** What says when it runs: a context or a scheduler; null: the kernel's minimum alone. */
  control: Thing | null = null;
  /** When its pause ends; -1: it has none. */
  pause: number = -1;
  /** What it may still run, and when that was looked at last. */
  allowed: number = 0;
  charged_at: number = 0;
  /** Its last event for a scheduler, and its supervisor's words to that. */
  event: number = 0;
  a: number = 0;
  b: number = 0;

  constructor(home: Actor) {
    this.top = home;
    this.home = home;
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
  // endpoint, calls that came to it, and which right of a resource each of its methods asks for; -1: no resource may call it
  server: Actor | null = null;
  calls: number = 0;
  methods: number[] = [] as number[];
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
  measured: boolean = false;
  memory_pages: number = 0;
  memory_pages_max: number = 0;
  // reply: whose call, and which one
  client: Actor | null = null;
  call_number: number = 0;
  // interrupt line; of a context of the IOMMU: its device, and its frames in `capacity`, those that tables have taken in `used`
  line: number = 0;
  spans: Array<Mapping> = [] as Mapping[];
  tables: number[] = [] as number[];
  uppers: number[] = [] as number[];
  notification: Thing | null = null;
  irq_bits: number = 0;
  // mailbox: badge and first word of each message, the oldest first
  badges: number[] = [] as number[];
  firsts: number[] = [] as number[];
  ring: Thing | null = null;
  ready: Thing | null = null;
  ready_bits: number = 0;
  room: Thing | null = null;
  room_bits: number = 0;
  // context
  thread: Thread | null = null;
  budget: number = 0;
  period: number = 0;
  priority: number = 0;
  used: number = 0;
  later: number = 0;
  later_at: number = 0;
  since: number = 0;
  // scheduler; `notification` and `irq_bits` tell of news, in the order of places
  service: Actor | null = null;
  place: number = 0;
  region: Thing | null = null;
  threads: Array<Thread> = [] as Thread[];
  written: number = 0;
  decided_at: number = 0;
  // hook; `notification` and `irq_bits` are what it signals
  point: number = 0;
  denies: boolean = false;
  met: number = 0;
  subject: Thing | null = null;

  constructor(type: number, payer: Actor | null) {
    this.type = type;
    this.payer = payer;
  }
}

export class Cap {
  handle: number = 0;
  owner: Actor;
  thing: Thing;
  /** The object's, or TYPE_RESOURCE. */
  type: number;
  rights: number;
  badge: number;
  /** All others but one to its object were ended, and it is one of them. */
  stale: boolean = false;
  parent: Cap | null = null;
  children: Array<Cap> = [] as Cap[];

  constructor(owner: Actor, thing: Thing, rights: number, badge: number) {
    this.owner = owner;
    this.thing = thing;
    this.type = thing.type;
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
  /** Not a window, but what a device sees by this context. */
  dma: Thing | null = null;
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
  enclave: boolean = false;
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
  /** When what it waits for ends without an answer; -1: never. */
  deadline: number = -1;
  queue: Array<Actor> = [] as Actor[];
  queued_badge: number = 0;
  bound: Thing | null = null;
  turn: number = 0;
  call_number: number = 0;
  /** Of the call that it made last. */
  method: number = 0;
  first_word: number = 0;
  /** Its own capability for the server of an endpoint, and one of `gift_owner` for it. */
  offer_to: Thing | null = null;
  offer_handle: number = 0;
  offer_rights: number = 0;
  gift_owner: Actor | null = null;
  gift_handle: number = 0;
  gift_rights: number = 0;
  /** The one for which it decides. */
  scheduler: Thing | null = null;
  /** Its own capability to the endpoint behind its foreign imports. */
  personality: number = 0;
  /** Who holds its callers back, and whom it holds, the last one first. */
  holder: Actor | null = null;
  holds: Array<Actor> = [] as Actor[];
  /** What the assembly hands over at entry: a badge or bits; and whether it has not been entered yet. */
  argument: number = 0;
  entering: boolean = false;
  /** What it gets when it goes on. */
  result: number = 0;
}

/** Time, and the schedulers whose services have news that they were not told of. */
export class Clock {
  now: number = 0;
  untold: Array<Thing> = [] as Thing[];
}
export const clock: Clock = new Clock();

export class World {
  actors: Array<Actor> = [] as Actor[];
  things: Array<Thing> = [] as Thing[];
  /** Who runs; null: idle. */
  current: Actor | null = null;
  /** The thread that has the processor. */
  running: Thread | null = null;
  /** It gave way to its equals, and nobody was chosen since. */
  yielded: Thread | null = null;
  /** What watches the points of the kernel. */
  hooks: Array<Thing> = [] as Thing[];
  /** The IOMMU was started. */
  has_iommu: boolean = false;
  live_caps: number = 0;
  /** The capability that the last successful gate made, whose handle the kernel's answer tells. */
  made: Cap | null = null;
  /** Every handle there ever was. */
  handles: Array<number> = [] as number[];
  /** An answer that must be a handle never seen before. */
  fresh: boolean = false;
}

export function is_alive(actor: Actor): boolean {
  const state = actor.state;
  return state === STATE_CREATED || state === STATE_IDLE || state === STATE_BUSY || state === STATE_HELD;
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
  if (thing.type === TYPE_DMA) return thing.capacity;
  if (thing.type !== TYPE_CODE) return 0;
  return thing.measured ? 2 : 1;
}

export function thing_make(world: World, type: number, payer: Actor | null): Thing {
  const thing = new Thing(type, payer);
  world.things.push(thing);
  return thing;
}
