// The first domain. It gets a capability to everything that the machine has, listed on its start-up page;
// every other right in the system is derived from these.

import { PAGE_SIZE } from "../abi/formats";
import * as format from "../abi/formats";
import { ISOLATION_HW, ISOLATION_SFI, STARTUP_INDEX } from "../abi/layout";
import * as rights from "../abi/rights";
import { STATE_STOPPED } from "../abi/status";
import { boot_seed } from "../../hal/boot";
import { capability_delete, capability_first } from "../cap/derive";
import { Capability, capability_at, lookup_any } from "../cap/table";
import { store32, store64 } from "../machine";
import { frames_free_count } from "../mm/frames";
import { is_none, none } from "../none";
import { archive_init_length, archive_init_offset } from "../object/archive";
import { code_load } from "../object/code";
import { domain_create, domain_start } from "../object/create";
import { Domain } from "../object/domain";
import { domain_entry } from "../object/domains";
import {
  CODE_TRUSTED,
  Device,
  DomainObject,
  object_create,
  Region,
  REGION_ARCHIVE,
  REGION_DEVICE,
} from "../object/object";
import { region_map } from "../object/mapping";
import { object_hold } from "../object/release";
import { region_borrow, region_create, region_frame } from "../object/region";
import { irq_object } from "../irq";
import { panic, refuse } from "../panic";
import { PRIORITY_MAX } from "../thread/scheduler";
import { thread_at, thread_priority_own } from "../thread/thread";
import { told, told_device } from "./told";

/** Window index at which init sees the boot archive: above what services/lib and init place in its window (services/init/window.ts). */
const ARCHIVE_INDEX: u64 = 0x9000_0000;
/** init runs below the interrupt-driven services and above everything it starts for people. */
const INIT_PRIORITY: u32 = 40;
/** Frames that stay with the kernel for its tables. */
const KERNEL_FRAMES: u32 = 128;

let page: u64 = 0;
let entries: u64 = 0;

function entry_add(kind: u32, handle: i64, a: u64, b: u64): void {
  if (handle < 0) panic("init's capabilities do not fit");
  if (entries >= PAGE_SIZE / format.STARTUP_ENTRY_SIZE - 1) return;
  const at = page + entries * format.STARTUP_ENTRY_SIZE;
  store32(at, kind);
  store32(at + 4, 0);
  store64(at + 8, <u64>handle);
  store64(at + 16, a);
  store64(at + 24, b);
  entries++;
}

/** Stands above init and owns all memory; it never runs. */
function root_domain(): Domain {
  const root = domain_entry();
  if (is_none(root)) refuse("too little memory", "give the machine more (phi boot --mem 32M)");
  const object = changetype<DomainObject>(object_create(rights.TYPE_DOMAIN, none<Domain>()));
  object.domain = root;
  root.object = object;
  root.budget_frames = frames_free_count() - KERNEL_FRAMES;
  root.state = STATE_STOPPED;
  thread_priority_own(thread_at(root.index), PRIORITY_MAX);
  return root;
}

export function init_start(): void {
  const root = root_domain();
  const archive = region_borrow(
    told().archive_base,
    <u32>((told().archive_length + PAGE_SIZE - 1) / PAGE_SIZE),
    REGION_ARCHIVE,
  );
  const code = code_load(root, archive, archive_init_offset(), archive_init_length());
  if (is_none(code))
    refuse("the archive's first module (init) cannot be loaded", "build the archive for this architecture again");
  root.code = code; // as every domain has one; that it never ends, nor does this
  object_hold(code);
  const run = capability_first(root, code, rights.CODE_RUN | rights.CODE_SFI, 0);
  const capability = lookup_any(root, <u64>run);
  const budget = <u64>(root.budget_frames - root.charged_frames - 16) * PAGE_SIZE;
  const isolation = code.flags & CODE_TRUSTED ? ISOLATION_SFI : ISOLATION_HW; // the archive's word, as for everybody
  const init = domain_create(root, capability, isolation | (PRIORITY_MAX << 8), budget);
  if (is_none(init)) {
    refuse("init cannot be created: the memory is too small", "give the machine more memory");
  }
  capability_delete(root, capability); // from here on every capability is some service's
  thread_priority_own(thread_at(init.index), INIT_PRIORITY);
  furnish(init, archive);
  domain_start(init);
}

