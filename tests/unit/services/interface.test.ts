// The interface generator: what it accepts, what it refuses and where, and that generated code refuses bad calls.
import { beforeAll, describe, expect, test } from "vitest";
import { emitInterface } from "../../../linker/interface/emit.ts";
import { readInterface, servicesWithInterface } from "../../../linker/interface/generate.ts";
import { InterfaceError } from "../../../linker/interface/model.ts";
import { parseInterface } from "../../../linker/interface/parse.ts";
import { guestModule, ROOT } from "./guest.ts";

const COMPILE_TIMEOUT_MS = 120_000;

const GOOD = `
/** A number. */
export const LIMIT: u32 = 0x10;
export interface Sample {
  /** One. */
  one(a: u32, b: bytes): i64;
  /**
   * Two
   * lines.
   */
  two(s: string): bytes;
  /** Three. */
  three(): { x: u32, y: bool };
}
`;

describe("parsing", () => {
  test("reads constants, methods in order, documentation and results", () => {
    const model = parseInterface("x.ts", GOOD);
    expect(model.constants).toEqual([{ name: "LIMIT", type: "u32", value: "0x10", documentation: "A number." }]);
    expect(model.methods.map((method) => [method.number, method.name, method.result.kind])).toEqual([
      [1, "one", "scalar"],
      [2, "two", "bytes"],
      [3, "three", "fields"],
    ]);
    expect(model.methods[1]?.documentation).toBe("Two\nlines.");
    expect(model.methods[0]?.arguments).toEqual([
      { name: "a", type: "u32" },
      { name: "b", type: "bytes" },
    ]);
  });

  test.each([
    ["export interface A { one(a: u32): i64; }", 1, "no /** comment */"],
    [
      "export interface A {\n  /** x */\n  one(a: f64): i64;\n}",
      3,
      "`f64` is not an argument's type: use one of u32, i32",
    ],
    ["export interface A {\n/** x */ one(a: u32, a: u32): i64; }", 2, "argument a is declared twice"],
    ["export interface A {\n/** x */ one(): i64;\n/** y */ one(): i64; }", 3, "method one is declared twice"],
    ["export interface A {\n/** x */ one(): { two: u32 };\n/** y */ two(): i64;\n}", 4, "the name of a method"],
    [
      "export interface A {\n/** x */ one(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32): i64; }",
      2,
      "7 arguments; a call carries 6",
    ],
    [
      "export interface A {\n/** x */ one(): { a: u32, b: u32, c: u32, d: u32, e: u32, f: u32 }; }",
      2,
      "answers 6 words; a reply carries 1 to 5",
    ],
    ["export interface A {\n/** x */ one(): {}; }", 2, "answers 0 words"],
    ["export interface A {\n/** x */ one(): string; }", 2, "`string` is not a result's type"],
    ["export interface A {\n/** x */ yield(): i64; }", 2, "`yield` cannot be a method's name"],
    ["export interface A {\n/** x */ one() i64; }", 2, "expected `:`, found `i64`"],
    ["export interface A {\n/** x */ one(): i64;", 2, "expected a method's name, found `the end of the file`"],
    ["export interface A { }\nexport interface B { }", 2, "a second interface"],
    ["export const A: u32 = 1;", 1, "no `export interface Name"],
    ["export const A: u32 = B;\nexport interface C { }", 1, "must be an integer literal"],
    ["export class A { }", 1, "expected `const` or `interface`"],
    ["export interface A {\n/** x */ one(a: u32[]): i64; }", 2, 'unexpected character "["'],
    ["export interface A {\n/** x */ one(a: capability, b: capability): i64; }", 2, "takes several capabilities"],
    ["export interface A {\n/** x @right READ */ one(): capability; }", 2, "can offer nothing"],
    ["export interface A {\n/** x @right read */ one(): i64; }", 2, "`read` is not a right's name"],
    ["export interface A {\n/** x @right READ */ one(a: bytes): i64; }", 2, "can offer nothing: pass words"],
    [
      `export interface A {\n${Array.from({ length: 17 }, (_, i) => `/** x @right R${i} */ m${i}(): i64;`).join(" ")} }`,
      2,
      "right R16 is one too many",
    ],
    [
      `export interface A {\n${Array.from({ length: 32 }, (_, i) => `/** x @right R */ m${i}(): i64;`).join(" ")} }`,
      2,
      "method m31 is number 32; the kernel checks rights below 32",
    ],
  ])("%j is refused at line %d", (text, line, message) => {
    let error: unknown;
    try {
      parseInterface("services/x/interface.ts", text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InterfaceError);
    expect((error as InterfaceError).message).toContain(`services/x/interface.ts:${line}: `);
    expect((error as InterfaceError).message).toContain(message);
  });
});

describe("rights of resources", () => {
  const text = `export interface Box {
    /** Open to clients. */
    make(): i64;
    /** One. @right READ */
    one(): { word: u64 };
    /** Two. @right WRITE */
    two(word: u64): i64;
    /** Three.
     * @right READ */
    three(): i64;
  }`;

  test("are numbered as methods ask for them, and are no part of the documentation", () => {
    const model = parseInterface("x.ts", text);
    expect(model.rights).toEqual(["READ", "WRITE"]);
    expect(model.methods.map((method) => [method.right, method.documentation])).toEqual([
      [undefined, "Open to clients."],
      [0, "One."],
      [1, "Two."],
      [0, "Three."],
    ]);
  });

  test("become constants, a table for the kernel, a class for holders, and a check of the badge", () => {
    const files = emitInterface("box", parseInterface("x.ts", text));
    expect(files.get("constants.ts")).toContain("export const RIGHT_WRITE: u64 = 0x20000;");
    // Methods 2 … 4 ask for rights 0, 1, 0.
    expect(files.get("server.ts")).toContain("endpoint.set_methods(serve, 0x1000, 0x0, 0x1c)");
    expect(files.get("server.ts")).toContain("methods.two(badge ^ RESOURCE_BADGE, w0)");
    expect(files.get("server.ts")?.match(/RESOURCE_BADGE\) == 0\) return E_RIGHTS/g)).toHaveLength(3);
    const client = files.get("client.ts") ?? "";
    expect(client.indexOf("make()")).toBeLessThan(client.indexOf("class BoxResource"));
    expect(client.indexOf("two(word: u64)")).toBeGreaterThan(client.indexOf("class BoxResource"));
  });
});

