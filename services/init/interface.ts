// init's calls: programs on demand, and looking at what runs. A unit is anything init started: a service, a program, or
// a program's companion. Its id is never reused and is the client number of its badges. `id` 0 is nobody.

export const UNIT_SERVICE: u32 = 1;
export const UNIT_PROGRAM: u32 = 2;
export const UNIT_COMPANION: u32 = 3;
/** A module that was loaded while the system runs: a service without an image entry of its own. */
export const UNIT_LOADED: u32 = 4;

/** `field` numbers below 256 are the kernel's STATUS_ fields of the unit's domain; these are init's own. */
export const FIELD_KIND: u32 = 256;
/** Times that it was restarted. */
export const FIELD_RESTARTS: u32 = 257;
/** The companion of a program, the program of a companion; 0 = none. */
export const FIELD_PARTNER: u32 = 258;
/** LIFE_ of a unit. */
export const FIELD_LIFE: u32 = 259;

/** Of a scheduler: 1 it sleeps, 2 it decides; else 0. */
export const FIELD_SCHEDULER: u32 = 260;
/** Of a unit with a share: its weight, and its budget and period in microseconds; E_NOT_FOUND of others. */
export const FIELD_WEIGHT: u32 = 261;
export const FIELD_BUDGET_US: u32 = 262;
export const FIELD_PERIOD_US: u32 = 263;

/** 0 sfi, 1 hw, 2 an enclave: of a unit that does not run too. */
export const FIELD_ISOLATION: u32 = 264;
/** Calls that came to its endpoint, over all its restarts; 0 of a program. */
export const FIELD_CALLS: u32 = 265;

/** What `load_module` takes in place of an isolation: sfi if the image lists the module's hash, else hw. */
export const LOAD_BY_HASH: u32 = 3;

export const LIFE_RUNNING: u32 = 1;
/** Ended, and will be started again after a pause. */
export const LIFE_WAITING: u32 = 2;
/** Ended too often; `restart` starts it again. */
export const LIFE_GIVEN_UP: u32 = 3;
/** A program that has ended and whose `wait` has not been called yet. */
export const LIFE_ENDED: u32 = 4;
/** A scheduler that has not been chosen. */
export const LIFE_ASLEEP: u32 = 5;

/** Status of a program that trapped, was interrupted by ^C, or was killed. */
export const EXIT_TRAPPED: u32 = 134;
export const EXIT_INTERRUPTED: u32 = 130;
export const EXIT_KILLED: u32 = 137;
/** Status of a program that ended with 0, while what it had changed could not be made durable. */
export const EXIT_NOT_DURABLE: u32 = 74;

export interface Init {
  /**
   * Starts the archive's module `name` with a companion of its own; answers its id. `argument_list` (the first is the program's
   * name), `variable_list` (KEY=VALUE) and `directory_list` (guest names of packed directories) are strings, each ended by a zero.
   * isolation: 0 sfi, 1 hw. A foreground program gets the console's input and ^C. E_NOT_FOUND: no such module;
   * E_UNTRUSTED: sfi for a module that the archive does not list as trusted, or where companions run hw; E_BUDGET, E_NO_MEMORY, E_FULL.
   */
  run(
    name: bytes,
    argument_list: bytes,
    variable_list: bytes,
    directory_list: bytes,
    isolation: u32,
    foreground: bool,
  ): i64;
  /** Waits until a program has ended, then forgets it. status: what it exited with, or EXIT_; trap: TRAP_ of kernel/abi/status.ts. */
  wait(id: u64): { status: u32; trap: u32 };
  /** Ends a program (status EXIT_KILLED) or a service (init starts it again as its image entry says). */
  kill(id: u64): i64;
  /** Ends a service if it runs, and starts it at once, forgetting how often it failed. */
  restart(id: u64): i64;
  /** The id of the newest unit of that name; E_NOT_FOUND. */
  find(name: bytes): i64;
  /** The next id after `id` (0 at first), or 0 at the end. */
  next(id: u64): i64;
  /** The unit's name. */
  name(id: u64): bytes;
  /** A number about a unit: a STATUS_ field of the kernel, or a FIELD_ of init. */
  field(id: u64, field: u32): i64;
  /** One capability of a unit after `cursor` (0 at first); answers the next cursor, 0 at the end. `kind`: type | rights << 32. */
  next_capability(id: u64, cursor: u64): { handle: u64; kind: u64; badge: u64; object: u64; parent: u64 };
  /** The name of the archive's module number `index` after init, or length 0 at the end. */
  module(index: u32): bytes;
  /** Lets the console finish and powers the machine off with this status. Run, kill, restart, schedule, replace and this are for role 1: E_RIGHTS to others. */
  power_off(status: u32): i64;
  /**
   * Puts a new instance in a running service's place while its callers wait: state goes over, capabilities and unanswered calls
   * stay good. Its module is the `length` bytes of .phx in the region `file` (right READ), which run sfi only if the image lists their
   * hash; or (file 0) the archive's module `module_name`, or (that empty) its own. down_ns: how long callers waited at most;
   * state_bytes: what was handed over. When it fails the old instance goes on as before: E_METHOD: the service does not hand
   * its state over; E_NOT_FOUND: no such module; E_FORMAT: that is no .phx for this machine; E_STATE: that is no running service;
   * E_TIMEOUT: it, or its successor, is not done in two seconds; or what the successor answered.
   * `anew`: nothing goes over: the old one ends, and the new one starts as after a crash; if it cannot be started, the old one's
   * module is started again.
   */
  replace(id: u64, module_name: bytes, file: capability, length: u64, anew: bool): { down_ns: u64; state_bytes: u64 };
  /**
   * From now on the scheduler service of that name (empty: none, the kernel's priorities) decides when units with a share run.
   * They change hands while they run. E_NOT_FOUND: the image has no such scheduler.
   */
  schedule(name: bytes): i64;
  /**
   * Loads a module and starts it as a unit of this name, with what the image's template lists and nothing else; answers its id.
   * `file` is a region that holds `length` bytes of .phx from its beginning (right READ); 0: the boot archive's module of that
   * name. isolation: 0 sfi, 1 hw, 2 enclave, LOAD_BY_HASH. When it ends it is gone, with all that it had. E_FORMAT: that is no .phx for this
   * machine; E_UNTRUSTED: sfi, and the image does not list its hash; E_EXISTS: a unit has the name; E_NOT_FOUND: no such
   * module; E_STATE: the image has no template; E_BUDGET, E_NO_MEMORY, E_FULL. For role 1.
   */
  load_module(name: bytes, file: capability, length: u64, isolation: u32): i64;
  /** A capability to call a loaded unit, good until it ends; it carries the caller's badge, and no buffer. For role 1. */
  open(id: u64): capability;
  /** BLAKE3 of the unit's module as the kernel measured it, first byte lowest. E_STATE: init itself, which nobody measures. */
  hash(id: u64): { first: u64; second: u64; third: u64; fourth: u64 };
  /**
   * Leaves a capability to a directory (`directory` of services/files/interface.ts) for the program that this client runs next: its companion gets it for
   * the entry of that place in `directory_list`, which names the directory's server. `run` takes all of them, also when it fails. For role 1.
   */
  hand(number: u32, directory: capability): i64;
}
