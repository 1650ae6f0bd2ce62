// How code and domains begin and end in the model, and what domain_status answers.

import { both, quotient } from "./bits.ts";
import {
  cap_delete,
  cap_first,
  cap_make,
  derive,
  find,
  mailbox_lose,
  refusal,
  release,
  thing_dead,
  unserve,
} from "./capabilities.ts";
import { activation_begin, actor_end } from "./ipc.ts";
import { mapping_end, promise } from "./memory.ts";
import * as n from "./numbers.ts";
import {
  ACTIVATION_START,
  Actor,
  type Cap,
  charge,
  charge_small,
  frames_of,
  is_alive,
  type Mapping,
  type Thing,
  Thread,
  thing_make,
  uncharge_small,
  type World,
} from "./world.ts";

/** Frames that page tables cost, and those a budget must leave beyond them. */
const TABLE_FRAMES: number = 12;
const FRAMES_LEAST: number = 20;
/** The tests' modules: a struct of one page, a stack of 64 KiB. */
const STRUCT_PAGES: number = 1;
export const STACK_BYTES: number = 65536;

/** A module of the archive; its first page of relocated data is charged. */
export function gate_code_load(
  world: World,
  actor: Actor,
  handle: number,
  offset: number,
  length: number,
  module: number,
): number {
  const why = refusal(actor, handle, n.TYPE_REGION, n.REGION_READ);
  if (why !== 0) return why;
  const region = (find(actor, handle) as Cap).thing;
  const bytes = region.pages * n.PAGE;
  if (offset % n.PAGE !== 0 || offset > bytes || length > bytes - offset || length < n.PAGE) return n.E_ARGUMENT;
  if (!charge_small(actor)) return n.E_BUDGET;
  if (!region.archive || module < 0) {
    // No module lies there: the kernel's private copy is given up again.
    const copied = region.archive ? 0 : quotient(length + n.PAGE - 1, n.PAGE);
    const affordable = charge(actor, copied);
    if (affordable) actor.charged -= copied;
    uncharge_small(actor);
    return affordable ? n.E_FORMAT : n.E_BUDGET;
  }
  if (!charge(actor, 1)) {
    uncharge_small(actor);
    return n.E_BUDGET;
  }
  const code = thing_make(world, n.TYPE_CODE, actor);
  code.trusted = module < 2;
  code.memory_pages = module < 2 ? 1 : 2;
  code.memory_pages_max = module === 0 ? 16 : 64;
  return cap_first(world, actor, code, n.CODE_ALL + n.CODE_SFI);
}

/** The module's hash takes a frame as soon as somebody asks. */
export function gate_verify(actor: Actor, handle: number): number {
  const why = refusal(actor, handle, n.TYPE_CODE, n.CODE_LOAD);
  if (why !== 0) return why;
  const code = (find(actor, handle) as Cap).thing;
  if (!code.measured && !charge(code.payer as Actor, 1)) return n.E_BUDGET;
  code.measured = true;
  return code.trusted ? 0 : n.E_UNTRUSTED;
}

/** 0: some word of the hash. */
export function gate_hash(actor: Actor, handle: number, word: number): number {
  const why = refusal(actor, handle, n.TYPE_CODE, n.CODE_LOAD);
  return why !== 0 ? why : hash((find(actor, handle) as Cap).thing, word);
}

export function gate_attest(actor: Actor, endpoint: number, word: number): number {
  const why = refusal(actor, endpoint, n.TYPE_ENDPOINT, n.ENDPOINT_CALL);
  if (why !== 0) return why;
  const server = (find(actor, endpoint) as Cap).thing.server;
  return server === null || !server.enclave ? n.E_ABSENT : hash(server.code as Thing, word);
}

function hash(code: Thing, word: number): number {
  if (!code.measured) return n.E_STATE;
  return word < 8 ? 0 : n.E_ARGUMENT;
}

