// Just enough of a kernel to run the console service in Node: start-up page, calls with detached replies, one
// notification, one timer, and a UART. Buffers lie in the window, at their real indices.

import { type GuestFunction, guestFunctions } from "./guest.ts";
import { type StartupEntry, writeStartup } from "./startup.ts";
import { Uart } from "./uart.ts";

const PARAMETERS = 0x8004_0000;
const BUFFERS = 0x8010_0000;
const STRIDE = 0x1_0000;
/** Linear memory and the part of the window that the test uses, as one memory. */
const MEMORY_PAGES = (BUFFERS + 16 * STRIDE) / 65536;
const CAPABILITY = 2;
const REGION = 3;
const SELF = 1;
const TYPE_REGION = 6n;
const METHOD_ATTACH = 0xffff_0001n;
/** init's connection: role 127, client number 1. */
export const INIT = (127n << 56n) | 0x100n;
export const STREAM = { output: 1n, error: 2n, log: 3n } as const;
const HANDLES = { self: 1n, uart: 2n, irq: 3n, interrupt: 4n, system: 5n, notification: 6n };

interface Exports {
  start(): void;
  event(bits: bigint): void;
  call(...words: bigint[]): bigint;
}

/** A caller's call: `answer` is undefined while it is blocked. */
export interface Call {
  answer: bigint | undefined;
  /** The caller has died: a reply fails. */
  isGone: boolean;
}

export class Kernel {
  readonly uart = new Uart();
  now = 0n;
  deadline: bigint | undefined;
  notified = 0n;
  replies = new Map<bigint, Call>();
  private attaching = 0n;
  private current: Call | undefined;
  private nextReply = 100n;
  private exports!: Exports;
  private memory!: WebAssembly.Memory;

  static async start(parameters: string, prepare: (kernel: Kernel) => void = () => undefined): Promise<Kernel> {
    const kernel = new Kernel();
    const functions = await guestFunctions("services/console/index.ts", { phi: kernel.gates() }, MEMORY_PAGES);
    kernel.exports = functions as unknown as Exports;
    kernel.memory = (functions as unknown as { memory: WebAssembly.Memory }).memory;
    kernel.writeStartup(parameters);
    prepare(kernel);
    kernel.exports.start();
    return kernel;
  }

  /** A client makes its buffer known; `badge` & 0xff is its slot, whose last client has ended. */
  attach(badge: bigint): void {
    this.attaching = badge;
    const status = this.exports.call(badge, METHOD_ATTACH, 9n, BigInt(STRIDE), 0n, 0n, 0n, 0n);
    if (status !== 0n) throw new Error(`attach answered ${status}`);
  }

  call(badge: bigint, method: bigint, ...words: bigint[]): Call {
    const call: Call = { answer: undefined, isGone: false };
    this.current = call;
    const all = [...words, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6);
    const answer = this.exports.call(badge, method, ...all);
    if (this.current === call) call.answer = answer;
    this.current = undefined;
    return call;
  }

  /** Method 1 of the interface. */
  write(badge: bigint, stream: bigint, data: string | Uint8Array): Call {
    return this.put(badge, 1n, data, stream);
  }

  /** A method whose last word is bytes: `data` is put at the buffer's start. */
  put(badge: bigint, method: bigint, data: string | Uint8Array, ...words: bigint[]): Call {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    this.buffer(badge).set(bytes);
    return this.call(badge, method, ...words, BigInt(bytes.length) << 32n);
  }

  read(badge: bigint, limit = 4096): Call {
    return this.call(badge, 2n, BigInt(limit));
  }

  /** The bytes that a read answered. */
  taken(badge: bigint, call: Call): string {
    return Buffer.from(this.buffer(badge).subarray(0, Number(call.answer))).toString("latin1");
  }

  buffer(badge: bigint): Uint8Array {
    return new Uint8Array(this.memory.buffer, BUFFERS + Number(badge & 0xffn) * STRIDE, STRIDE);
  }

  /** The host types or sends; interrupts are delivered until the UART has none. */
  type(text: string | Uint8Array): void {
    this.uart.receive(typeof text === "string" ? Buffer.from(text, "utf8") : text);
    this.interrupt();
  }

  interrupt(): void {
    for (let i = 0; this.uart.interrupts; i++) {
      if (i > 10_000) throw new Error("interrupt storm: the driver leaves a cause standing");
      this.exports.event(1n);
    }
  }

  /** Time passes; the timer fires if it is due. */
  advance(ns: bigint): void {
    this.now += ns;
    if (this.deadline === undefined || this.now < this.deadline) return;
    this.deadline = undefined;
    this.exports.event(2n);
  }

  /** What left the UART since the last time. */
  sent(): string {
    return Buffer.from(this.uart.wire.splice(0)).toString("utf8");
  }

  private gates(): Record<string, (...words: bigint[]) => bigint | undefined> {
    return {
      now: () => this.now,
      call: () => -1n,
      wait: () => 0n,
      detach: () => {
        this.replies.set(this.nextReply, this.current!);
        this.current = undefined;
        return this.nextReply++;
      },
      reply: (handle, status) => {
        const call = this.replies.get(handle!);
        if (call === undefined) throw new Error(`reply ${handle} is spent`);
        this.replies.delete(handle!);
        if (call.isGone) return -16n;
        call.answer = status!;
        return 0n;
      },
      cap_info: (_handle, field) => (field === 0n ? TYPE_REGION : this.attaching),
      cap_delete: (handle) => {
        this.replies.delete(handle!);
        return 0n;
      },
      notify: (_handle, bits) => {
        this.notified |= bits!;
        return 0n;
      },
      timer_set: (_handle, deadline) => {
        this.deadline = deadline === 0n ? undefined : deadline;
        return 0n;
      },
      notification_create: () => HANDLES.notification,
      notification_bind: () => 0n,
      irq_bind: () => 0n,
      irq_ack: () => 0n,
      system_info: () => 0n,
      region_map: () => 0n,
      region_unmap: () => 0n,
      device_load: (_device, place) => BigInt(this.uart.load(Number(place! & 0xffff_ffffn))),
      device_store: (_device, place, value) => {
        this.uart.store(Number(place! & 0xffff_ffffn), Number(value));
        return 0n;
      },
    };
  }

  private writeStartup(parameters: string): void {
    const text = Buffer.from(parameters);
    new Uint8Array(this.memory.buffer, PARAMETERS, 4096).set(text);
    const entries: StartupEntry[] = [
      [SELF, "", HANDLES.self, 0n, 0n],
      [CAPABILITY, "uart", HANDLES.uart, 0x101n, 8n],
      [CAPABILITY, "uart.irq", HANDLES.irq, 0n, 0n],
      [CAPABILITY, "interrupt", HANDLES.interrupt, 0x40n, 0n],
      [CAPABILITY, "system", HANDLES.system, 0n, 0n],
      [REGION, "parameters", 7n, BigInt(PARAMETERS), BigInt(text.length)],
    ];
    writeStartup(this.memory, entries);
  }
}

export type { GuestFunction };
