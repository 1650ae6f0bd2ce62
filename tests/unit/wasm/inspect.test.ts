// Module inspection: what it reads, what it refuses and how it says so.

import { expect, test } from "vitest";
import { type Feature, inspectModule, ModuleError } from "../../../linker/wasm/inspect.ts";
import { validateModule } from "../../../linker/wasm/validate.ts";
import { HEADER, module, section, text, withBody } from "./build.ts";

function refusal(bytes: Uint8Array): ModuleError {
  try {
    inspectModule(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ModuleError);
    return error as ModuleError;
  }
  throw new Error("the module was accepted");
}

test("reads imports, exports, memory, table, start, data and custom sections", () => {
  const bytes = module(
    section(0, text("note"), 7, 7, 7),
    section(1, 2, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7e, 1, 0x7d),
    section(2, 1, text("env"), text("f"), 0, 1),
    section(3, 1, 0),
    section(4, 1, 0x70, 1, 2, 9),
    section(5, 1, 1, 1, 4),
    section(6, 1, 0x7f, 1, 0x41, 0x7f, 0x0b),
    section(7, 3, text("memory"), 2, 0, text("run"), 0, 1, text("g"), 3, 0),
    section(8, 1),
    section(10, 1, 2, 0, 0x0b),
    section(11, 1, 0, 0x41, 8, 0x0b, 3, 1, 2, 3),
  );
  const info = inspectModule(bytes);
  const type = { parameters: ["i32", "i64"], results: ["f32"] };
  expect(info.imports).toEqual([{ module: "env", name: "f", kind: "function", type, offset: 33 }]);
  expect(info.exports.map(({ name, kind, index }) => [name, kind, index])).toEqual([
    ["memory", "memory", 0],
    ["run", "function", 1],
    ["g", "global", 0],
  ]);
  expect(info.exports[1]?.type).toEqual({ parameters: [], results: [] });
  expect(info.memories).toEqual([{ minimum: 1, maximum: 4, shared: false }]);
  expect(info.tables).toEqual([{ element: "funcref", minimum: 2, maximum: 9 }]);
  expect([info.globalCount, info.functionCount, info.start, info.dataBytes]).toEqual([1, 1, 1, 3]);
  expect(info.custom).toEqual([{ name: "note", offset: 15, length: 3 }]);
  expect(info.features).toEqual([]);
});

const FEATURES: [Feature, number[]][] = [
  ["sign-extension", [0x00, 0xc0]],
  ["nontrapping-fptoint", [0x00, 0xfc, 0]],
  ["bulk-memory", [0x00, 0xfc, 11, 0]],
  ["simd", [0x00, 0xfd, 0x4d]],
  ["tail-call", [0x12, 0]],
  ["exceptions", [0x06, 0x40, 0x19, 0x0b]],
  ["exceptions", [0x06, 0x40, 0x18, 0]],
  ["reference-types", [0xd0, 0x70, 0x1a]],
  ["reference-types", [0x00, 0x11, 0, 1]],
  ["multivalue", [0x02, 0x00, 0x0b]],
];
test.each(FEATURES)("names the feature %s", (feature, code) => {
  expect(inspectModule(withBody(code)).features).toEqual([feature]);
});