export function gate_create(
  world: World,
  actor: Actor,
  self: number,
  code_handle: number,
  mode: number,
  priority: number,
  budget_bytes: number,
): number {
  let why = refusal(actor, self, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  why = refusal(actor, code_handle, n.TYPE_CODE, n.CODE_RUN);
  if (why !== 0) return why;
  const parent = (find(actor, self) as Cap).thing.actor as Actor;
  const code_cap = find(actor, code_handle) as Cap;
  const code = code_cap.thing;
  if (mode > n.ISOLATION_ENCLAVE || priority > n.PRIORITY_MAX) return n.E_ARGUMENT;
  if (mode === n.ISOLATION_ENCLAVE && !code.measured) return n.E_STATE;
  if (priority > (parent.home as Thread).own) return n.E_ARGUMENT;
  if (mode === n.ISOLATION_SFI) {
    if (!code.trusted) return n.E_UNTRUSTED;
    if (both(code_cap.rights, n.CODE_SFI) === 0) return n.E_RIGHTS;
  }
  const budget = Math.min(quotient(budget_bytes, n.PAGE), 0xfffffff);
  if (budget < FRAMES_LEAST || !charge(parent, budget)) return n.E_BUDGET;
  if (!charge_small(parent)) {
    parent.charged -= budget;
    return n.E_BUDGET;
  }
  parent.lent += budget;
  const child = new Actor();
  child.home = new Thread(child);
  (child.home as Thread).born = priority;
  (child.home as Thread).own = priority;
  (child.home as Thread).priority = priority;
  child.parent = parent;
  child.mode = Math.min(mode, n.ISOLATION_HW);
  child.enclave = mode === n.ISOLATION_ENCLAVE;
  child.budget = budget;
  child.memory_pages = code.memory_pages;
  child.memory_pages_max = code.memory_pages_max;
  child.code = code;
  code.references += 1;
  const object = thing_make(world, n.TYPE_DOMAIN, parent);
  object.actor = child;
  child.object = object;
  // One more: the page that a revoked window shows when nothing else can be paid for.
  const pages = STRUCT_PAGES + quotient(STACK_BYTES, n.PAGE) + child.memory_pages * 16 + 1;
  if (!charge(child, TABLE_FRAMES) || !promise(child, pages)) {
    dismantle(world, child);
    return n.E_BUDGET;
  }
  child.promised -= STRUCT_PAGES + 1;
  child.present.push(0);
  world.actors.push(child);
  if (cap_make(world, actor, object, n.DOMAIN_ALL, 0, null) !== null) return 0;
  dismantle(world, child);
  return n.E_BUDGET;
}

export function gate_start(actor: Actor, domain: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_START);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (target.state !== n.STATE_CREATED) return n.E_STATE;
  activation_begin(target, ACTIVATION_START, 0);
  return 0;
}

export function gate_stop(world: World, actor: Actor, domain: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_STOP);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (!is_alive(target)) return n.E_STATE;
  actor_end(world, target, n.STATE_STOPPED);
  return 0;
}

function is_below(actor: Actor, other: Actor): boolean {
  let at: Actor | null = actor;
  while (at !== null) {
    if (at === other) return true;
    at = (at as Actor).parent;
  }
  return false;
}

export function gate_destroy(world: World, actor: Actor, domain: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_DESTROY);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (is_below(actor, target)) return n.E_STATE;
  if (target.state === n.STATE_CREATED) actor_end(world, target, n.STATE_STOPPED);
  else if (is_alive(target)) return n.E_STATE;
  children_destroy(world, target);
  dismantle(world, target);
  return 0;
}

/** Children go first, the youngest generation before its parents. */
function children_destroy(world: World, target: Actor): void {
  for (;;) {
    let leaf: Actor = target;
    for (let i = 0; i < world.actors.length; i++) {
      const at = world.actors[i] as Actor;
      if (at.parent !== leaf) continue;
      leaf = at;
      i = -1;
    }
    if (leaf === target) return;
    actor_end(world, leaf, n.STATE_STOPPED);
    dismantle(world, leaf);
  }
}

