// A mock of the kernel's gates for services under test in Node: handles with rights and badges, regions, domains and notifications
// as plain objects. One service runs for real (its module); every other domain is an object that records what it was handed.
import { type ArchiveEntry, buildArchive } from "./archive.ts";

export const E_HANDLE = -1n;
export const E_RIGHTS = -2n;
export const E_ARGUMENT = -3n;
export const E_STATE = -11n;
export const E_PEER_GONE = -5n;
export const E_BUDGET = -7n;
export const E_FORMAT = -13n;
export const E_UNTRUSTED = -14n;

const PAGE = 4096;
const MESSAGE = 16;
const ARCHIVE_INDEX = 0x9000_0000;
const STARTUP_INDEX = 0x8000_0000;
const ALL = 0xffffn;

export interface Domain {
  readonly type: "domain";
  readonly id: bigint;
  readonly module: string;
  readonly isolation: number;
  readonly priority: number;
  readonly budget: bigint;
  state: number;
  exit: number;
  trap: number;
  supervisor: { notification: Notification; bits: bigint } | undefined;
  /** window index → what is mapped there */
  readonly mappings: Map<bigint, { region: Region; offset_pages: bigint; pages: bigint; rights: bigint }>;
  personality: { endpoint: Endpoint; badge: bigint } | undefined;
}

export interface Region {
  readonly type: "region";
  readonly id: bigint;
  readonly pages: bigint;
  bytes: Uint8Array;
  /** where the service under test sees it */
  index: number | undefined;
}

export interface Endpoint {
  readonly type: "endpoint";
  readonly id: bigint;
  server: Domain | undefined;
}

export interface Notification {
  readonly type: "notification";
  readonly id: bigint;
  bits: bigint;
  timer: { deadline: bigint; bits: bigint } | undefined;
}

export interface Thing<T extends string> {
  readonly type: T;
  readonly id: bigint;
  readonly name: string;
}

export type KernelObject =
  | Domain
  | Region
  | Endpoint
  | Notification
  | Thing<"system">
  | Thing<"device">
  | Thing<"irq">
  | Thing<"code">;

export interface Capability {
  readonly handle: bigint;
  readonly owner: Domain;
  readonly object: KernelObject;
  readonly rights: bigint;
  readonly badge: bigint;
  readonly parent: Capability | undefined;
}

export interface StartupEntry {
  readonly kind: number;
  readonly name: number;
  readonly handle: bigint;
  readonly a: bigint;
  readonly b: bigint;
}

/** What answers a call of the service under test, by server module. */
export type Handler = (badge: bigint, method: bigint, words: bigint[]) => bigint;

/** As the kernel's bits_legal. */
function legal(bits: bigint): boolean {
  return BigInt.asUintN(64, bits) >> 63n === 0n;
}

/** Thrown by gates that do not return. */
export class Ended extends Error {}

export class MockKernel {
  readonly capabilities = new Map<bigint, Capability>();
  readonly domains: Domain[] = [];
  readonly handlers = new Map<string, Handler>();
  readonly replies: { handle: bigint; status: bigint; words: bigint[] }[] = [];
  readonly archive: Uint8Array;
  now = 1_000_000_000n;
  power: bigint | undefined;
  /** domain_create of this module answers this error. */
  readonly refuse = new Map<string, bigint>();
  /** What scheduler_attach answers. */
  attachAnswer = 0n;
  private readonly self: Domain;
  private nextId = 1n;
  private bound: Notification | undefined;
  private memory!: WebAssembly.Memory;
  private exports!: Record<string, (...values: bigint[]) => bigint>;
  private detached = false;

  constructor(private readonly entries: readonly ArchiveEntry[]) {
    this.archive = buildArchive(entries);
    this.self = this.domain("init", 0, 40, 64n << 20n);
  }