describe("capabilities", () => {
  const text = `export interface Store {
    /** Takes one. */
    put(name: u32, file: capability): i64;
    /** Gives one. */
    get(name: u32): capability;
  }`;

  test("are offered anew with each attempt, accepted before the method runs, and accepted by the client", () => {
    const files = emitInterface("store", parseInterface("x.ts", text));
    const client = files.get("client.ts") ?? "";
    expect(client).toContain("put(name: u32, file: u64, file_rights: u64): i64 {");
    const offer = "file == 0 ? 0 : endpoint.offer(this.endpoint, file, file_rights)";
    expect(client.indexOf(offer)).toBeGreaterThan(client.indexOf("for (let attempt"));
    expect(client).toContain("endpoint.call(this.endpoint, 1, <u64>name, <u64>(file != 0), 0");
    expect(client).toContain("return answer < 0 ? answer : endpoint.accept(this.endpoint);");
    const server = files.get("server.ts") ?? "";
    expect(server).toContain("w1 == 0 ? 0 : endpoint.accept(endpoint.OFFER_CALLER);");
    expect(server).toContain("methods.put(badge, <u32>w0, <u64>accepted)");
    expect(server.indexOf("w1 > 1) return E_ARGUMENT")).toBeLessThan(server.indexOf("endpoint.accept"));
  });
});

