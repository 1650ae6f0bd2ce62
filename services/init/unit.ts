// The table of units: everything init started, itself first. A unit's place is reused after a program has been waited for, or a loaded module has ended;
// its id never is. Fields are init's alone; the kernel's truth about a unit is its domain's status.

/** Services, programs and companions at one time. */
export const UNIT_MAX: u32 = 48;
/** Nobody's place in the table. */
export const NO_UNIT: u32 = 0xffff_ffff;


@unmanaged
export class Unit {
  /** UNIT_ of interface.ts; 0 = a free place. */
  kind: u32;
  /** LIFE_ of interface.ts. */
  life: u32;
  /** Serial number: the client number of its badges. */
  id: u64;
  domain: u64;
  /** The endpoint it serves; stays the same over restarts. */
  endpoint: u64;
  /** Of a program or a loaded module: its Code. Services share theirs (service.ts). */
  code: u64;
  /** Of a companion: the region with its program's launch block. */
  launch: u64;
  launch_bytes: u64;
  name: usize;
  name_length: u32;
  /** Its place and record in the manifest; record 0 for init and programs. */
  service: u32;
  record: usize;
  isolation: u32;
  restarts: u32;
  /** Restarts in the window that began at window_start_ns. */
  window_restarts: u32;
  window_start_ns: u64;
  pause_ns: u64;
  /** When it is started again; 0 = not waiting. */
  restart_at_ns: u64;
  /** Place of the companion of a program, of the program of a companion; NO_UNIT = none. */
  partner: u32;
  /** How it ended: status for waiters, TRAP_ number. */
  exit_status: u32;
  trap: u32;
  /** Asked for by kill, ^C or restart: the status that it ends with instead; 0 = none. */
  forced_status: u32;
  /** Detached reply of a `wait`; 0 = nobody waits. */
  waiter: u64;
  /** The badge that had the console's input before this foreground program; is_foreground tells that it counts. */
  previous_foreground: u64;
  is_foreground: u32;
  /** 1 = its module is the archive's at `module_entry` (0: it came from outside), and not the one that its record or its name says. */
  has_other_module: u32;
  module_entry: usize;
  /** The region that outlives its instances; 0: none yet. */
  kept: u64;
  /** Of a loaded module: its name; UNIT_NAME_BYTES. */
  own_name: u64;
}

/** Bytes of a loaded module's name at most: they lie at the end of its place, from `own_name` on. */
export const UNIT_NAME_BYTES: u32 = 48;

const table = memory.data(48 * 256, 16);
const UNIT_SIZE: u32 = 256;
if (offsetof<Unit>("own_name") + UNIT_NAME_BYTES > 256) ERROR("Unit outgrew its place");

let next_id: u64 = 1;

// @ts-ignore: decorator
@inline
export function unit_at(place: u32): Unit {
  return changetype<Unit>(table + place * UNIT_SIZE);
}

/** A free place, zeroed, with a fresh id; NO_UNIT when the table is full. */
export function unit_create(kind: u32): u32 {
  for (let place: u32 = 0; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind == 0) {
      memory.fill(changetype<usize>(unit), 0, UNIT_SIZE);
      unit.kind = kind;
      unit.id = next_id++;
      unit.partner = NO_UNIT;
      return place;
    }
  }
  return NO_UNIT;
}

export function free_units(): u32 {
  let free: u32 = 0;
  for (let place: u32 = 0; place < UNIT_MAX; place++) if (unit_at(place).kind == 0) free++;
  return free;
}

/** The place of an id; NO_UNIT when no unit has it. */
export function unit_of(id: u64): u32 {
  for (let place: u32 = 0; place < UNIT_MAX; place++) {
    if (unit_at(place).kind != 0 && unit_at(place).id == id) return place;
  }
  return NO_UNIT;
}

/** The smallest id above `id`; 0 at the end. */
export function next_unit_id(id: u64): u64 {
  let best: u64 = 0;
  for (let place: u32 = 0; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind != 0 && unit.id > id && (best == 0 || unit.id < best)) best = unit.id;
  }
  return best;
}

/** The newest unit of a name; NO_UNIT. */
export function unit_named(name: usize, length: u32): u32 {
  let found = NO_UNIT;
  for (let place: u32 = 0; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind == 0 || unit.name_length != length || memory.compare(unit.name, name, length) != 0) continue;
    if (found == NO_UNIT || unit.id > unit_at(found).id) found = place;
  }
  return found;
}

/** The unit of a service by its place in the manifest; NO_UNIT. */
export function unit_of_service(service: u32, kind: u32): u32 {
  for (let place: u32 = 0; place < UNIT_MAX; place++) {
    const unit = unit_at(place);
    if (unit.kind == kind && unit.record != 0 && unit.service == service) return place;
  }
  return NO_UNIT;
}
