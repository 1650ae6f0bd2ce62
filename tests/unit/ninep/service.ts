// services/ninep in Node: the compiled service, its virtio device played by tests/unit/virtio, the host behind it by host.ts. It can stand
// behind a companion (tests/unit/wasi-service) as a server of files.
import { type Chain, FEATURE_EVENT_INDEX, FEATURE_VERSION_1 } from "../virtio/device.ts";
import { Machine } from "../virtio/machine.ts";
import type { Buffers, FilesServer } from "../wasi-service/files-server.ts";
import type { HostDirectory } from "./host.ts";

/** Client number 1, slot 1; role 1 may only read. */
export const CLIENT = 0x0101n;
export const OTHER_CLIENT = 0x0202n;
export const READER = (1n << 56n) | 0x0303n;
const BUFFER_BYTES = 16384;

export class NinepService implements FilesServer {
  readonly machine: Machine;
  private constructor(machine: Machine) {
    this.machine = machine;
  }

  static async start(host: HostDirectory): Promise<NinepService> {
    let machine: Machine | undefined;
    const serve = (chain: Chain): number => {
      const memory = machine?.memory;
      const [out, back] = chain.parts;
      if (memory === undefined || out === undefined || back === undefined) throw new Error("two parts are needed");
      const answer = host.answer(Buffer.from(memory.at(out.address, out.length)));
      memory.at(back.address, back.length).set(answer.subarray(0, back.length));
      return answer.length;
    };
    machine = await Machine.start({
      service: "ninep",
      way: "pci",
      identity: 9,
      features: FEATURE_VERSION_1 | FEATURE_EVENT_INDEX | 1n,
      configuration: Buffer.from("\x04\0host", "latin1"),
      queues: [128],
      serve,
      prepare: (made) => {
        machine = made;
      },
    });
    return new NinepService(machine);
  }

  /** A method with the client's words; bytes go by the client's buffer. */
  ask(badge: bigint, method: number, ...words: (bigint | number)[]): { answer: bigint; words: bigint[] } {
    const call = this.machine.call(badge, method, ...words);
    if (call.answer === undefined) throw new Error("the service did not answer");
    return { answer: call.answer, words: call.words };
  }

  buffer(badge: bigint): Uint8Array {
    return this.machine.buffer(badge, BUFFER_BYTES);
  }

  call(method: number, words: bigint[], buffers: Buffers): bigint {
    const theirs = buffers.buffer();
    const ours = this.buffer(CLIENT);
    ours.set(theirs.subarray(0, ours.length));
    const { answer, words: replies } = this.ask(CLIENT, method, ...words);
    theirs.set(this.buffer(CLIENT).subarray(0, theirs.length));
    replies.forEach((value, i) => void buffers.reply(i + 1, value));
    return answer;
  }
}
