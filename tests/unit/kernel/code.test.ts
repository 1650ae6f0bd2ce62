// Modules that are loaded at run time: the sealed copy nobody can change, its hash, who may run in supervisor mode, and enclaves.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { blake3 } from "../../../linker/phx/blake3.ts";
import { COMPILE_MS, compileKernel } from "./machine.ts";
import { child, freeFrames, HW, MIB, type Scene, SFI, scene } from "./scenario.ts";

const PAGE = 4096n;
const WINDOW = 0xa000_0000n;
const ENCLAVE = 0x1_0000n;
const ARCHIVE = 0x100_0000;

beforeAll(compileKernel, COMPILE_MS);

function physical({ machine, init }: Scene, index: bigint): number {
  return Number(machine.translate(init, machine.field(init, "DOMAIN_MEMORY_BASE") + index));
}

/** The bytes of the archive's module `number`. */
function moduleBytes({ machine }: Scene, number: number): Uint8Array {
  const [offset, length] = machine.module(number);
  return new Uint8Array(machine.memory.buffer).slice(ARCHIVE + Number(offset), ARCHIVE + Number(offset + length));
}

/** A region with these bytes, mapped at WINDOW; its frames do not follow one another unless told. */
function regionOf(start: Scene, bytes: Uint8Array, contiguous = false): bigint {
  const { machine, self } = start;
  const pages = BigInt(Math.ceil(bytes.length / 4096));
  const region = machine.gate("region_create", self, pages, contiguous ? 1n : 0n);
  while (machine.gate("region_fill", region) > 0n);
  for (let page = 0n; page < pages; page++) {
    expect(machine.gate("region_map", region, WINDOW + page * PAGE, page, 1n, 3n)).toBe(0n);
    const at = Number(page) * 4096;
    new Uint8Array(machine.memory.buffer).set(bytes.subarray(at, at + 4096), physical(start, WINDOW + page * PAGE));
  }
  return region;
}

function drop({ machine, self }: Scene, region: bigint): void {
  machine.gate("region_unmap", self, WINDOW, 0x1_0000n);
  machine.gate("cap_delete", region);
}

/** Hashes to the end; answers what the last step said. */
function verify({ machine }: Scene, code: bigint): bigint {
  let answer = machine.gate("code_verify", code);
  while (answer === 1n) answer = machine.gate("code_verify", code);
  return answer;
}

function hashOf({ machine }: Scene, code: bigint): Uint8Array {
  const words = Array.from({ length: 8 }, (_none, i) => Number(machine.gate("code_hash", code, BigInt(i))));
  return new Uint8Array(Uint32Array.from(words).buffer);
}

