// Kernel objects other than domains and threads: 64 bytes each, in one table that grows.
// A capability is valid while its version equals its object's: destroying an object bumps the
// version, so every capability to it dies at once without being found.

import { E_BUDGET, E_NO_MEMORY } from "../abi/errors";
import { KERNEL_OBJECTS, KERNEL_FRAMES } from "../abi/layout";
import { is_none, none } from "../none";
import { table_grow } from "../mm/tables";
import { budget_return, charge_inherited, charge_small, uncharge, uncharge_small } from "../mm/budget";
import { TYPE_CODE, TYPE_DMA, TYPE_MAILBOX, TYPE_REGION } from "../abi/rights";
import { code_frames } from "./code";
import { region_frames } from "./region";
import { Thread } from "../thread/thread";
import { object_end } from "./release";
import { TimerNode } from "../thread/timer";
import { Domain } from "./domain";
import { domain_at } from "./domains";

const OBJECT_SIZE: u32 = 64;


@unmanaged
export class Object {
  type: u8;
  reserved: u8;
  /** index of the domain that paid for it; 0 = nobody. */
  payer_index: u16;
  version: u32;
  /** unique since boot, never reused. */
  id: u64;
  /** current capabilities, mappings and kernel relations that name it. */
  references: u32;
  /** of those, the capabilities; a free object: index of the next free one. */
  holders: u32;


  @inline get payer(): Domain {
    return this.payer_index == 0 ? none<Domain>() : domain_at(this.payer_index);
  }
}

/** Stands for a domain in capabilities; outlives the domain's table entry. */
@unmanaged
export class DomainObject extends Object {
  domain: Domain;
}


@unmanaged
export class Endpoint extends Object {
  server: Domain;
  /** the next endpoint that the same domain serves. */
  served_next: Endpoint;
  /** which right of a RESOURCE each method asks for, four bits a method: 0 … 15, 16 … 31. */
  method_rights_low: u64;
  method_rights_high: u64;
  /** calls that came to it. */
  calls: u64;
  /** bit m: a RESOURCE may call method m. */
  methods: u32;
}


@unmanaged
export class Notification extends Object {
  bits: u64;
  /** entered with event(bits) when idle. */
  bound: Domain;
  /** suspended in wait(). */
  waiter: Domain;
  // a TimerNode in place: see timer_of()
  timer_deadline: u64;
  timer_position: u32;
  timer_kind: u32;
  timer_bits: u64;
}


@inline
export function timer_of(notification: Notification): TimerNode {
  return changetype<TimerNode>(changetype<usize>(notification) + offsetof<Notification>("timer_deadline"));
}


@inline
export function notification_of(timer: TimerNode): Notification {
  return changetype<Notification>(changetype<usize>(timer) - offsetof<Notification>("timer_deadline"));
}

/** Frames that can be mapped: contiguous from `base`, or listed by an index at `base` (region.ts). */
@unmanaged
export class Region extends Object {
  base: u64;
  /** zeroed, and so usable, by now. */
  pages: u32;
  flags: u32;
  mappings: Mapping;
  /** pages that were asked and paid for. */
  capacity: u32;
}
export const REGION_CONTIGUOUS: u32 = 1;
/** its frames are not ours to free: archive, log, device memory. */
export const REGION_BORROWED: u32 = 2;
export const REGION_ARCHIVE: u32 = 4;
export const REGION_DEVICE: u32 = 8;

/** A region's pages in some window, or where a device reaches them: then `domain` is a Dma (dma.ts). */
@unmanaged
export class Mapping extends Object {
  domain: Domain;
  region: Region;
  address: u64;
  pages: u32;
  /** index of the capability by which it was made, and its generation. */
  capability: u32;
  next_of_region: Mapping;
  previous_of_region: Mapping;
  next_of_domain: Mapping;
  previous_of_domain: Mapping;
}

/** A module in memory: file bytes at `file`, image at `base` in the code area. */
@unmanaged
export class Code extends Object {
  base: u64;
  /** numbers of the first frames of the file's bytes and of the relocated copy of relro; each is contiguous. */
  file_frame: u32;
  relro_frame: u32;
  length_bytes: u32;
  flags: u32;
  /** the frame that its hash is worked out in (hash.ts); 0 = nobody asked yet. */
  hash_frame: u32;
  // while it is copied: the region that it comes from, the page that it starts at, and the pages that are copied
  source: Region;
  source_page: u32;
  copied: u32;


