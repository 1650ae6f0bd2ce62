// Image manifests: the encoder's checks, and init's decoder on good, hostile and random bytes (the Wasm that runs in the guest).
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import benchImage from "../../../images/bench.ts";
import runImage from "../../../images/run.ts";
import screenImage from "../../../images/screen.ts";
import shellImage from "../../../images/shell.ts";
import { BuildError } from "../../../linker/error.ts";
import { encodeManifest, fnv1a, modulesOf, startOrder } from "../../../linker/image/encode.ts";
import type { Image, Service } from "../../../linker/image/schema.ts";
import * as format from "../../../services/init/format.ts";
import { guestModule } from "./guest.ts";

interface Decoder {
  check_manifest(start: number, length: bigint): number;
  service_count(): number;
  grant_count(): number;
  service_record(index: number): number;
  grant_record(index: number): number;
  string_start(reference: number): number;
  string_length(reference: number): number;
  memory: WebAssembly.Memory;
}

const COMPILE_TIMEOUT_MS = 120_000;
const AT = 0x1_0000;
const [OK, TRUNCATED, NOT_ONE, OTHER_VERSION, DAMAGED, INVALID] = [0, 1, 2, 3, 4, 5];
let decoder: Decoder;

beforeAll(async () => {
  const instance = await WebAssembly.instantiate(await guestModule("services/init/manifest.ts"), {});
  decoder = instance.exports as unknown as Decoder;
}, COMPILE_TIMEOUT_MS);

function check(bytes: Uint8Array, length = bytes.length): number {
  new Uint8Array(decoder.memory.buffer).set(bytes, AT);
  return decoder.check_manifest(AT, BigInt(length));
}

function text(reference: number): string {
  return new TextDecoder().decode(
    new Uint8Array(decoder.memory.buffer, decoder.string_start(reference), decoder.string_length(reference)),
  );
}

function word(at: number): number {
  return new DataView(decoder.memory.buffer).getUint32(at, true);
}

function image(services: Record<string, Service>): Image {
  return { name: "test", summary: "", services };
}

/** Changes a manifest and repairs its check sum, as an attacker would. */
function tampered(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(format.MANIFEST_CHECK_AT, fnv1a(copy.subarray(format.MANIFEST_SERVICES_AT)), true);
  return copy;
}

describe("what the encoder writes, the decoder reads", () => {
  test.each([shellImage, runImage, benchImage, screenImage])("image $name", (candidate) => {
    expect(check(encodeManifest(candidate))).toBe(OK);
    expect(decoder.service_count()).toBe(Object.keys(candidate.services).length);
    const seen = startOrder(candidate).map((name, index) => {
      const record = decoder.service_record(index);
      expect(text(word(record + format.SERVICE_NAME_AT))).toBe(name);
      expect(text(word(record + format.SERVICE_MODULE_AT))).toBe(candidate.services[name]?.module ?? name);
      return name;
    });
    for (const name of seen) {
      for (const callee of Object.keys(candidate.services[name]?.calls ?? {})) {
        if (callee !== "init") expect(seen.indexOf(callee)).toBeLessThan(seen.indexOf(name));
      }
    }
  });

  test("numbers keep all 64 bits", () => {
    expect(check(encodeManifest(image({ a: { numbers: { big: 0xfedc_ba98_7654_3210n } } })))).toBe(OK);
    const record = decoder.grant_record(0);
    expect([word(record + format.GRANT_A_AT), word(record + format.GRANT_B_AT)]).toEqual([0x7654_3210, 0xfedc_ba98]);
  });

  test("a module is trusted for sfi only when some service of the image runs it so", () => {
    const modules = modulesOf(image({ a: { isolation: "hw" }, b: { module: "a" }, c: { isolation: "hw" } }));
    expect(modules).toEqual([
      { module: "init", trusted: true },
      { module: "a", trusted: true },
      { module: "c", trusted: false },
    ]);
  });
});