/** Everything that the domain holds goes back. */
function dismantle(world: World, target: Actor): void {
  while (target.caps.length > 0) cap_delete(world, target.caps[target.caps.length - 1] as Cap);
  while (target.mappings.length > 0) mapping_end(world, target.mappings[0] as Mapping);
  while (target.served.length > 0) unserve(target.served[0] as Thing);
  const supervisor = target.supervisor;
  if (supervisor !== null) release(world, supervisor);
  const shown = target.shares;
  if (shown !== null) shown.shared_by = null;
  const viewer = target.shared_by;
  if (viewer !== null) viewer.shares = null;
  target.shares = null;
  target.shared_by = null;
  release(world, target.code as Thing);
  const parent = target.parent as Actor;
  parent.charged -= target.budget;
  parent.lent -= target.budget;
  uncharge_small(parent);
  for (let i = 0; i < world.things.length; i++) {
    const thing = world.things[i] as Thing;
    if (thing.payer !== target || thing.type !== n.TYPE_MAILBOX) continue;
    mailbox_lose(world, thing);
    i = -1;
  }
  for (let i = 0; i < world.things.length; i++) {
    const thing = world.things[i] as Thing;
    if (thing.payer !== target) continue;
    thing.payer = parent;
    parent.charged += frames_of(thing);
    if (parent.small % 64 === 0) parent.charged += 1;
    parent.small += 1;
  }
  thing_dead(world, target.object as Thing);
  target.state = n.STATE_FREE;
  target.parent = null;
  const place = world.actors.indexOf(target);
  if (place >= 0) world.actors.splice(place, 1);
}

/** Fields in the order of the ABI: state, exit, trap, memory, budget, mode, priority, capabilities, memory pages. */
export function gate_status(actor: Actor, domain: number, field: number): number {
  const why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_INSPECT);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (field === 0) return target.state;
  if (field === 1) return target.exit_status;
  if (field === 2) return target.trap_kind;
  if (field === 5) return (target.charged - target.promised - target.lent) * n.PAGE;
  if (field === 6) return target.budget * n.PAGE;
  if (field === 9) return target.mode;
  if (field === 10) return (target.home as Thread).own;
  if (field === 11) return target.caps.length;
  if (field === 14) return target.memory_pages;
  return n.E_ARGUMENT;
}

/** Imports that the domain's module does not find in the kernel become calls on the endpoint. */
export function gate_personality(world: World, actor: Actor, domain: number, endpoint: number, badge: number): number {
  let why = refusal(actor, domain, n.TYPE_DOMAIN, n.DOMAIN_GRANT);
  if (why !== 0) return why;
  why = refusal(actor, endpoint, n.TYPE_ENDPOINT, n.ENDPOINT_CALL);
  if (why !== 0) return why;
  const target = (find(actor, domain) as Cap).thing.actor as Actor;
  if (target.state !== n.STATE_CREATED || target.enclave) return n.E_STATE;
  return derive(world, target, find(actor, endpoint) as Cap, n.ENDPOINT_CALL, badge);
}

/** How many calls came to the endpoint, how many wait for its server, and that one's state. */
export function gate_endpoint_status(actor: Actor, endpoint: number, field: number): number {
  const why = refusal(actor, endpoint, n.TYPE_ENDPOINT, n.ENDPOINT_SERVE);
  if (why !== 0) return why;
  if (field > 2) return n.E_ARGUMENT;
  const thing = (find(actor, endpoint) as Cap).thing;
  if (field === 0) return thing.calls;
  const server = thing.server;
  if (server === null) return 0;
  return field === 1 ? server.queue.length : server.state;
}

/** An endpoint or a notification on the account behind `self`. */
export function gate_object(world: World, actor: Actor, self: number, type: number, rights: number): number {
  const why = refusal(actor, self, n.TYPE_DOMAIN, n.DOMAIN_ALLOCATE);
  if (why !== 0) return why;
  const payer = (find(actor, self) as Cap).thing.actor as Actor;
  if (!charge_small(payer)) return n.E_BUDGET;
  return cap_first(world, actor, thing_make(world, type, payer), rights);
}
