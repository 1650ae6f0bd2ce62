// A client of QEMU's machine protocol (QMP: JSON lines over a socket) as far as a test needs it: execute a command,
// await its answer. Guest makes one when asked for screenshots or instruction counts.

import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "./errors.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Request {
  readonly command: string;
  readonly resolve: (value: Json) => void;
  readonly reject: (reason: Error) => void;
}

export class QmpClient {
  readonly #socket: Socket;
  readonly #requests = new Map<number, Request>();
  #nextId = 1;
  #partial = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("close", () => this.#fail("the emulator closed the QMP connection"));
    socket.on("error", (error) => this.#fail(`QMP connection: ${error.message}`));
  }

  /** Connects to QEMU's socket, which appears shortly after QEMU starts, and leaves capability negotiation. */
  static async connect(path: string, timeout_ms = 10_000): Promise<QmpClient> {
    const deadline = Date.now() + timeout_ms;
    for (;;) {
      try {
        const client = new QmpClient(await open(path));
        await client.execute("qmp_capabilities");
        return client;
      } catch (error) {
        if (Date.now() > deadline) {
          throw new HarnessError("timeout", `no QMP connection at ${path} in ${timeout_ms / 1000} s: ${String(error)}`);
        }
        await sleep(20);
      }
    }
  }

  /** Runs one QMP command; rejects with QEMU's own description when it refuses. */
  execute(command: string, parameters: { [key: string]: Json } = {}, timeout_ms = 30_000): Promise<Json> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#requests.delete(id);
        reject(new HarnessError("timeout", `QMP command ${command} was not answered in ${timeout_ms / 1000} s`));
      }, timeout_ms);
      this.#requests.set(id, {
        command,
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (reason) => {
          clearTimeout(timer);
          reject(reason);
        },
      });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") this.#answer(line);
  }

  /** Events and the greeting carry no id and are dropped: nobody here waits for them. */
  #answer(line: string): void {
    const message = JSON.parse(line) as { id?: number; return?: Json; error?: { desc: string } };
    const request = message.id === undefined ? undefined : this.#requests.get(message.id);
    if (request === undefined || message.id === undefined) return;
    this.#requests.delete(message.id);
    if (message.error !== undefined) {
      request.reject(new HarnessError("protocol", `QMP command ${request.command}: ${message.error.desc}`));
    } else {
      request.resolve(message.return ?? null);
    }
  }

  #fail(reason: string): void {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests)
      request.reject(new HarnessError("protocol", `${reason} (during ${request.command})`));
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