describe("the encoder refuses", () => {
  test.each<[string, Record<string, Service>]>([
    ["a calls b, but the image has no service of that name", { a: { calls: { b: {} } } }],
    ["the calls a → b → a form a cycle", { a: { calls: { b: {} } }, b: { calls: { a: {} } } }],
    ["a buffer has up to 64 KiB", { a: {}, b: { calls: { a: { buffer: 5000 } } } }],
    ["an enclave shares no memory", { a: { isolation: "enclave" }, b: { calls: { a: {} } } }],
    ["an enclave has no devices", { a: { isolation: "enclave", devices: { uart: { kind: "uart" } } } }],
    ["a role is a number from 0 to 126", { a: {}, b: { calls: { a: { role: 127 } } } }],
    ["which is a program's companion", { a: { companion: true }, b: { calls: { a: {} } } }],
    ["priority 41", { a: { priority: 41 } }],
    ["memory of 1000 bytes", { a: { memory: 1000 } }],
    ['"Bad" cannot be a service\'s name', { Bad: {} }],
    ['"init" cannot be a service\'s name', { init: {} }],
    ["restart takes a limit", { a: { restart: { limit: 0, window_seconds: 5 } } }],
  ])("%s", (message, services) => {
    expect(() => encodeManifest(image(services))).toThrow(BuildError);
    expect(() => encodeManifest(image(services))).toThrow(message);
  });
});

describe("the decoder refuses", () => {
  const good = encodeManifest(shellImage);

  test.each<[string, number, (bytes: Uint8Array) => Uint8Array]>([
    ["nothing", TRUNCATED as number, () => new Uint8Array(0)],
    ["half a header", TRUNCATED as number, (bytes) => bytes.subarray(0, 20)],
    ["a missing tail", TRUNCATED as number, (bytes) => bytes.subarray(0, bytes.length - 1)],
    ["another magic", NOT_ONE as number, (bytes) => tampered(bytes, (view) => view.setUint32(0, 1, true))],
    ["another version", OTHER_VERSION as number, (bytes) => tampered(bytes, (view) => view.setUint32(4, 99, true))],
    ["a flipped bit", DAMAGED as number, (bytes) => bytes.map((byte, index) => (index === 40 ? byte ^ 4 : byte))],
    [
      "a million services",
      INVALID as number,
      (bytes) => tampered(bytes, (view) => view.setUint32(format.MANIFEST_SERVICE_COUNT_AT, 1_000_000, true)),
    ],
    [
      "counts that wrap",
      INVALID as number,
      (bytes) => tampered(bytes, (view) => view.setUint32(format.MANIFEST_STRING_BYTES_AT, 0xffff_ffff, true)),
    ],
    [
      "a name outside the strings",
      INVALID as number,
      (bytes) => tampered(bytes, (view) => view.setUint32(format.MANIFEST_SERVICES_AT, 0xffff_ffff, true)),
    ],
    [
      "grants outside the table",
      INVALID as number,
      (bytes) =>
        tampered(bytes, (view) =>
          view.setUint16(format.MANIFEST_SERVICES_AT + format.SERVICE_GRANT_COUNT_AT, 0xffff, true),
        ),
    ],
    [
      "isolation 7",
      INVALID as number,
      (bytes) => tampered(bytes, (view) => view.setUint8(format.MANIFEST_SERVICES_AT + format.SERVICE_ISOLATION_AT, 7)),
    ],
  ])("%s", (_what, result, change) => {
    expect(check(change(good))).toBe(result);
  });

  test("any bytes: a verdict, never a trap, and an accepted manifest refers only to itself", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(good.length - 1), value: fc.nat(255) }), { maxLength: 12 }),
        (changes) => {
          const bytes = tampered(good, (view) => {
            for (const { at, value } of changes) view.setUint8(at, value);
          });
          if (check(bytes) !== OK) return;
          for (let i = 0; i < decoder.service_count(); i++) {
            const reference = word(decoder.service_record(i) + format.SERVICE_NAME_AT);
            expect(decoder.string_start(reference) + decoder.string_length(reference)).toBeLessThanOrEqual(
              AT + bytes.length,
            );
          }
        },
      ),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => check(bytes) !== OK));
  });
});
