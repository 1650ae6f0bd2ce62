// Full type validation of a module that inspectModule accepted, with the offset of the first fault.
// Called by the linker before translation. The checker is wabt's, the same that the translator uses.

import wabt from "wabt";
import { ModuleError } from "./error.ts";

/** What the translator is run with: exactly the features that inspectModule lets through. */
const FEATURES = {
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  extended_const: true,
  exceptions: true,
  threads: false,
  function_references: false,
  gc: false,
  memory64: false,
  relaxed_simd: false,
};

let tool: ReturnType<typeof wabt> | undefined;

/** wabt's messages read "(null):0000029: error: text" or "0000029: error: text"; the first one decides. */
function firstFault(text: string): ModuleError {
  const match = /([0-9a-f]{7,}): error: (.*)/.exec(text);
  if (!match) return new ModuleError("binary", -1, `the module is not valid: ${text.split("\n")[0] ?? ""}`);
  return new ModuleError("binary", Number.parseInt(match[1] as string, 16), `the module is not valid: ${match[2]}`);
}

/** Throws ModuleError when a body or a segment breaks the typing rules. */
export async function validateModule(bytes: Uint8Array): Promise<void> {
  tool ??= wabt();
  const { readWasm } = await tool;
  let module: ReturnType<typeof readWasm> | undefined;
  try {
    // A copy: of a view into a larger buffer, wabt would read the whole buffer.
    module = readWasm(Uint8Array.from(bytes), { readDebugNames: false, check: true, ...FEATURES });
    module.validate();
  } catch (error) {
    throw firstFault(error instanceof Error ? error.message : String(error));
  } finally {
    module?.destroy();
  }
}