  /** Instantiates the service, writes its start-up page, and calls `start`. */
  async run(module: WebAssembly.Module, page: readonly StartupEntry[] = this.initPage()): Promise<void> {
    const instance = await WebAssembly.instantiate(module, { phi: this.gates() });
    this.exports = instance.exports as unknown as Record<string, (...values: bigint[]) => bigint>;
    this.memory = instance.exports["memory"] as WebAssembly.Memory;
    this.bytes(ARCHIVE_INDEX, this.archive.length).set(this.archive);
    const view = new DataView(this.memory.buffer);
    page.forEach((entry, index) => {
      const at = STARTUP_INDEX + index * 32;
      view.setUint32(at, entry.kind, true);
      view.setUint32(at + 4, entry.name, true);
      view.setBigUint64(at + 8, entry.handle, true);
      view.setBigUint64(at + 16, entry.a, true);
      view.setBigUint64(at + 24, entry.b, true);
    });
    this.enter(() => this.exports["start"]?.());
  }

  /** init's page: self, system, archive, one UART with its interrupt, seed. */
  initPage(): StartupEntry[] {
    const archive: Region = {
      type: "region",
      id: this.id(),
      pages: BigInt(Math.ceil(this.archive.length / PAGE)),
      bytes: this.archive,
      index: ARCHIVE_INDEX,
    };
    return [
      { kind: 1, name: 0, handle: this.grant(this.self, this.self), a: 0n, b: 0n },
      {
        kind: 4,
        name: 0,
        handle: this.grant(this.self, { type: "system", id: this.id(), name: "system" }),
        a: 0n,
        b: 0n,
      },
      {
        kind: 3,
        name: 0,
        handle: this.grant(this.self, archive),
        a: BigInt(ARCHIVE_INDEX),
        b: BigInt(this.archive.length),
      },
      {
        kind: 5,
        name: 0,
        handle: this.grant(this.self, { type: "device", id: this.id(), name: "uart" }),
        a: 1n,
        b: 8n,
      },
      { kind: 6, name: 0, handle: this.grant(this.self, { type: "irq", id: this.id(), name: "irq4" }), a: 4n, b: 0n },
      { kind: 7, name: 0, handle: 0n, a: 0x1111n, b: 0x2222n },
      { kind: 7, name: 0, handle: 0n, a: 0x3333n, b: 0x4444n },
    ];
  }

  /** A protected call into the service under test; undefined when it detached its reply. */
  call(badge: bigint, method: bigint, ...words: bigint[]): bigint | undefined {
    this.detached = false;
    const padded = [...words, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6);
    const answer = this.enter(() => this.exports["call"]?.(badge, method, ...padded)) ?? 0n;
    return this.detached ? undefined : answer;
  }

  /** Reply word r1 … r5 of the last call. */
  word(index: number): bigint {
    return new DataView(this.memory.buffer).getBigUint64(MESSAGE + index * 8, true);
  }

