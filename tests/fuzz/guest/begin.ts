// The state that every input starts from: init as it booted, four children of two modules in both modes that serve
// endpoints, hold capabilities to each other, and have run their start.

import {
  CODE_RUN,
  DOMAIN_ALL,
  ENDPOINT_CALL,
  ENDPOINT_SERVE,
  FOREVER,
  RIGHT_SHARE,
  STATE_BUSY,
  TYPE_CODE,
  TYPE_DOMAIN,
  TYPE_ENDPOINT,
  TYPE_IRQ,
  TYPE_MAILBOX,
  TYPE_NOTIFICATION,
  TYPE_REGION,
  TYPE_RESOURCE,
  TYPE_SCHEDULER,
  NOTIFICATION_ALL,
} from "../model/numbers";
import { ACTIVATION_START, Actor, Cap, clock, Mapping, Thing, Thread, THREAD_RUNNING } from "../model/world";
import * as host from "./host";
import { verify } from "./machine";
import { mailbox_create, methods, mint } from "./messages";
import * as gate from "./operations";
import { context, scheduler } from "./scheduling";
import { interrupted, world } from "./processor";

/** References that init's first objects have beyond the model's sight: they never end. */
const FOR_EVER: f64 = 1000;
const FRAME: f64 = 4096;

function account(actor: Actor): void {
  const id = <u32>actor.id;
  actor.budget = <f64>host.kernel_account(id, 0);
  actor.charged = <f64>host.kernel_account(id, 1);
  actor.promised = <f64>host.kernel_account(id, 2);
  actor.lent = <f64>host.kernel_account(id, 3);
  actor.small = <f64>host.kernel_account(id, 4);
  actor.memory_pages = <f64>host.kernel_account(id, 5);
  actor.memory_pages_max = <f64>host.kernel_account(id, 6);
  const home = new Thread(actor);
  home.priority = <f64>host.kernel_account(id, 7);
  home.own = home.priority;
  home.born = home.priority;
  actor.home = home;
}

function init_actor(): Actor {
  const root = new Actor();
  root.id = 1;
  account(root);
  world.actors.push(root);
  const init = new Actor();
  init.id = 2;
  account(init);
  init.parent = root;
  init.state = STATE_BUSY;
  init.activation = ACTIVATION_START;
  init.thread = init.home;
  init.home!.state = THREAD_RUNNING;
  init.present.push(0);
  world.actors.push(init);
  world.current = init;
  world.running = init.home;
  return init;
}

function init_capabilities(init: Actor): void {
  for (let i: u32 = 0; ; i++) {
    const handle = host.kernel_capability(2, i, 0);
    if (handle == 0) break;
    const type = <f64>host.kernel_capability(2, i, 1);
    const thing = new Thing(type, null);
    thing.references = FOR_EVER;
    if (type == TYPE_DOMAIN) {
      thing.actor = init;
      init.object = thing;
    }
    if (type == TYPE_IRQ) thing.line = <f64>host.kernel_capability(2, i, 3);
    if (type == TYPE_REGION) {
      thing.pages = <f64>host.kernel_capability(2, i, 3);
      thing.capacity = thing.pages;
      thing.archive = host.kernel_capability(2, i, 4) != 0;
      thing.borrowed = thing.archive;
      thing.payer = init;
    }
    world.things.push(thing);
    const cap = new Cap(init, thing, <f64>host.kernel_capability(2, i, 2), 0);
    cap.handle = <f64>handle;
    init.caps.push(cap);
    world.handles.push(cap.handle);
    if (type == TYPE_REGION) window(init, thing, cap);
  }
  world.live_caps = <f64>host.kernel_live();
}

/** The kernel mapped the start-up page, and the archive in pieces of 512 pages. */
function window(init: Actor, region: Thing, cap: Cap): void {
  const base: f64 = region.archive ? 0x90000000 : 0x80000000;
  init.upper_tables.push(2);
  for (let at: f64 = 0; at < region.pages; at += 512) {
    init.tables.push(Math.floor((base + at * FRAME) / 0x20_0000));
    const mapping = new Mapping(init, region, cap, base + at * FRAME, Math.min(region.pages - at, 512));
    init.mappings.push(mapping);
    region.mappings.push(mapping);
    region.references += 1;
  }
}

function own(actor: Actor, type: f64, place: i32): f64 {
  let seen = 0;
  for (let i = 0; i < actor.caps.length; i++) {
    if (actor.caps[i].type != type) continue;
    if (seen == place) return actor.caps[i].handle;
    seen++;
  }
  return 0;
}

