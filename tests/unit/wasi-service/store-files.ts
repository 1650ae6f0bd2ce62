// The store of services/vdfs in Node as a companion's server of files: what the service does with the same store (services/vdfs/methods.ts), for one
// client. Tests put it on disks that lose power.
import { ROOT_NODE, type Store } from "../../../scripts/vdfs/store.ts";
import { type Buffers, errorNumber, type FilesServer } from "./files-server.ts";

/** Numbers of services/vdfs/store/log/apply.ts. */
const CHANGE = { create: 1, symlink: 2, link: 3, unlink: 4, rename: 5, write: 6, truncate: 7 };

export class StoreFiles implements FilesServer {
  private readonly store: Store;
  private readonly open = new Map<bigint, number>();

  constructor(store: Store) {
    this.store = store;
  }

  call(method: number, words: bigint[], buffers: Buffers): bigint {
    const [a = 0n, b = 0n, c = 0n] = words;
    const bytes = (span: bigint): Buffer =>
      Buffer.from(buffers.buffer().slice(Number(span & 0xffff_ffffn), Number((span & 0xffff_ffffn) + (span >> 32n))));
    const reply = (...values: (bigint | number)[]): bigint => {
      values.forEach((value, i) => void buffers.reply(i + 1, BigInt(value)));
      return 0n;
    };
    const out = buffers.buffer();
    switch (method) {
      case 1:
        return reply(ROOT_NODE, 3, 0, 0);
      case 2: {
        const node = this.attempt(() => this.store.lookup(a, bytes(b).toString()));
        return typeof node === "bigint" ? node : reply(this.hold(node.node), node.kind);
      }
      case 3: {
        const left = (this.open.get(a) ?? 0) - 1;
        if (left > 0) this.open.set(a, left);
        else if (this.open.delete(a)) return this.store.raw("forget", a);
        return 0n;
      }
      case 4: {
        const s = this.attempt(() => this.store.status(a));
        if (typeof s === "bigint") return s;
        return reply(BigInt(s.kind) | (BigInt(s.links) << 32n), s.size, s.modified, s.accessed, s.changed);
      }
      case 5:
        return this.made(this.change(CHANGE.create, a, c, 0n, bytes(b)));
      case 6:
        return this.made(this.change(CHANGE.symlink, a, 0n, 0n, bytes(b)));
      case 7:
        return this.copy(out, () => this.store.readAll(a));
      case 8:
        return this.change(CHANGE.link, a, b, 0n, bytes(c));
      case 9:
        return this.change(CHANGE.unlink, a, c, 0n, bytes(b));
      case 10:
        return this.change(CHANGE.rename, a, b, 0n, bytes(c));
      case 12:
        return this.copy(out, () => this.store.read(a, Number(b), Math.min(Number(c), out.length)));
      case 14:
        return this.change(CHANGE.write, a, b, 0n, bytes(c));
      case 15:
        return this.change(CHANGE.truncate, a, b, 0n, Buffer.alloc(0));
      case 18:
        return this.store.raw("sync");
      default:
        return errorNumber("E_METHOD");
    }
  }

  private attempt<T>(work: () => T): T | bigint {
    try {
      return work();
    } catch (error) {
      const { error: number } = error as { error?: number };
      if (number === undefined) throw error;
      return BigInt(number);
    }
  }

  private copy(out: Uint8Array, work: () => Uint8Array): bigint {
    const data = this.attempt(work);
    if (typeof data === "bigint") return data;
    out.set(data);
    return BigInt(data.length);
  }

  private change(number: number, a: bigint, b: bigint, c: bigint, data: Buffer): bigint {
    const { exports } = this.store;
    const memory = exports["memory"] as unknown as WebAssembly.Memory;
    this.place ??= Number(this.store.raw("allocate", 65536)) >>> 0;
    new Uint8Array(memory.buffer).set(data, this.place);
    return this.store.raw("change", number, this.store.now(), a, b, c, this.place, data.length);
  }
  private place: number | undefined;

  private hold(node: bigint): bigint {
    const count = this.open.get(node) ?? 0;
    if (count === 0) this.store.raw("open", node);
    this.open.set(node, count + 1);
    return node;
  }

  private made(node: bigint): bigint {
    return node < 0n ? node : this.hold(node);
  }
}