  @inline get file(): u64 {
    return (<u64>this.file_frame) << 12;
  }


  @inline get relro(): u64 {
    return (<u64>this.relro_frame) << 12;
  }


  @inline get file_pages(): u32 {
    return (this.length_bytes + 4095) >> 12;
  }
}
/** the archive lists it for supervisor mode. */
export const CODE_TRUSTED: u32 = 1;
/** `file` holds a private copy whose frames return with the object. */
export const CODE_COPIED: u32 = 2;
/** mapped in the kernel's root, for sfi. */
export const CODE_MAPPED: u32 = 4;
/** complete, checked and relocated: nobody changes it any more. */
export const CODE_SEALED: u32 = 8;
/** complete, and no module: E_FORMAT. */
export const CODE_BROKEN: u32 = 16;


@unmanaged
export class Irq extends Object {
  line: u16;
  /** not zero: the driver acknowledged while the line was held back. */
  acknowledged: u16;
  notification: Notification;
  bits: u64;
  // a TimerNode in place, armed while the line is held back: see irq_of_timer()
  timer_deadline: u64;
  timer_position: u32;
  timer_kind: u32;
  /** interrupts since the counter was at `since`, a multiple of 2^16 ns. */
  count: u32;
  since: u32;
}


@inline
export function timer_of_irq(irq: Irq): TimerNode {
  return changetype<TimerNode>(changetype<usize>(irq) + offsetof<Irq>("timer_deadline"));
}


@inline
export function irq_of_timer(timer: TimerNode): Irq {
  return changetype<Irq>(changetype<usize>(timer) - offsetof<Irq>("timer_deadline"));
}


@unmanaged
export class Device extends Object {
  base: u64;
  bytes: u32;
  is_port: u32;
  stride: u32;
}


@unmanaged
export class Reply extends Object {
  client: Domain;
  call_number: u64;
}

/** How much a thread may run: kernel/thread/context.ts. Times in nanoseconds. */
@unmanaged
export class Context extends Object {
  /** the one bound to it. */
  thread: Thread;
  priority: u32;
  budget: u32;
  period: u32;
  /** in the present stretch of running, and since when that lasts. */
  used: u32;
  /** what comes back at `later_at`. */
  later: u32;
  since: u64;
  later_at: u64;
}

/** A service that decides when threads run: kernel/thread/policy.ts. */
@unmanaged
export class Scheduler extends Object {
  /** the service; none: it is over. */
  domain: Domain;
  /** where its events go, and who is told. */
  region: Region;
  notification: Notification;
  /** its threads, by control_next. */
  first: Thread;
  bits: u64;
  /** events so far. */
  written: u64;
  decided_at: u64;
}

/** A bounded ring of messages in frames of its payer's: kernel/ipc/mailbox.ts. */
@unmanaged
export class Mailbox extends Object {
  ring: Region;
  capacity: u32;
  /** place of the oldest message, and how many there are. */
  head: u32;
  count: u32;
  ready_bits: u64;
  room_bits: u64;
  /** signalled when there is a message again, and when there is room again. */
  ready: Notification;
  room: Notification;
}

/** What one device reaches of memory: kernel/object/dma.ts. */
@unmanaged
export class Dma extends Object {
  /** the highest of its page tables. */
  root: u64;
  /** the device, as it calls itself on its bus. */
  source: u32;
  /** of the context, among the IOMMU's; 0: none yet. */
  number: u32;
  mappings: Mapping;
  mapping_count: u32;
  /** what tables and mappings may cost, all of it paid for, and what they take so far. */
  frames: u32;
  taken: u32;
}

/** Something that watches a point of the kernel: kernel/ipc/hook.ts. */
@unmanaged
export class Hook extends Object {
  point: u32;
  action: u32;
  /** times that it was met. */
  met: u64;
  bits: u64;
  /** object id that it is about; 0: any. */
  subject: u64;
  notification: Notification;
  next: Hook;
}

let next_id: u64 = 1;
let object_count: u32 = 0;
let first_free: u32 = 0;


@inline
function object_at(i: u32): Object {
  return changetype<Object>(<usize>(KERNEL_OBJECTS + i * OBJECT_SIZE));
}

/** By words: shorter than a call of the general function. */
@inline
function clear(at: usize): void {
  store<u64>(at, 0);
  store<u64>(at, 0, 8);
  store<u64>(at, 0, 16);
  store<u64>(at, 0, 24);
  store<u64>(at, 0, 32);
  store<u64>(at, 0, 40);
  store<u64>(at, 0, 48);
  store<u64>(at, 0, 56);
}