/** init measures its modules; the children get resources, a mailbox, and what a scheduler and a context need. */
function services(init: Actor, self: f64): void {
  verify(init, own(init, TYPE_CODE, 0));
  verify(init, own(init, TYPE_CODE, 1));
  const endpoint = own(init, TYPE_ENDPOINT, 0);
  methods(init, endpoint, 0x0f0f_0f0f, 0, 1);
  mailbox_create(init, self, 2);
  const mailbox = own(init, TYPE_MAILBOX, 0);
  context(init, self, 100000, 1000000, 15);
  context(init, self, 50000, 4000000, 30);
  gate.region_create(init, own(init, TYPE_DOMAIN, 1), 1, 0);
  for (let i = 1; i <= 4; i++) {
    const child = own(init, TYPE_DOMAIN, i);
    mint(init, endpoint, <f64>i, <f64>(0xff >> i));
    gate.grant(init, child, own(init, TYPE_RESOURCE, i - 1), 0x1f0000 + RIGHT_SHARE, 0);
    gate.grant(init, child, mailbox, 3 + RIGHT_SHARE, <f64>i);
  }
  // The first child decides when others run, out of its own region.
  const decider = own(init, TYPE_DOMAIN, 1);
  scheduler(init, decider, own(init, TYPE_REGION, 3), own(init, TYPE_NOTIFICATION, 1), 1024);
  gate.grant(init, decider, own(init, TYPE_SCHEDULER, 0), 3 + RIGHT_SHARE, 0);
  for (let i = 2; i <= 4; i++) gate.grant(init, decider, own(init, TYPE_DOMAIN, i), DOMAIN_ALL, 0);
}

export function begin_world(): void {
  const init = init_actor();
  init_capabilities(init);
  const self = own(init, TYPE_DOMAIN, 0);
  let archive: f64 = 0;
  for (let i = 0; i < init.caps.length; i++) {
    if (init.caps[i].thing.archive) archive = init.caps[i].handle;
  }
  gate.code_load(init, archive, <f64>host.host_module_offset(1), <f64>host.host_module_length(1), 1);
  gate.code_load(init, archive, <f64>host.host_module_offset(2), <f64>host.host_module_length(2), 2);
  const trusted = own(init, TYPE_CODE, 0),
    stranger = own(init, TYPE_CODE, 1);
  gate.domain_create(init, self, trusted, 0, 20, 200 * FRAME);
  gate.domain_create(init, self, trusted, 0, 10, 90 * FRAME);
  gate.domain_create(init, self, stranger, 1, 10, 120 * FRAME);
  gate.domain_create(init, self, trusted, 1, 30, 75 * FRAME);
  gate.object_create(init, self, TYPE_NOTIFICATION);
  gate.object_create(init, self, TYPE_NOTIFICATION);
  gate.region_create(init, self, 4, 0);
  const bell = own(init, TYPE_NOTIFICATION, 0),
    watch = own(init, TYPE_NOTIFICATION, 1);
  gate.bind(init, bell);
  gate.irq_bind(init, own(init, TYPE_IRQ, 0), bell, 256);
  for (let i = 1; i <= 4; i++) {
    const child = own(init, TYPE_DOMAIN, i);
    gate.object_create(init, self, TYPE_ENDPOINT);
    gate.serve(init, own(init, TYPE_ENDPOINT, i - 1), child);
    gate.supervise(init, child, watch, <f64>(1 << i));
  }
  const region = own(init, TYPE_REGION, 2);
  for (let i = 1; i <= 4; i++) {
    const child = own(init, TYPE_DOMAIN, i);
    gate.grant(init, child, child, DOMAIN_ALL, 0);
    for (let k = 0; k < 4; k++) {
      gate.grant(init, child, own(init, TYPE_ENDPOINT, k), ENDPOINT_CALL + RIGHT_SHARE, <f64>(16 * i + k));
    }
    gate.grant(init, child, bell, NOTIFICATION_ALL, 0);
    gate.grant(init, child, region, 7 + RIGHT_SHARE, 0);
    gate.start(init, child);
  }
  services(init, self);
  gate.wait(init, watch, 1);
  // Each child's start returns; init goes on when its time is over.
  while (world.current !== null) gate.finish(world.current!, 0);
  clock.now = 4096;
  host.host_now_set(4096);
  interrupted(255);
}