// Section 5's content starts at 0x0a when the memory section comes first.
const REFUSED: [string, Uint8Array, string, string][] = [
  [
    "memory64",
    module(section(5, 1, 4, 1)),
    "memory64",
    "memory64 is not supported: the memory is 64-bit (memory section, offset 0xb)",
  ],
  [
    "a shared memory",
    module(section(5, 1, 3, 1, 1)),
    "threads",
    "threads are not supported: the memory is shared (memory section, offset 0xb)",
  ],
  ["custom pages", module(section(5, 1, 8, 1, 0)), "custom-page-sizes", "(memory section, offset 0xb)"],
  [
    "two memories",
    module(section(5, 2, 0, 1, 0, 1)),
    "multi-memory",
    "there is a second memory (memory section, offset 0xd)",
  ],
  [
    "2 GiB at once",
    module(section(5, 1, 0, 0x80, 0x80, 2)),
    "limits",
    "a memory of 2048 MiB at the start; at most 1024 MiB",
  ],
  ["an imported memory", module(section(2, 1, text("env"), text("m"), 2, 0, 1)), "imported-memory", "env.m"],
  ["an imported table", module(section(2, 1, text("env"), text("t"), 1, 0x70, 0, 1)), "imported-table", "env.t"],
  ["an imported global", module(section(2, 1, text("env"), text("g"), 3, 0x7f, 0)), "imported-global", "env.g"],
  ["an imported tag", module(section(2, 1, text("env"), text("e"), 4, 0, 0)), "exceptions", "env.e"],
  [
    "an exported tag",
    module(section(1, 1, 0x60, 0, 0), section(13, 1, 0, 0), section(7, 1, text("e"), 4, 0)),
    "exceptions",
    'tag "e" is exported',
  ],
  ["a tag of no type", module(section(13, 1, 0, 0)), "binary", "tag type 0 of 0"],
  ["try_table", withBody(0x1f, 0x40, 0, 0x0b), "try_table", "try_table is not supported: instruction 0x1f"],
  ["an atomic load", withBody(0x00, 0xfe, 0x10, 2, 0), "threads", "instruction 0xfe"],
  ["gc", withBody(0x00, 0xfb, 0), "gc", "instruction 0xfb"],
  ["a gc type", module(section(1, 1, 0x5f, 0)), "gc", "gc is not supported"],
  ["call_ref", withBody(0x00, 0x14, 0), "function-references", "instruction 0x14"],
  ["relaxed simd", withBody(0x00, 0xfd, 0x80, 2), "relaxed-simd", "instruction 0xfd 0x100"],
  ["a second memory's access", withBody(0x00, 0x28, 0x42, 1, 0), "multi-memory", "an access names its memory"],
  ["memory.size of a second", withBody(0x3f, 1), "multi-memory", "uses memory 1"],
  [
    "a component",
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
    "component-model",
    "component-model binaries are not supported",
  ],
  [
    "version 2",
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0),
    "version",
    "WebAssembly version 2 is not supported (offset 0x4)",
  ],
  ["no magic", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0), "binary", "does not begin with \\0asm"],
  ["an empty file", new Uint8Array(0), "binary", "0 bytes are too short"],
  [
    "a truncated section",
    Uint8Array.from([...HEADER, 1, 9, 1]),
    "binary",
    "the type section is truncated: 9 bytes announced, 1 left",
  ],
  [
    "sections out of order",
    module(section(3, 0), section(1, 0)),
    "binary",
    "the type section is repeated or out of order",
  ],
  ["left-over bytes", module(section(1, 0, 0)), "binary", "1 bytes are left over (type section, offset 0xb)"],
  ["missing bodies", module(section(1, 1, 0x60, 0, 0), section(3, 1, 0)), "binary", "there is no code section"],
  ["an export of nothing", module(section(7, 1, text("f"), 0, 0)), "binary", '"f" is function 0 of 0'],
  [
    "a name twice",
    module(section(5, 1, 0, 1), section(7, 2, text("m"), 2, 0, text("m"), 2, 0)),
    "binary",
    '"m" is exported twice',
  ],
  ["a name that is not UTF-8", module(section(0, 1, 0xff)), "binary", "not valid UTF-8"],
  ["an unknown instruction", withBody(0x27), "binary", "unknown instruction 0x27"],
  ["a body without end", withBody(0x02, 0x40), "binary", "unexpected end of data (code section"],
  ["bytes after the end", withBody(0x0b, 0x01), "binary", "bytes follow the end of a function body"],
  [
    "a number too long",
    withBody(0x41, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x1a, 0x20, 0xff, 0xff, 0xff, 0xff, 0x1f),
    "binary",
    "unsigned 32-bit",
  ],
  ["a huge count", module(section(1, 0xff, 0xff, 0xff, 0xff, 0x0f)), "binary", "4294967295 types cannot fit"],
  ["too many locals", withBodyLocals(), "limits", "more than 50000 locals"],
];

function withBodyLocals(): Uint8Array {
  return module(section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(10, 1, 7, 1, 0xff, 0xff, 0xff, 7, 0x7f, 0x0b));
}

test.each(REFUSED)("refuses %s", (_, bytes, feature, message) => {
  const error = refusal(bytes);
  expect(error.feature).toBe(feature);
  expect(error.message).toContain(message);
  if (bytes.length > 8) expect(error.message).toMatch(/offset 0x[0-9a-f]+|no code section/);
});

test("a wrongly typed body is named with its offset by full validation", async () => {
  const bytes = withBody(0x41, 1, 0x42, 1, 0x6a, 0x1a);
  expect(() => inspectModule(bytes)).not.toThrow();
  const at = bytes.lastIndexOf(0x6a);
  const error = await validateModule(bytes).then(
    () => undefined,
    (reason: unknown) => reason as ModuleError,
  );
  expect(error).toBeInstanceOf(ModuleError);
  expect(error?.message).toContain("type mismatch in i32.add");
  expect(Math.abs((error?.offset ?? 0) - at)).toBeLessThanOrEqual(1);
});

test("a valid body passes full validation", async () => {
  await validateModule(withBody(0x41, 1, 0x41, 1, 0x6a, 0x1a));
});