/** One more entry of the table is free. False: it cannot grow. */
function objects_grow(): bool {
  const end = KERNEL_OBJECTS + (object_count + 1) * OBJECT_SIZE;
  if (end > KERNEL_FRAMES || !table_grow(KERNEL_OBJECTS, end - KERNEL_OBJECTS)) return false;
  object_count++;
  first_free = object_count;
  return true;
}


@inline
function object_take(type: u32, payer_index: u32): Object {
  const object = object_at(first_free - 1);
  first_free = object.holders;
  const version = object.version;
  clear(changetype<usize>(object));
  object.type = <u8>type;
  object.version = version;
  object.id = next_id++;
  object.references = 1;
  object.payer_index = <u16>payer_index;
  return object;
}

/** Why object_pay failed. */
export let object_error: i64 = 0;

/** A fresh object of `type` with one reference, or none when the table cannot grow. A `payer` was charged for it, which is undone then. */
export function object_create(type: u32, payer: Domain): Object {
  const is_paid = !is_none(payer);
  if (!(is_paid && payer.ending) && (first_free != 0 || objects_grow()))
    return object_take(type, is_paid ? payer.index : 0);
  object_error = E_NO_MEMORY;
  if (is_paid) uncharge_small(payer);
  return none<Object>();
}

/** The same on the payer's account; none: see object_error. The common case needs nothing that calls. */
export function object_pay(type: u32, payer: Domain): Object {
  object_error = E_BUDGET;
  if (!charge_small(payer)) return none<Object>();
  return first_free == 0 || payer.ending ? object_create(type, payer) : object_take(type, payer.index);
}

/** Ends the object: every capability to it is stale from now on. Its own resources were freed before. */
export function object_free(object: Object): void {
  object.version++;
  object.type = 0;
  object.payer_index = 0;
  if (object.version == u32.MAX_VALUE) return; // no version comes again: the entry retires
  object.holders = first_free;
  first_free = (<u32>changetype<usize>(object) - KERNEL_OBJECTS) / OBJECT_SIZE + 1;
}

/** Objects that one gate looks at. */
const INHERIT_MAX: u32 = 512;

/**
 * What an ending domain paid for and somebody else still names lives on: its parent pays from now on, out of the budget that
 * the domain gives back with it. True: nothing is left on the domain's account.
 */
export function objects_inherit(domain: Domain): bool {
  const heir = domain.parent;
  const end = min(domain.inherited + INHERIT_MAX, object_count);
  for (; domain.small_objects != 0 && domain.inherited < end; domain.inherited++) {
    const object = object_at(domain.inherited);
    if (object.type == 0 || object.payer_index != <u16>domain.index) continue;
    const before = domain.charged_frames;
    if (object.type == TYPE_MAILBOX) {
      object_end(object); // messages that nobody will receive: senders learn it
      budget_return(domain, before - domain.charged_frames);
      continue;
    }
    const frames = frames_of(object);
    object.payer_index = is_none(heir) ? 0 : <u16>heir.index;
    uncharge(domain, frames);
    uncharge_small(domain);
    budget_return(domain, before - domain.charged_frames);
    if (!is_none(heir)) charge_inherited(heir, frames);
  }
  return domain.small_objects == 0 || domain.inherited == object_count;
}

/** Frames on the payer's account for the object itself, beyond its 64 bytes. */
function frames_of(object: Object): u32 {
  if (object.type == TYPE_REGION) return region_frames(changetype<Region>(object));
  if (object.type == TYPE_DMA) return changetype<Dma>(object).frames;
  return object.type == TYPE_CODE ? code_frames(changetype<Code>(object)) : 0;
}

if (offsetof<Mapping>() > OBJECT_SIZE) ERROR("Mapping is too large");
if (offsetof<Context>() > OBJECT_SIZE) ERROR("Context is too large");
if (offsetof<Scheduler>() > OBJECT_SIZE) ERROR("Scheduler is too large");
if (offsetof<Mailbox>() > OBJECT_SIZE) ERROR("Mailbox is too large");
if (offsetof<Hook>() > OBJECT_SIZE) ERROR("Hook is too large");
if (offsetof<Code>() > OBJECT_SIZE) ERROR("Code is too large");
if (offsetof<Irq>() > OBJECT_SIZE) ERROR("Irq is too large");
if (offsetof<Notification>() > OBJECT_SIZE) ERROR("Notification is too large");