  bytes(index: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, index, length);
  }

  /** Ends a domain as the kernel would, and delivers the supervisor's bits. */
  end(domain: Domain, state: number, value: number): void {
    domain.state = state;
    if (state === 5) domain.trap = value;
    else domain.exit = value;
    if (domain.supervisor !== undefined) domain.supervisor.notification.bits |= domain.supervisor.bits;
    this.deliver();
  }

  /** What `notify` with these bits does; the kernel keeps bit 63 for itself, because an answer below zero is an error. */
  signal(notification: Notification, bits: bigint): void {
    if (!legal(bits)) throw new Error(`bits 0x${bits.toString(16)} cannot be signalled`);
    notification.bits |= bits;
    this.deliver();
  }

  /** Moves time on; timers that are due fire. */
  advance(ns: bigint): void {
    this.now += ns;
    for (const capability of [...this.capabilities.values()]) {
      const { object } = capability;
      if (object.type !== "notification" || object.timer === undefined || object.timer.deadline > this.now) continue;
      object.bits |= object.timer.bits;
      object.timer = undefined;
    }
    this.deliver();
  }

  /** The newest domain of a module that has not been destroyed. */
  newest(module: string): Domain {
    const found = this.domains.filter((domain) => domain.module === module && domain.state !== 0).at(-1);
    if (found === undefined) throw new Error(`no domain of ${module}`);
    return found;
  }

  /** The start-up page that a domain sees. */
  page(domain: Domain): StartupEntry[] {
    const mapping = domain.mappings.get(BigInt(STARTUP_INDEX));
    if (mapping?.region.index === undefined) throw new Error("the domain has no start-up page");
    const view = new DataView(this.memory.buffer, mapping.region.index, PAGE);
    const entries: StartupEntry[] = [];
    for (let at = 0; view.getUint32(at, true) !== 0; at += 32) {
      entries.push({
        kind: view.getUint32(at, true),
        name: view.getUint32(at + 4, true),
        handle: view.getBigUint64(at + 8, true),
        a: view.getBigUint64(at + 16, true),
        b: view.getBigUint64(at + 24, true),
      });
    }
    return entries;
  }

  /** Content of a region, wherever it lives. */
  content(region: Region): Uint8Array {
    return region.index === undefined ? region.bytes : this.bytes(region.index, Number(region.pages) * PAGE);
  }

  /** What a domain holds. */
  holdings(domain: Domain): Capability[] {
    return [...this.capabilities.values()].filter((capability) => capability.owner === domain);
  }

  private deliver(): void {
    const { bound } = this;
    if (bound === undefined || bound.bits === 0n) return;
    const bits = bound.bits;
    bound.bits = 0n;
    this.enter(() => this.exports["event"]?.(bits));
  }

  private enter(body: () => bigint | undefined): bigint | undefined {
    try {
      return body();
    } catch (error) {
      if (error instanceof Ended) return undefined;
      throw error;
    }
  }

  private id(): bigint {
    return this.nextId++;
  }

  private domain(module: string, isolation: number, priority: number, budget: bigint): Domain {
    const made: Domain = {
      type: "domain",
      id: this.id(),
      module,
      isolation,
      priority,
      budget,
      state: 1,
      exit: 0,
      trap: 0,
      supervisor: undefined,
      mappings: new Map(),
      personality: undefined,
    };
    this.domains.push(made);
    return made;
  }

  private grant(owner: Domain, object: KernelObject, rights = ALL, badge = 0n, parent?: Capability): bigint {
    const handle = this.id() | (1n << 32n);
    this.capabilities.set(handle, { handle, owner, object, rights, badge, parent });
    return handle;
  }

  private own(handle: bigint): Capability | undefined {
    const capability = this.capabilities.get(BigInt.asUintN(64, handle));
    return capability?.owner === this.self ? capability : undefined;
  }

  private object<T extends KernelObject["type"]>(
    handle: bigint,
    type: T,
  ): Extract<KernelObject, { type: T }> | undefined {
    const object = this.own(handle)?.object;
    return object?.type === type ? (object as Extract<KernelObject, { type: T }>) : undefined;
  }

  private revoke(parent: Capability): void {
    for (const capability of [...this.capabilities.values()]) {
      if (capability.parent !== parent) continue;
      this.revoke(capability);
      this.capabilities.delete(capability.handle);
    }
  }

  /** The module whose archive entry starts at an offset. */
  private moduleAt(offset: bigint): ArchiveEntry | undefined {
    return this.entries.find((entry) => BigInt(entry.offset ?? -1) === offset);
  }

  private gates(): Record<string, (...values: never[]) => bigint | undefined> {
    const u = (value: bigint): bigint => BigInt.asUintN(64, value);
    return {
      exit: (): never => {
        throw new Ended("exit");
      },
      yield: () => 0n,
      now: () => this.now,
      counter: () => this.now,
      call: (handle: bigint, method: bigint, ...words: bigint[]) => this.outgoing(handle, u(method), words.map(u)),
      call_words: (handle: bigint, method: bigint, ...words: bigint[]) =>
        this.outgoing(handle, u(method), words.map(u)),
      call_until: (handle: bigint, method: bigint, ...words: bigint[]) =>
        this.outgoing(handle, u(method), words.map(u)),
      detach: () => {
        this.detached = true;
        return this.id();
      },
      reply: (handle: bigint, status: bigint, ...words: bigint[]) => {
        this.replies.push({ handle, status, words: words.map(u) });
        return 0n;
      },
      notify: (handle: bigint, bits: bigint) => {
        const object = this.object(handle, "notification");
        if (object === undefined) return E_HANDLE;
        if (!legal(bits)) return E_ARGUMENT;
        object.bits |= u(bits);
        return 0n;
      },
      wait: () => -9n,
      notification_bind: (handle: bigint) => {
        this.bound = this.object(handle, "notification");
        return this.bound === undefined ? E_HANDLE : 0n;
      },
      timer_set: (handle: bigint, deadline: bigint, bits: bigint) => {
        const object = this.object(handle, "notification");
        if (object === undefined) return E_HANDLE;
        if (!legal(bits)) return E_ARGUMENT;
        object.timer = deadline === 0n ? undefined : { deadline: u(deadline), bits: u(bits) };
        return 0n;
      },
      cap_derive: (handle: bigint, rights: bigint, badge: bigint) =>
        this.derive(this.self, handle, u(rights), u(badge)),
      cap_grant: (domain: bigint, handle: bigint, rights: bigint, badge: bigint) => {
        const target = this.object(domain, "domain");
        return target === undefined ? E_HANDLE : this.derive(target, handle, u(rights), u(badge));
      },
      cap_delete: (handle: bigint) => {
        const capability = this.own(handle);
        if (capability === undefined) return E_HANDLE;
        this.capabilities.delete(capability.handle);
        return 0n;
      },
      cap_revoke: (handle: bigint) => {
        const capability = this.own(handle);
        if (capability === undefined) return E_HANDLE;
        this.revoke(capability);
        return 0n;
      },
      cap_info: (handle: bigint, field: bigint) => {
        const capability = this.own(handle);
        if (capability === undefined) return E_HANDLE;
        const types: Record<string, bigint> = {
          code: 1n,
          domain: 2n,
          endpoint: 3n,
          notification: 5n,
          region: 6n,
          irq: 7n,
          device: 8n,
          system: 9n,
        };
        return (
          [types[capability.object.type] ?? 0n, capability.rights, capability.badge, capability.object.id][
            Number(field)
          ] ?? E_ARGUMENT
        );
      },
      cap_next: () => 0n,
      endpoint_create: () => this.grant(this.self, { type: "endpoint", id: this.id(), server: undefined }),
      endpoint_status: (handle: bigint) => (this.object(handle, "endpoint") === undefined ? E_HANDLE : 0n),
      endpoint_bind: (handle: bigint, domain: bigint) => {
        const endpoint = this.object(handle, "endpoint");
        const server = this.object(domain, "domain");
        if (endpoint === undefined || server === undefined) return E_HANDLE;
        endpoint.server = server;
        return 0n;
      },
      notification_create: () =>
        this.grant(this.self, { type: "notification", id: this.id(), bits: 0n, timer: undefined }),
      region_create: (_self: bigint, pages: bigint) =>
        this.grant(this.self, {
          type: "region",
          id: this.id(),
          pages,
          bytes: new Uint8Array(Number(pages) * PAGE),
          index: undefined,
        }),
      // A scheduler is only something to hold and to be refused by.
      scheduler_create: () =>
        this.grant(this.self, { type: "notification", id: this.id(), bits: 0n, timer: undefined }),
      scheduler_attach: () => this.attachAnswer,
      scheduler_next: () => 0n,
      // No image of these tests has a service that is replaced.
      ...Object.fromEntries(
        ["context_create", "context_bind", "domain_hold", "domain_release", "domain_replace"].map((name) => [
          name,
          () => E_ARGUMENT,
        ]),
      ),
      region_fill: () => 0n,
      region_map: (handle: bigint, index: bigint) => {
        const region = this.object(handle, "region");
        if (region === undefined) return E_HANDLE;
        if (region.index === undefined) {
          region.index = Number(u(index));
          this.bytes(region.index, region.bytes.length).set(region.bytes);
        }
        return 0n;
      },
      region_unmap: (_self: bigint, index: bigint) => {
        for (const { object } of this.capabilities.values()) {
          if (object.type !== "region" || object.index !== Number(u(index))) continue;
          object.bytes = this.bytes(object.index, Number(object.pages) * PAGE).slice();
          this.bytes(object.index, object.bytes.length).fill(0);
          object.index = undefined;
        }
        return 0n;
      },
      code_load: (_region: bigint, offset: bigint) => {
        const entry = this.moduleAt(u(offset));
        return entry === undefined
          ? E_FORMAT
          : this.grant(this.self, { type: "code", id: this.id(), name: entry.name });
      },
      code_seal: () => 0n,
      code_verify: () => 0n,
      code_hash: () => 0n,
      offer: () => 0n,
      accept: () => E_STATE,
      domain_create: (_self: bigint, code: bigint, options: bigint, budget: bigint) => {
        const object = this.object(code, "code");
        if (object === undefined) return E_HANDLE;
        const refused = this.refuse.get(object.name);
        if (refused !== undefined) return refused;
        const isolation = Number(options & 0xffn);
        const trusted = this.entries.find((entry) => entry.name === object.name)?.trusted ?? false;
        if (isolation === 0 && !trusted) return E_UNTRUSTED;
        return this.grant(this.self, this.domain(object.name, isolation, Number(options >> 8n), u(budget)));
      },
      domain_map: (handle: bigint, regionHandle: bigint, index: bigint, span: bigint, rights: bigint) => {
        const domain = this.object(handle, "domain");
        const region = this.object(regionHandle, "region");
        if (domain === undefined || region === undefined) return E_HANDLE;
        if (domain.state !== 1) return E_STATE;
        const offset_pages = u(span) & 0xffff_ffffn;
        const pages = u(span) >> 32n;
        if (pages === 0n || pages > 512n || offset_pages + pages > region.pages) return E_ARGUMENT;
        domain.mappings.set(u(index), { region, offset_pages, pages, rights: u(rights) });
        return 0n;
      },
      domain_personality: (handle: bigint, endpointHandle: bigint, badge: bigint) => {
        const domain = this.object(handle, "domain");
        const endpoint = this.object(endpointHandle, "endpoint");
        if (domain === undefined || endpoint === undefined) return E_HANDLE;
        domain.personality = { endpoint, badge: u(badge) };
        return 0n;
      },
      domain_memory: () => 0n,
      domain_start: (handle: bigint) => {
        const domain = this.object(handle, "domain");
        if (domain === undefined) return E_HANDLE;
        if (domain.state !== 1) return E_STATE;
        domain.state = 2;
        return 0n;
      },
      domain_stop: (handle: bigint) => {
        const domain = this.object(handle, "domain");
        if (domain === undefined) return E_HANDLE;
        if (domain.state > 3) return E_STATE;
        domain.state = 6;
        if (domain.supervisor !== undefined) domain.supervisor.notification.bits |= domain.supervisor.bits;
        return 0n;
      },
      domain_destroy: (handle: bigint) => {
        const domain = this.object(handle, "domain");
        if (domain === undefined) return E_HANDLE;
        domain.state = 0;
        for (const capability of this.holdings(domain)) this.capabilities.delete(capability.handle);
        return 0n;
      },
      domain_status: (handle: bigint, field: bigint) => {
        const domain = this.object(handle, "domain");
        if (domain === undefined) return E_HANDLE;
        const fields: Record<string, bigint> = {
          0: BigInt(domain.state),
          1: BigInt(domain.exit),
          2: BigInt(domain.trap),
          6: domain.budget,
        };
        return fields[String(field)] ?? 0n;
      },
      domain_supervise: (handle: bigint, notification: bigint, bits: bigint) => {
        const domain = this.object(handle, "domain");
        const object = this.object(notification, "notification");
        if (domain === undefined || object === undefined) return E_HANDLE;
        if (!legal(bits)) return E_ARGUMENT;
        domain.supervisor = { notification: object, bits: u(bits) };
        return 0n;
      },
      irq_bind: () => 0n,
      irq_ack: () => 0n,
      device_load: () => 0n,
      device_store: () => 0n,
      system_info: (_system: bigint, field: bigint) => (field === 1n ? 16384n : 0n),
      system_power: (_system: bigint, status: bigint): never => {
        this.power = u(status);
        throw new Ended("power");
      },
    };
  }

  private derive(owner: Domain, handle: bigint, rights: bigint, badge: bigint): bigint {
    const capability = this.own(handle);
    if (capability === undefined) return E_HANDLE;
    if ((rights & ~capability.rights) !== 0n) return E_RIGHTS;
    return this.grant(owner, capability.object, rights, capability.badge === 0n ? badge : capability.badge, capability);
  }

  private outgoing(handle: bigint, method: bigint, words: bigint[]): bigint {
    const capability = this.own(handle);
    if (capability?.object.type !== "endpoint") return E_HANDLE;
    const server = capability.object.server;
    if (server === undefined || server.state === 0 || server.state > 3) return E_PEER_GONE;
    return this.handlers.get(server.module)?.(capability.badge, method, words) ?? 0n;
  }
}