describe("the generated code", () => {
  test("every interface of the tree parses, and numbers its methods from 1", () => {
    const services = servicesWithInterface(ROOT);
    expect(services).toContain("console");
    for (const service of services) {
      const model = readInterface(ROOT, service);
      expect(model.methods.map((method) => method.number)).toEqual(model.methods.map((_, index) => index + 1));
      expect(emitInterface(service, model).get("server.ts")).toContain(`services/${service}/methods`);
    }
  });

  test("a service can offer another folder's interface", () => {
    expect(readInterface(ROOT, "virtio-blk")).toEqual(readInterface(ROOT, "disk"));
  });

  interface Echo {
    call(badge: bigint, method: bigint, ...words: bigint[]): bigint;
    memory: WebAssembly.Memory;
  }

  beforeAll(() => guestModule("services/echo/index.ts").then(() => undefined), COMPILE_TIMEOUT_MS);

  const BADGE = 5n << 8n;
  const BUFFER = 0x8010_0000;

  /** The echo service with one client, whose buffer of 4 KiB it attached by the client's own call. */
  async function echo(badgeOfRegion = BADGE): Promise<{ echo: Echo; attached: bigint }> {
    const refuse = (): bigint => -1n;
    const phi = {
      call: refuse,
      call_words: refuse,
      cap_delete: () => 0n,
      cap_info: (_handle: bigint, field: bigint) => (field === 0n ? 6n : badgeOfRegion),
      region_map: () => 0n,
      region_unmap: () => 0n,
      notification_create: refuse,
      now: () => 0n,
      wait: refuse,
      reply: refuse,
    };
    const instance = await WebAssembly.instantiate(await guestModule("services/echo/index.ts"), { phi });
    const exports = instance.exports as unknown as Echo;
    return { echo: exports, attached: exports.call(BADGE, 0xffff_0001n, 77n, 4096n, 0n, 0n, 0n, 0n) };
  }

  function call(service: Echo, method: bigint, ...words: bigint[]): bigint {
    const [a = 0n, b = 0n, c = 0n, d = 0n] = words;
    return service.call(BADGE, method, a, b, c, d, 0n, 0n);
  }

  test("answers scalars, reply words and bytes in place", async () => {
    const { echo: service, attached } = await echo();
    expect(attached).toBe(0n);
    expect(call(service, 1n, 1n, 2n, 3n, 4n)).toBe(10n);
    expect(call(service, 2n, 1n, 2n, 3n, 4n)).toBe(0n);
    const words = new BigUint64Array(service.memory.buffer, 24, 4);
    expect([...words]).toEqual([4n, 3n, 2n, 1n]);
    const buffer = new Uint8Array(service.memory.buffer, BUFFER, 4096);
    buffer.set(new TextEncoder().encode("quiet"), 100);
    expect(call(service, 3n, 100n | (5n << 32n))).toBe(5n);
    expect(new TextDecoder().decode(buffer.subarray(0, 5))).toBe("QUIET");
  });

  test.each([
    ["one byte past the buffer", 0n | (4097n << 32n)],
    ["an offset past it", 5000n | (1n << 32n)],
    ["offset and length that wrap 32 bits", 0xffff_ffffn | (0xffff_ffffn << 32n)],
  ])("bytes %s are E_ARGUMENT", async (_what, span) => {
    expect(call((await echo()).echo, 3n, span)).toBe(-3n);
  });

  test("an unknown method is E_METHOD, however large its number", async () => {
    const { echo: service } = await echo();
    for (const method of [0n, 4n, 1n << 32n, 0x1_0000_0001n, (1n << 64n) - 1n])
      expect(call(service, method)).toBe(-32n);
  });

  test("a region with another client's badge is not attached", async () => {
    const { echo: service, attached } = await echo(6n << 8n);
    expect(attached).toBe(-1n);
    expect(call(service, 3n, 1n << 32n)).toBe(-3n);
  });

  test("another badge in the same slot sees no buffer", async () => {
    const { echo: service } = await echo();
    expect(service.call(6n << 8n, 3n, 1n << 32n, 0n, 0n, 0n, 0n, 0n)).toBe(-3n);
  });
});
