// Checks an image and writes its binary manifest (services/init/format.ts). Called by the build for every boot archive.
// Invariant: services stand in the order in which they can start, each after those that it calls.
import * as format from "../../services/init/format.ts";
import { BuildError } from "../error.ts";
import type { Call, DeviceKind, DriverClass, Image, Isolation, Restart, Service, SystemRight } from "./schema.ts";

const DEVICE_KINDS: Readonly<Record<DeviceKind, number>> = {
  uart: 1,
  "rtc-cmos": 2,
  "rtc-goldfish": 3,
  "pci-ports": 4,
  "pci-configuration": 5,
  "pci-memory": 6,
  ports: 7,
  "i8042-data": 8,
  "i8042-command": 9,
};
const ISOLATIONS: Readonly<Record<Isolation, number>> = { sfi: 0, hw: 1, enclave: format.SERVICE_ENCLAVE };
const SYSTEM_RIGHTS: Readonly<Record<SystemRight, number>> = {
  power: 1,
  info: 2,
  log: 4,
  trace: 8,
  hook: 16,
  dma: 32,
  messages: 64,
  devices: 128,
  iommu: 256,
  share: 0x8000,
};
/** CLASS_… of services/bus/interface.ts; with the unit and ROLE_TRUSTED they make the role of a driver's connection. */
export const DRIVER_CLASSES: Readonly<Record<DriverClass, number>> = {
  "virtio-net": 1,
  "virtio-blk": 2,
  "virtio-console": 3,
  "virtio-rng": 4,
  "virtio-gpu": 5,
  "virtio-input": 6,
  "virtio-9p": 9,
  nvme: 10,
  edu: 11,
};
const UNIT_SHIFT = 4;
const UNIT_MAX = 3;
const ROLE_TRUSTED = 64;
const BUS = "bus";
/** In the order of the scheduler service's numbers. */
const POLICIES = ["fair", "deadline"];
const CONTEXT_BUDGET_MIN_US = 50;
const CONTEXT_PERIOD_MAX_US = 4_000_000;
const DEFAULT_BUFFER = 16 * 1024;
const DEFAULT_MEMORY = 1024 * 1024;
const DEFAULT_PRIORITY = 24;
const DEFAULT_PAUSE_MS = 100;
/** Restarts in a minute before init gives up. One that drivers crash with once a second must not end what needs their device. */
const SERVICE_RESTARTS = 5;
const DRIVER_RESTARTS = 100;
const PAUSE_MAX_MS = 5000;
/** init's own: it cannot make anything more urgent than itself. */
const PRIORITY_MAX = 40;
const PAGE = 4096;
const BUFFER_MAX = 64 * 1024;
const KEPT_MAX = 1024 * 1024;
const NAME = /^[a-z][a-z0-9_.-]{0,47}$/;

interface Grant {
  readonly kind: number;
  readonly role?: number;
  readonly target?: number;
  readonly name: string;
  readonly a?: number;
  readonly b?: number;
}

/** The module folders that an image needs in its archive, init first, each once. */
export function modulesOf(image: Image): { module: string; trusted: boolean }[] {
  const modules = new Map<string, boolean>([["init", image.init !== "hw"]]);
  for (const [module, mode] of Object.entries(image.modules ?? {})) modules.set(module, mode === "sfi");
  for (const [name, service] of Object.entries(image.services)) {
    if (service.template) continue;
    const module = service.module ?? name;
    modules.set(module, (modules.get(module) ?? false) || (service.isolation ?? "sfi") === "sfi");
  }
  return [...modules].map(([module, trusted]) => ({ module, trusted }));
}

/** Whom a service calls: those of its entry, and the bus if it is a driver. */
export function callsOf(service: Service): Readonly<Record<string, Call>> {
  if (service.drives === undefined) return service.calls ?? {};
  const { unit = 0, trustedDma = false } = service;
  const role = DRIVER_CLASSES[service.drives] | (unit << UNIT_SHIFT) | (trustedDma ? ROLE_TRUSTED : 0);
  return { ...service.calls, [BUS]: { role, buffer: 0 } };
}

