// The table of instructions against V8's decoder: what one knows, the other must know, immediates included.

import { expect, test } from "vitest";
import { inspectModule, type ModuleError } from "../../../linker/wasm/inspect.ts";
import { engine, unsigned, withBody } from "./build.ts";

function verdict(bytes: Uint8Array): "known" | "unknown" | "refused" {
  try {
    inspectModule(bytes);
    return "known";
  } catch (error) {
    const { feature, reason } = error as ModuleError;
    if (feature !== "binary") return "refused";
    return reason.startsWith("unknown instruction") ? "unknown" : "known";
  }
}

/** V8 says so when it meets an opcode that it does not know; other complaints come after decoding it. */
function knownToV8(bytes: Uint8Array): boolean {
  try {
    new engine.Module(bytes);
    return true;
  } catch (error) {
    return !/invalid (?:\w+ )?opcode|Invalid opcode|invalid numeric|Invalid prefix|enable with/i.test(String(error));
  }
}

const GROUPS: Record<string, number[][]> = {
  "one byte": Array.from({ length: 256 }, (_, code) => [code]).filter(
    ([code]) => ![0xfb, 0xfc, 0xfd, 0xfe].includes(code as number),
  ),
  "0xfc …": Array.from({ length: 32 }, (_, code) => [0xfc, ...unsigned(code)]),
  "0xfd …": Array.from({ length: 256 }, (_, code) => [0xfd, ...unsigned(code)]),
};

test.each(Object.keys(GROUPS))("instructions of %s", (group) => {
  const disagreements = (GROUPS[group] as number[][]).filter((code) => {
    // ref.null takes a type, for which zero is no valid byte.
    const immediates = code[0] === 0xd0 ? [0x70] : Array<number>(24).fill(0);
    const bytes = withBody(0x00, code, immediates);
    const mine = verdict(bytes);
    return mine !== "refused" && (mine === "known") !== knownToV8(bytes);
  });
  expect(disagreements).toEqual([]);
});
