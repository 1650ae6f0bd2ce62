// What a simulated device sees as memory: regions of the driver under test, each at a physical address of its own, wherever it lies in the
// driver's linear memory or outside it. An access outside every region is remembered: a driver that causes one has a fault.

const PAGE = 4096;
const FIRST_ADDRESS = 0x4_0000_0000n;

export interface Memory {
  readonly address: bigint;
  readonly pages: number;
  /** Where the driver under test has it mapped; undefined: it lies in `own`. */
  index: number | undefined;
  readonly own: Uint8Array;
}

export class PhysicalMemory {
  readonly regions: Memory[] = [];
  readonly faults: string[] = [];
  /** Behind an IOMMU: what its context maps, by device addresses. Undefined: the device uses physical ones. */
  context: { address: bigint; region: Memory; offset: bigint; bytes: bigint }[] | undefined;
  private next = FIRST_ADDRESS;

  constructor(private readonly linear: () => ArrayBuffer) {}

  /** A contiguous region of zeroes; a page that nobody has lies between regions. */
  add(pages: number): Memory {
    const made: Memory = { address: this.next, pages, index: undefined, own: new Uint8Array(pages * PAGE) };
    this.next += BigInt((pages + 1) * PAGE);
    this.regions.push(made);
    return made;
  }

  bytes(region: Memory): Uint8Array {
    return region.index === undefined ? region.own : new Uint8Array(this.linear(), region.index, region.pages * PAGE);
  }

  /** The bytes at a physical address; what no region holds is a fault, and reads as a copy of nothing. */
  at(address: bigint, length: number): Uint8Array {
    if (this.context !== undefined) return this.mapped(this.context, address, length);
    for (const region of this.regions) {
      const offset = address - region.address;
      if (offset < 0n || offset + BigInt(length) > BigInt(region.pages * PAGE)) continue;
      return this.bytes(region).subarray(Number(offset), Number(offset) + length);
    }
    this.faults.push(`0x${address.toString(16)} + ${length}`);
    return new Uint8Array(length);
  }

  private mapped(context: NonNullable<PhysicalMemory["context"]>, address: bigint, length: number): Uint8Array {
    const end = address + BigInt(length);
    // pieces of one region that were mapped one behind the other
    const first = context.find((one) => address >= one.address && address < one.address + one.bytes);
    let reached = first === undefined ? 0n : first.address + first.bytes;
    for (let more = first; more !== undefined && reached < end; ) {
      more = context.find((one) => one.address === reached && one.region === first?.region);
      if (more !== undefined) reached += more.bytes;
    }
    if (first !== undefined && reached >= end) {
      const offset = Number(address - first.address + first.offset);
      return this.bytes(first.region).subarray(offset, offset + length);
    }
    this.faults.push(`0x${address.toString(16)} + ${length}`);
    return new Uint8Array(length);
  }

  view(address: bigint, length: number): DataView {
    const bytes = this.at(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
}