/** Service names in start order. Throws when calls form a cycle or go to nobody. */
export function startOrder(image: Image): string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      throw new BuildError(
        `Image ${image.name}: the calls ${[...path.slice(path.indexOf(name)), name].join(" → ")} form a cycle, so none of them can start first. Remove one of these calls.`,
      );
    }
    if (order.includes(name)) return;
    for (const callee of Object.keys(callsOf(image.services[name] ?? {}))) {
      if (callee === "init") continue;
      if (image.services[callee] === undefined) {
        throw new BuildError(
          `Image ${image.name}: ${name} calls ${callee}, but the image has no service of that name.`,
        );
      }
      visit(callee, [...path, name]);
    }
    order.push(name);
  };
  for (const name of Object.keys(image.services)) visit(name, []);
  return order;
}

export function encodeManifest(image: Image): Uint8Array {
  const order = startOrder(image);
  const strings = new StringTable();
  const grants: Grant[] = [];
  const records = order.map((name) => {
    const service = image.services[name];
    if (service === undefined) throw new BuildError(`Image ${image.name}: no service ${name}`);
    check(image, name, service);
    const first = grants.length;
    grants.push(...grantsOf(image, name, service, order));
    return { name, service, first, count: grants.length - first };
  });
  if (records.length > format.MANIFEST_SERVICE_MAX)
    fail(image, `${records.length} services; init holds ${format.MANIFEST_SERVICE_MAX}`);
  if (grants.length > format.MANIFEST_GRANT_MAX)
    fail(image, `${grants.length} grants; init holds ${format.MANIFEST_GRANT_MAX}`);
  for (const { name, service } of records) {
    strings.add(name);
    strings.add(service.module ?? name);
  }
  for (const grant of grants) strings.add(grant.name);

  const grantsAt = format.MANIFEST_SERVICES_AT + records.length * format.SERVICE_SIZE;
  const stringsAt = grantsAt + grants.length * format.GRANT_SIZE;
  const bytes = new Uint8Array(stringsAt + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(format.MANIFEST_MAGIC_AT, format.MANIFEST_MAGIC, true);
  view.setUint32(format.MANIFEST_VERSION_AT, format.MANIFEST_VERSION, true);
  view.setUint32(format.MANIFEST_LENGTH_AT, bytes.length, true);
  view.setUint32(format.MANIFEST_SERVICE_COUNT_AT, records.length, true);
  view.setUint32(format.MANIFEST_GRANT_COUNT_AT, grants.length, true);
  view.setUint32(format.MANIFEST_STRING_BYTES_AT, strings.length, true);
  view.setUint32(format.MANIFEST_FLAGS_AT, image.runsProgram ? format.IMAGE_RUNS_PROGRAM : 0, true);
  records.forEach((record, index) => {
    const at = format.MANIFEST_SERVICES_AT + index * format.SERVICE_SIZE;
    const { service } = record;
    const isAtOnce = service.drives !== undefined || record.name === BUS;
    const restart: Restart =
      service.restart === "never"
        ? { limit: 0, window_seconds: 0 }
        : (service.restart ?? { limit: isAtOnce ? DRIVER_RESTARTS : SERVICE_RESTARTS, window_seconds: 60 });
    view.setUint32(at + format.SERVICE_NAME_AT, strings.reference(record.name), true);
    view.setUint32(at + format.SERVICE_MODULE_AT, strings.reference(service.module ?? record.name), true);
    view.setUint8(at + format.SERVICE_ISOLATION_AT, ISOLATIONS[service.isolation ?? "sfi"]);
    view.setUint8(at + format.SERVICE_PRIORITY_AT, service.priority ?? DEFAULT_PRIORITY);
    view.setUint8(
      at + format.SERVICE_FLAGS_AT,
      (service.required ? format.SERVICE_REQUIRED : 0) |
        (service.companion ? format.SERVICE_COMPANION : 0) |
        (service.template ? format.SERVICE_TEMPLATE : 0) |
        (service.drives !== undefined ? format.SERVICE_DRIVER : 0) |
        (record.name === BUS ? format.SERVICE_BUS : 0),
    );
    view.setUint8(at + format.SERVICE_RESTART_LIMIT_AT, restart.limit);
    view.setUint32(at + format.SERVICE_RESTART_WINDOW_MS_AT, restart.window_seconds * 1000, true);
    view.setUint32(
      at + format.SERVICE_RESTART_PAUSE_MS_AT,
      restart.pause_ms ?? (isAtOnce ? 0 : DEFAULT_PAUSE_MS),
      true,
    );
    view.setUint32(at + format.SERVICE_BUDGET_KIB_AT, (service.memory ?? DEFAULT_MEMORY) / 1024, true);
    view.setUint16(at + format.SERVICE_GRANT_FIRST_AT, record.first, true);
    view.setUint16(at + format.SERVICE_GRANT_COUNT_AT, record.count, true);
  });
  grants.forEach((grant, index) => {
    const at = grantsAt + index * format.GRANT_SIZE;
    view.setUint8(at + format.GRANT_KIND_AT, grant.kind);
    view.setUint8(at + format.GRANT_ROLE_AT, grant.role ?? 0);
    view.setUint16(at + format.GRANT_TARGET_AT, grant.target ?? 0, true);
    view.setUint32(at + format.GRANT_NAME_AT, strings.reference(grant.name), true);
    view.setUint32(at + format.GRANT_A_AT, grant.a ?? 0, true);
    view.setUint32(at + format.GRANT_B_AT, grant.b ?? 0, true);
  });
  strings.write(bytes, stringsAt);
  view.setUint32(format.MANIFEST_CHECK_AT, fnv1a(bytes.subarray(format.MANIFEST_SERVICES_AT)), true);
  return bytes;
}

function grantsOf(image: Image, name: string, service: Service, order: readonly string[]): Grant[] {
  const grants: Grant[] = [];
  for (const [callee, call] of Object.entries(callsOf(service))) {
    const buffer = call.buffer ?? DEFAULT_BUFFER;
    const role = call.role ?? 0;
    if (buffer % PAGE !== 0 || buffer < 0 || buffer > BUFFER_MAX)
      fail(image, `${name} → ${callee}: a buffer has up to 64 KiB in whole pages, not ${buffer} bytes`);
    if (buffer !== 0 && [service, image.services[callee]].some((end) => end?.isolation === "enclave"))
      fail(image, `${name} → ${callee}: an enclave shares no memory; write buffer: 0`);
    if (!Number.isInteger(role) || role < 0 || role > 126)
      fail(image, `${name} → ${callee}: a role is a number from 0 to 126, not ${role}`);
    if (image.services[callee]?.companion)
      fail(image, `${name} calls ${callee}, which is a program's companion and serves its program alone`);
    if (image.services[callee]?.template)
      fail(image, `${name} calls ${callee}, which is what loaded modules get and never runs itself`);
    const target = callee === "init" ? format.GRANT_TARGET_INIT : order.indexOf(callee);
    grants.push({ kind: format.GRANT_CALL, role, target, name: callee, a: buffer });
  }
  for (const [label, device] of Object.entries(service.devices ?? {})) {
    grants.push({
      kind: format.GRANT_DEVICE,
      target: DEVICE_KINDS[device.kind],
      name: label,
      a: device.required === false ? 1 : 0,
      b: device.interrupt === false ? 1 : 0,
    });
  }
  if (service.system !== undefined) {
    grants.push({
      kind: format.GRANT_SYSTEM,
      name: "system",
      a: service.system.reduce((sum, right) => sum | SYSTEM_RIGHTS[right], 0),
    });
  }
  for (const [label, value] of Object.entries(service.numbers ?? {})) {
    const word = BigInt.asUintN(64, BigInt(value));
    grants.push({ kind: format.GRANT_NUMBER, name: label, a: Number(word & 0xffff_ffffn), b: Number(word >> 32n) });
  }
  if (service.framebuffer) grants.push({ kind: format.GRANT_FRAMEBUFFER, name: "framebuffer" });
  if (service.seed) grants.push({ kind: format.GRANT_SEED, name: "seed" });
  if (service.interrupt) grants.push({ kind: format.GRANT_INTERRUPT, name: "interrupt" });
  if (service.mints) grants.push({ kind: format.GRANT_ENDPOINT, name: "endpoint" });
  if (service.keeps !== undefined) {
    if (!Number.isInteger(service.keeps / PAGE) || service.keeps <= 0 || service.keeps > KEPT_MAX)
      fail(image, `${name}: keeps ${service.keeps} bytes: whole pages up to 1 MiB`);
    if (service.isolation === "enclave") fail(image, `${name}: an enclave shares no memory; it keeps nothing`);
    if (service.companion || service.template) fail(image, `${name}: keeps is for services that the image starts`);
    grants.push({ kind: format.GRANT_KEPT, name: "kept", a: service.keeps });
  }
  if (service.parameters) grants.push({ kind: format.GRANT_PARAMETERS, name: "parameters" });
  if (service.policy !== undefined) {
    grants.push({
      kind: format.GRANT_SCHEDULER,
      name: "scheduler",
      a: POLICIES.indexOf(service.policy),
      b: image.scheduler === name ? 1 : 0,
    });
  }
  const { share, context } = service;
  if (share !== undefined) {
    grants.push({
      kind: format.GRANT_SHARE,
      name: "share",
      target: share.weight ?? 1,
      a: share.budget_us ?? 0,
      b: share.period_us ?? 0,
    });
  }
  if (context !== undefined)
    grants.push({ kind: format.GRANT_CONTEXT, name: "context", a: context.budget_us, b: context.period_us });
  for (const grant of grants)
    if (!NAME.test(grant.name))
      fail(image, `${name}: "${grant.name}" is not a name (lower-case letters, digits, . _ -)`);
  return grants;
}

function check(image: Image, name: string, service: Service): void {
  if (service.isolation === "enclave") {
    const devices = Object.keys(service.devices ?? {}).length !== 0 || service.framebuffer === true;
    if (service.drives !== undefined) fail(image, `${name}: an enclave drives no device`);
    if (
      devices ||
      service.companion ||
      service.system?.some((right) => right === "dma" || right === "devices" || right === "iommu")
    )
      fail(image, `${name}: an enclave has no devices, no screen, no DMA, and is nobody's companion`);
  }
  if (!NAME.test(name) || name === "init")
    fail(image, `"${name}" cannot be a service's name (lower-case letters, digits, . _ -; init is taken)`);
  if (
    service.template &&
    (service.companion || service.required || service.mints || service.policy || service.isolation)
  )
    fail(image, `${name}: a template says what loaded modules get; their mode is chosen when they are loaded`);
  const templates = Object.values(image.services).filter(({ template }) => template);
  if (templates.length > 1) fail(image, `${templates.length} templates for loaded modules; init takes one`);
  const priority = service.priority ?? DEFAULT_PRIORITY;
  if (!Number.isInteger(priority) || priority < 0 || priority > PRIORITY_MAX)
    fail(image, `${name}: priority ${priority} is not 0 … ${PRIORITY_MAX}`);
  const memory = service.memory ?? DEFAULT_MEMORY;
  if (!Number.isInteger(memory / PAGE) || memory <= 0 || memory > 0x8000_0000)
    fail(image, `${name}: memory of ${memory} bytes is not whole pages up to 2 GiB`);
  checkDriver(image, name, service);
  checkTimes(image, name, service);
  const restart = service.restart;
  if (restart !== undefined && restart !== "never") {
    if (
      !Number.isInteger(restart.limit) ||
      restart.limit < 1 ||
      restart.limit > 255 ||
      !(restart.window_seconds >= 1 && restart.window_seconds <= 86_400) ||
      !((restart.pause_ms ?? 0) >= 0 && (restart.pause_ms ?? 0) <= PAUSE_MAX_MS)
    ) {
      fail(
        image,
        `${name}: restart takes a limit of 1 … 255 in a window of 1 … 86400 seconds, and a pause of at most ${PAUSE_MAX_MS} ms`,
      );
    }
  }
}

function checkDriver(image: Image, name: string, service: Service): void {
  const { drives, unit, trustedDma } = service;
  if (drives === undefined && (unit !== undefined || trustedDma !== undefined))
    fail(image, `${name}: unit and trustedDma are a driver's; say what it drives`);
  if (drives !== undefined && service.calls?.[BUS] !== undefined)
    fail(image, `${name}: a driver's connection to ${BUS} comes of what it drives; take it out of its calls`);
  if (drives === undefined && (service.calls?.[BUS]?.role ?? 0) !== 0)
    fail(image, `${name}: a role at ${BUS} comes of what a service drives; leave it out`);
  if (unit !== undefined && (!Number.isInteger(unit) || unit < 0 || unit > UNIT_MAX))
    fail(image, `${name}: unit ${unit} is not 0 … ${UNIT_MAX}`);
  const enclave = Object.entries(image.services).find(([, other]) => other.isolation === "enclave");
  if (trustedDma && enclave !== undefined)
    fail(
      image,
      `${name}: a device that reaches all memory would reach the enclave ${enclave[0]}: take trustedDma away`,
    );
}

function checkTimes(image: Image, name: string, service: Service): void {
  const { share, context, policy } = service;
  if (image.scheduler !== undefined && image.services[image.scheduler]?.policy === undefined)
    fail(image, `its scheduler ${image.scheduler} is no service with a policy`);
  if (policy !== undefined && (share !== undefined || context !== undefined))
    fail(image, `${name} decides when others run, so it can have no share and no context itself`);
  if (share !== undefined && context !== undefined)
    fail(image, `${name} has a share and a context; a scheduler or a limit, not both`);
  if (share !== undefined) {
    const { weight = 1, budget_us = 0, period_us = 0 } = share;
    if (!Number.isInteger(weight) || weight < 1 || weight > 65535)
      fail(image, `${name}: a weight is 1 … 65535, not ${weight}`);
    if (!(budget_us >= 0 && budget_us <= period_us && period_us <= CONTEXT_PERIOD_MAX_US))
      fail(image, `${name}: a share's budget is no more than its period, which has at most four seconds`);
  }
  if (context !== undefined) {
    const { budget_us, period_us } = context;
    if (!(budget_us >= CONTEXT_BUDGET_MIN_US && budget_us <= period_us && period_us <= CONTEXT_PERIOD_MAX_US))
      fail(image, `${name}: a context's budget is 50 microseconds … its period, which has at most four seconds`);
  }
}

function fail(image: Image, message: string): never {
  throw new BuildError(`Image ${image.name}: ${message}.`);
}

/** FNV-1a, 32 bits. */
export function fnv1a(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

/** Strings one after the other, each once; a reference is offset | length << 16. */
class StringTable {
  private readonly references = new Map<string, number>();
  private readonly parts: Uint8Array[] = [];
  length = 0;

  add(text: string): void {
    if (this.references.has(text)) return;
    const part = new TextEncoder().encode(text);
    this.references.set(text, (this.length | (part.length << 16)) >>> 0);
    this.parts.push(part);
    this.length += part.length;
  }

  reference(text: string): number {
    const reference = this.references.get(text);
    if (reference === undefined) throw new Error(`string ${text} was not added`);
    return reference;
  }

  write(bytes: Uint8Array, at: number): void {
    let cursor = at;
    for (const part of this.parts) {
      bytes.set(part, cursor);
      cursor += part.length;
    }
  }
}
