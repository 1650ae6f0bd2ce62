// The type of an image: a whole system on one page. images/*.ts are written with defineImage; encode.ts turns one into
// the manifest that init reads. Invariant: what an image does not say, a service does not get.

/** "enclave": hw, with nothing of its memory shared, no device, and its code measured (docs/security.md). */
export type Isolation = "sfi" | "hw" | "enclave";
/**
 * "dma": learns physical addresses of its own regions, for a device that reads and writes memory by itself. "devices": any register and line
 * of the machine. "iommu": which device reaches what of memory. "share": it may hand the rights on.
 */
export type SystemRight =
  | "power"
  | "info"
  | "log"
  | "trace"
  | "hook"
  | "dma"
  | "messages"
  | "devices"
  | "iommu"
  | "share";
export type DeviceKind =
  | "uart"
  | "rtc-cmos"
  | "rtc-goldfish"
  | "pci-ports"
  | "pci-configuration"
  | "pci-memory"
  /** All ports but those that are the kernel's: for the service that switches the machine off. */
  | "ports"
  /** A PC's keyboard controller: its data; its status and commands. */
  | "i8042-data"
  | "i8042-command";

/** What a driver is for: the bus service hands it the device (services/bus/interface.ts). */
export type DriverClass =
  | "virtio-net"
  | "virtio-blk"
  | "virtio-console"
  | "virtio-rng"
  | "virtio-gpu"
  | "virtio-input"
  | "virtio-9p"
  | "nvme"
  | "edu";

/** One connection to another service: its endpoint under the callee's name, and a buffer that both map. */
export interface Call {
  /** What the callee is told about this client (0 … 126), by `role_of(badge)`. Default 0. */
  readonly role?: number;
  /** Bytes of the shared buffer, a multiple of 4 KiB up to 64 KiB; default 16 KiB. 0: words alone. */
  readonly buffer?: number;
}

export interface Device {
  readonly kind: DeviceKind;
  /** false: the service starts on a machine without it too. Default true. */
  readonly required?: boolean;
  /** false: the service gets the registers alone. Default true: the interrupt too, as NAME.irq. */
  readonly interrupt?: boolean;
}

/** A service's part of the processor under whichever scheduler decides. */
export interface Share {
  /** Under fair share: 1 … 65535, in relation to the others'. Default 1. */
  readonly weight?: number;
  /** Under earliest deadline first: what each job may take, and how often one comes, in microseconds; the deadline is the period's end. */
  readonly budget_us?: number;
  readonly period_us?: number;
}

/** How often a service may fail before init gives it up. */
export interface Restart {
  readonly limit: number;
  readonly window_seconds: number;
  /** Milliseconds before the first restart in a window; it doubles with each further one, up to 5 s. 0: at once, every time. Default 100, of drivers and the bus 0. */
  readonly pause_ms?: number;
}

export interface Service {
  /** Name of the module's folder in services/; default: the service's own name. */
  readonly module?: string;
  /** Default "sfi". */
  readonly isolation?: Isolation;
  /** 0 (lowest) … 40 (init's own); default 24. Drivers above their clients; programs run at 12. */
  readonly priority?: number;
  /** The service is a scheduler with this policy (module "scheduler"); it sleeps until `Image.scheduler` or the shell names it. */
  readonly policy?: "fair" | "deadline";
  /** Its part under a scheduler; without one, its priority alone counts. */
  readonly share?: Share;
  /** A limit that always holds: at most so many microseconds in each period of at most four seconds. */
  readonly context?: { readonly budget_us: number; readonly period_us: number };
  /** Bytes that it may use for memory, stack and objects; default 1 MiB. */
  readonly memory?: number;
  /** Default: five times in a minute; drivers and the bus a hundred times. "never" for a service whose state cannot be rebuilt. */
  readonly restart?: Restart | "never";
  /** true: when it cannot run, the machine powers off with an error. Default false: init says so and goes on. */
  readonly required?: boolean;
  /** true: not started at boot; each program that runs gets one of its own. */
  readonly companion?: boolean;
  /** true: not started; what every module gets that is loaded while the system runs (`load` in the shell). One an image. */
  readonly template?: boolean;
  /** Whom it may call, by service name; "init" is one of them. */
  readonly calls?: Readonly<Record<string, Call>>;
  /** Devices by the name under which it finds them; the interrupt is NAME.irq. */
  readonly devices?: Readonly<Record<string, Device>>;
  /** A driver: it is connected to the service `bus`, which hands it the device of this class and nothing else. */
  readonly drives?: DriverClass;
  /** Which of several devices of the class, 0 … 3 in the order of their places. Default 0. */
  readonly unit?: number;
  /** true: on a machine without an IOMMU the driver may have its device all the same, which then reaches all memory. The boot log says so. */
  readonly trustedDma?: boolean;
  /** Rights of the capability "system". */
  readonly system?: readonly SystemRight[];
  /** Constants by name. */
  readonly numbers?: Readonly<Record<string, number | bigint>>;
  /** The screen, as region "framebuffer" and four numbers; the service starts on a machine without one too. */
  readonly framebuffer?: boolean;
  /** 32 random bytes of its own. */
  readonly seed?: boolean;
  /** Capability "interrupt": a notification by which the service tells init to end the foreground program (^C). */
  readonly interrupt?: boolean;
  /** Its own endpoint, as capability "endpoint": with it the service mints resources. */
  readonly mints?: boolean;
  /** Bytes that outlive it, as region "kept": each instance finds them as the one before it left them, zeros at first. Whole pages, up to 1 MiB. */
  readonly keeps?: number;
  /** The boot parameters, as region "parameters". */
  readonly parameters?: boolean;
}

export interface Image {
  readonly name: string;
  readonly summary: string;
  readonly services: Readonly<Record<string, Service>>;
  /** More modules for the archive, by folder in services/, for `load` and `replace`; "sfi": they may run in supervisor mode too. */
  readonly modules?: Readonly<Record<string, "sfi" | "hw">>;
  /** The service of `policy` that decides from the beginning; default: the kernel's fixed priorities. */
  readonly scheduler?: string;
  /** Mode of init itself; default "sfi". */
  readonly init?: "sfi" | "hw";
  /** true: runs the program that the boot parameters name, and powers off with its status. */
  readonly runsProgram?: boolean;
}

/** Gives an image its type; the checks are encode.ts's. */
export function defineImage(image: Image): Image {
  return image;
}

export const KiB = 1024;
export const MiB = 1024 * KiB;