describe("a module from a region", () => {
  it("may run sfi once its hash is known to be in the archive, and not before", async () => {
    const start = await scene();
    const { machine, self } = start;
    const region = regionOf(start, moduleBytes(start, 1));
    const code = machine.gate("code_load", region, 0n, machine.module(1)[1]);
    expect(code).toBeGreaterThan(0n);
    expect(machine.gate("domain_create", self, code, SFI, MIB)).toBe(machine.error("E_UNTRUSTED"));
    expect(machine.gate("code_hash", code, 0n)).toBe(machine.error("E_STATE"));
    expect(machine.gate("code_verify", code)).toBe(1n);
    expect(machine.gate("domain_create", self, code, SFI, MIB)).toBe(machine.error("E_UNTRUSTED"));
    expect(verify(start, code)).toBe(0n);
    const without = machine.gate("cap_derive", code, machine.abi.value("CODE_RUN"), 0n);
    expect(machine.gate("domain_create", self, without, SFI, MIB)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("domain_create", self, code, SFI, MIB)).toBeGreaterThan(0n);
    expect(machine.gate("code_verify", without)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("code_hash", without, 0n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("code_hash", code, 8n)).toBe(machine.error("E_ARGUMENT"));
  });

  it("never may when a byte of it differs, or when the archive lists it for user mode alone", async () => {
    const start = await scene();
    const { machine, self } = start;
    const other = moduleBytes(start, 1);
    other[2 * 4096 + 77] = 1; // in its text
    for (const bytes of [other, moduleBytes(start, 2)]) {
      const region = regionOf(start, bytes);
      const code = machine.gate("code_load", region, 0n, BigInt(bytes.length));
      expect(verify(start, code)).toBe(machine.error("E_UNTRUSTED"));
      expect(verify(start, code)).toBe(machine.error("E_UNTRUSTED"));
      expect(machine.gate("domain_create", self, code, SFI, MIB)).toBe(machine.error("E_UNTRUSTED"));
      expect(machine.gate("domain_create", self, code, HW, MIB)).toBeGreaterThan(0n);
      drop(start, region);
    }
  });

  it("is a copy: what is written to the region afterwards changes neither code nor hash", async () => {
    const start = await scene();
    const { machine, self } = start;
    const bytes = moduleBytes(start, 1);
    const region = regionOf(start, bytes);
    const code = machine.gate("code_load", region, 0n, BigInt(bytes.length));
    const text = physical(start, WINDOW + PAGE);
    new Uint8Array(machine.memory.buffer).fill(0xcc, text, text + 4096);
    expect(verify(start, code)).toBe(0n);
    const unhashed = bytes.slice().fill(0, 96, 128);
    expect(hashOf(start, code)).toEqual(blake3(unhashed));
    const domain = machine.gate("domain_create", self, code, SFI, MIB);
    expect(domain).toBeGreaterThan(0n);
    const base = machine.gate("domain_status", domain, machine.abi.value("STATUS_CODE_BASE"));
    const mapped = Number(machine.translate(start.init, base)); // sfi: one root
    expect(machine.memory.getUint8(mapped)).toBe(0);
    expect(mapped).not.toBe(text);
  });

  it("has BLAKE3's hash, whatever its length", async () => {
    const start = await scene();
    const { machine } = start;
    const plain = moduleBytes(start, 1);
    fc.assert(
      fc.property(fc.integer({ min: plain.length, max: plain.length + 40_000 }), fc.nat(255), (length, seed) => {
        const bytes = new Uint8Array(length);
        for (let i = plain.length; i < length; i++) bytes[i] = (i * 31 + seed) & 255;
        bytes.set(plain);
        bytes.fill(seed, 96, 128); // the hash field itself does not count
        const region = regionOf(start, bytes);
        const code = machine.gate("code_load", region, 0n, BigInt(length));
        verify(start, code);
        const hash = hashOf(start, code);
        machine.gate("cap_delete", code);
        drop(start, region);
        return Buffer.from(hash).equals(blake3(bytes.fill(0, 96, 128)));
      }),
      { numRuns: 30 },
    );
  });

  it("that is long is sealed in steps, pays for all of it, and gives everything back", async () => {
    const start = await scene();
    const { machine, self } = start;
    const plain = moduleBytes(start, 1);
    const bytes = new Uint8Array(200 * 4096);
    bytes.set(plain);
    machine.gate("domain_destroy", child(start, 1, HW));
    const region = regionOf(start, bytes);
    const before = freeFrames(start);
    const code = machine.gate("code_load", region, 0n, BigInt(bytes.length));
    expect(machine.gate("domain_create", self, code, HW, MIB)).toBe(machine.error("E_STATE"));
    expect(machine.gate("code_verify", code)).toBe(machine.error("E_STATE"));
    let steps = 0;
    for (let left = machine.gate("code_seal", code); left !== 0n; left = machine.gate("code_seal", code)) steps++;
    expect(steps).toBe(2);
    const domain = machine.gate("domain_create", self, code, HW, MIB);
    expect(domain).toBeGreaterThan(0n);
    verify(start, code);
    machine.gate("domain_destroy", domain);
    machine.gate("cap_delete", code);
    expect(freeFrames(start)).toBe(before);
    const half = machine.gate("code_load", region, 0n, BigInt(bytes.length));
    expect(machine.gate("cap_delete", half)).toBe(0n);
    expect(freeFrames(start)).toBe(before);
    bytes[0] = 9;
    drop(start, region);
    const broken = regionOf(start, bytes);
    const never = machine.gate("code_load", broken, 0n, BigInt(bytes.length));
    while (machine.gate("code_seal", never) > 0n);
    expect(machine.gate("code_seal", never)).toBe(machine.error("E_FORMAT"));
    expect(machine.gate("domain_create", self, never, HW, MIB)).toBe(machine.error("E_STATE"));
  });
});

describe("an enclave", () => {
  async function enclave(): Promise<{ start: Scene; domain: bigint }> {
    const start = await scene();
    const { machine, self, archive } = start;
    const code = machine.gate("code_load", archive, ...machine.module(2));
    expect(machine.gate("domain_create", self, code, HW | ENCLAVE, MIB)).toBe(machine.error("E_STATE"));
    verify(start, code);
    expect(machine.gate("domain_create", self, code, SFI | ENCLAVE, MIB)).toBe(machine.error("E_ARGUMENT"));
    const domain = machine.gate("domain_create", self, code, HW | ENCLAVE, MIB);
    expect(domain).toBeGreaterThan(0n);
    return { start, domain };
  }

  it("is handed copies, never memory that somebody else has", async () => {
    const { start, domain } = await enclave();
    const { machine, self } = start;
    const region = regionOf(start, Uint8Array.of(1, 2, 3));
    expect(machine.gate("domain_map", domain, region, WINDOW, 1n << 32n, 3n)).toBe(machine.error("E_ARGUMENT"));
    const before = freeFrames(start);
    expect(machine.gate("domain_map", domain, region, WINDOW, 1n << 32n, 1n)).toBe(0n);
    expect(freeFrames(start)).toBeLessThan(before);
    machine.memory.setUint8(physical(start, WINDOW), 9);
    const id = machine.gate("domain_status", domain, machine.abi.value("STATUS_ID"));
    const index = [...Array(8).keys()]
      .map((i) => machine.abi.number("KERNEL_DOMAINS") + i * machine.abi.number("KERNEL_DOMAIN_SIZE"))
      .filter((at) => machine.field(at, "DOMAIN_ROOT") !== machine.field(start.init, "DOMAIN_ROOT"))
      .find((at) => machine.field(at, "DOMAIN_ROOT") !== 0n) as number;
    expect(id).toBeGreaterThan(0n);
    const copy = machine.translate(index, machine.field(index, "DOMAIN_MEMORY_BASE") + WINDOW);
    expect(machine.memory.getUint8(Number(copy))).toBe(1);
    // Nor capabilities to memory or devices, nor a view of its own memory, nor a personality.
    const rights = machine.gate("cap_info", region, 1n);
    expect(machine.gate("cap_grant", domain, region, rights, 0n)).toBe(machine.error("E_STATE"));
    expect(machine.gate("cap_move", domain, region)).toBe(machine.error("E_STATE"));
    expect(machine.gate("cap_grant", domain, machine.handle("STARTUP_DEVICE"), 1n, 0n)).toBe(machine.error("E_STATE"));
    expect(machine.gate("domain_memory", domain, 0xc000_0000n)).toBe(machine.error("E_STATE"));
    const endpoint = machine.gate("endpoint_create", self);
    expect(machine.gate("domain_personality", domain, endpoint, 0n)).toBe(machine.error("E_STATE"));
    expect(machine.gate("cap_grant", domain, endpoint, 1n, 0n)).toBeGreaterThan(0n);
  });

  it("proves by its endpoint what code serves it", async () => {
    const { start, domain } = await enclave();
    const { machine, self } = start;
    const endpoint = machine.gate("endpoint_create", self);
    expect(machine.gate("endpoint_attest", endpoint, 0n)).toBe(machine.error("E_ABSENT"));
    expect(machine.gate("endpoint_bind", endpoint, domain)).toBe(0n);
    const words = Array.from({ length: 8 }, (_none, i) => Number(machine.gate("endpoint_attest", endpoint, BigInt(i))));
    expect(new Uint8Array(Uint32Array.from(words).buffer)).toEqual(blake3(moduleBytes(start, 2).fill(0, 96, 128)));
    expect(machine.gate("endpoint_attest", endpoint, 8n)).toBe(machine.error("E_ARGUMENT"));
    const plain = child(start, 1);
    expect(machine.gate("endpoint_bind", endpoint, plain)).toBe(0n);
    expect(machine.gate("endpoint_attest", endpoint, 0n)).toBe(machine.error("E_ABSENT"));
  });
});

describe("physical addresses", () => {
  it("are told to whoever may program a device, of what it may pin, and to nobody else", async () => {
    const start = await scene();
    const { machine, self, system } = start;
    const region = regionOf(start, new Uint8Array(3 * 4096));
    const abi = machine.abi;
    for (let page = 0n; page < 3n; page++)
      expect(machine.gate("region_physical", system, region, page)).toBe(BigInt(physical(start, WINDOW + page * PAGE)));
    expect(machine.gate("region_physical", system, region, 3n)).toBe(machine.error("E_ARGUMENT"));
    expect(machine.gate("region_physical", system, region, 1n << 40n)).toBe(machine.error("E_ARGUMENT"));
    const unpinned = machine.gate("cap_derive", region, abi.value("REGION_READ") | abi.value("REGION_MAP"), 0n);
    expect(machine.gate("region_physical", system, unpinned, 0n)).toBe(machine.error("E_RIGHTS"));
    const poor = machine.gate("cap_derive", system, abi.value("SYSTEM_INFO"), 0n);
    expect(machine.gate("region_physical", poor, region, 0n)).toBe(machine.error("E_RIGHTS"));
    expect(machine.gate("region_physical", self, region, 0n)).toBe(machine.error("E_HANDLE"));
  });
});
