// Test modules from their text form.
import wabt from "wabt";

const FEATURES = {
  bulk_memory: true,
  reference_types: true,
  simd: true,
  exceptions: true,
  tail_call: true,
  multi_memory: true,
};

export async function wat(text: string): Promise<Uint8Array> {
  const tools = await wabt();
  const module = tools.parseWat("test.wat", text, FEATURES);
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}
