// The image manifest's binary format, shared by linker/image (writes) and services/init (reads).
// Constants carry no type: the file is AssemblyScript and host TypeScript alike. All numbers little-endian.
//
//   header, 32 bytes | service records, 32 bytes each, in start order | grant records, 16 bytes each | strings, UTF-8

export const MANIFEST_MAGIC = 0x4d494850; // "PHIM"
export const MANIFEST_VERSION = 2;
export const MANIFEST_MAGIC_AT = 0;
export const MANIFEST_VERSION_AT = 4;
/** u32 bytes of the whole. */
export const MANIFEST_LENGTH_AT = 8;
/** u32 FNV-1a of everything from SERVICES_AT on. */
export const MANIFEST_CHECK_AT = 12;
/** u32 counts; u32 bytes of strings. */
export const MANIFEST_SERVICE_COUNT_AT = 16;
export const MANIFEST_GRANT_COUNT_AT = 20;
export const MANIFEST_STRING_BYTES_AT = 24;
/** u32 IMAGE_ flags. */
export const MANIFEST_FLAGS_AT = 28;
export const MANIFEST_SERVICES_AT = 32;
export const MANIFEST_SERVICE_MAX = 32;
export const MANIFEST_GRANT_MAX = 256;

/** The image exists to run the program of the parameters entry, and ends with it. */
export const IMAGE_RUNS_PROGRAM = 1;

export const SERVICE_SIZE = 32;
/** u32 string: offset | length << 16. Name of the service, name of its module in the archive. */
export const SERVICE_NAME_AT = 0;
export const SERVICE_MODULE_AT = 4;
/** u8 each. */
export const SERVICE_ISOLATION_AT = 8;
/** Its third value, after ISOLATION_SFI and ISOLATION_HW. */
export const SERVICE_ENCLAVE = 2;
export const SERVICE_PRIORITY_AT = 9;
export const SERVICE_FLAGS_AT = 10;
/** u8 restarts within the window before init gives up; 0 = never restarted. */
export const SERVICE_RESTART_LIMIT_AT = 11;
export const SERVICE_RESTART_WINDOW_MS_AT = 12;
export const SERVICE_BUDGET_KIB_AT = 16;
/** u16 each: its grants are neighbours. */
export const SERVICE_GRANT_FIRST_AT = 20;
export const SERVICE_GRANT_COUNT_AT = 22;

/** u32: before the first restart in a window; it doubles with each further one. 0: at once, every time. */
export const SERVICE_RESTART_PAUSE_MS_AT = 24;

/** Without it the system is not worth running: init powers off with an error. */
export const SERVICE_REQUIRED = 1;
/** Not started at boot: a companion of each program. */
export const SERVICE_COMPANION = 2;
/** Not started: what modules get that are loaded while the system runs. Its module is nobody's. */
export const SERVICE_TEMPLATE = 4;
/** A driver: the bus takes its device back before its memory returns, and it is looked after for hanging. */
export const SERVICE_DRIVER = 8;
/** The bus: drivers begin anew with it. */
export const SERVICE_BUS = 16;

export const GRANT_SIZE = 16;
/** u8 kind, u8 role, u16 target; u32 name (string); u32 a; u32 b. */
export const GRANT_KIND_AT = 0;
export const GRANT_ROLE_AT = 1;
export const GRANT_TARGET_AT = 2;
export const GRANT_NAME_AT = 4;
export const GRANT_A_AT = 8;
export const GRANT_B_AT = 12;

/** Endpoint of service `target` (its place in the manifest, or GRANT_TARGET_INIT); a = bytes of the shared buffer, 0 = none. */
export const GRANT_CALL = 1;
/** Device of kind `target` with its interrupt (named NAME.irq); a = 1: the service starts without it too; b = 1: no interrupt. */
export const GRANT_DEVICE = 2;
/** The System capability with the rights in a. */
export const GRANT_SYSTEM = 3;
/** A constant: a low half, b high half. */
export const GRANT_NUMBER = 4;
/** The framebuffer, if the machine has one, mapped as a region; numbers NAME.width, .height, .stride, .bits. */
export const GRANT_FRAMEBUFFER = 5;
/** 32 bytes of seed, its own. */
export const GRANT_SEED = 6;
/** The archive's parameters entry as a read-only region. */
export const GRANT_PARAMETERS = 7;
/** Signals init that the person pressed ^C: the foreground program ends. Notification; number a = the bits to signal. */
export const GRANT_INTERRUPT = 8;
/** The service decides when others run: scheduler, ring and news; number "policy" a; b = 1: from the beginning. */
export const GRANT_SCHEDULER = 9;
/** Its part under a scheduler: target = weight, a = budget and b = period in microseconds. */
export const GRANT_SHARE = 10;
/** A scheduling context for its whole life: a = budget and b = period in microseconds. */
export const GRANT_CONTEXT = 11;
/** The unit's own endpoint, with the right to serve: for minting resources. */
export const GRANT_ENDPOINT = 12;
/** A region that outlives the unit; a = its bytes. */
export const GRANT_KEPT = 13;
export const GRANT_KIND_LAST = 13;

export const GRANT_TARGET_INIT = 0xffff;