function furnish(init: Domain, archive: Region): void {
  const startup = region_create(init, 1, false);
  if (is_none(startup)) panic("no page for init's start-up entries");
  page = region_frame(startup, 0);
  const all = rights.RIGHT_SHARE;
  const own = rights.DOMAIN_ALLOCATE | rights.DOMAIN_INSPECT | rights.DOMAIN_GRANT;
  entry_add(format.STARTUP_SELF, capability_first(init, init.object, own | all, 0), 0, 0);
  const system = object_create(rights.TYPE_SYSTEM, none<Domain>());
  entry_add(format.STARTUP_SYSTEM, capability_first(init, system, rights.SYSTEM_ALL | all, 0), 0, 0);
  const archive_handle = capability_first(init, archive, rights.REGION_READ | rights.REGION_MAP | all, 0);
  entry_add(format.STARTUP_REGION, archive_handle, ARCHIVE_INDEX, told().archive_length);
  const whole = lookup_any(init, <u64>archive_handle);
  for (let at: u32 = 0; at < archive.pages; at += 512) {
    const pages = min(archive.pages - at, 512);
    if (region_map(init, whole, ARCHIVE_INDEX + <u64>at * PAGE_SIZE, at, pages, rights.REGION_READ) < 0) {
      refuse("too little memory to map the boot archive", "give the machine more (phi boot --mem 32M)");
    }
  }
  devices(init);
  framebuffer(init);
  entry_add(format.STARTUP_SEED, 0, boot_seed(0), boot_seed(1));
  entry_add(format.STARTUP_SEED, 0, boot_seed(2), boot_seed(3));
  const page_handle = capability_first(init, startup, rights.REGION_READ | rights.REGION_MAP, 0);
  const seen = page_handle < 0 ? none<Capability>() : capability_at(<u32>page_handle);
  if (is_none(seen) || region_map(init, seen, STARTUP_INDEX, 0, 1, rights.REGION_READ) < 0) {
    panic("init's start-up page cannot be mapped");
  }
}

function devices(init: Domain): void {
  for (let i: u32 = 0; i < told().device_count; i++) {
    const one = told_device(i),
      device = changetype<Device>(object_create(rights.TYPE_DEVICE, none<Domain>()));
    device.base = one.base;
    device.bytes = one.bytes;
    device.is_port = one.is_port;
    device.stride = one.stride;
    const handle = capability_first(init, device, rights.DEVICE_LOAD | rights.DEVICE_STORE | rights.RIGHT_SHARE, 0);
    const place = one.kind == format.DEVICE_KIND_PCI_MEMORY ? device.base : 0;
    entry_add(format.STARTUP_DEVICE, handle, (<u64>one.kind) | ((<u64>device.stride) << 8) | place, device.bytes);
    if (one.irq < 0) continue;
    const irq = irq_object(<u32>one.irq);
    if (is_none(irq)) continue;
    entry_add(
      format.STARTUP_IRQ,
      capability_first(init, irq, rights.IRQ_ACK | rights.IRQ_BIND | rights.RIGHT_SHARE, 0),
      <u64>irq.line,
      0,
    );
  }
}

function framebuffer(init: Domain): void {
  const base = told().framebuffer_base;
  if (base == 0) return;
  const bytes = <u64>told().framebuffer_stride * <u64>told().framebuffer_height;
  const region = region_borrow(base, <u32>((bytes + PAGE_SIZE - 1) / PAGE_SIZE), REGION_DEVICE);
  const handle = capability_first(
    init,
    region,
    rights.REGION_READ | rights.REGION_WRITE | rights.REGION_MAP | rights.RIGHT_SHARE,
    0,
  );
  entry_add(
    format.STARTUP_FRAMEBUFFER,
    handle,
    (<u64>told().framebuffer_width) | ((<u64>told().framebuffer_height) << 32),
    (<u64>told().framebuffer_stride) | ((<u64>told().framebuffer_bits) << 32),
  );
}
