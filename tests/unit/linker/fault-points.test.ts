// Fault points in a module: while none is armed it computes and stores what it did before; an armed one changes the value of its own site alone.
import { expect, test } from "vitest";
import wabt from "wabt";
import { validateModule } from "../../../linker/wasm/validate.ts";
import { instrument } from "../../faults/drivers/instrument.ts";

const TEXT = `(module
  (import "phi" "read" (func $read (result i64)))
  (memory (export "memory") 1)
  (func $tests/points/fault_i32 (export "fault_i32") (param $value i32) (param $site i32) (result i32)
    (i32.add (local.get $value) (i32.load8_u offset=1024 (local.get $site))))
  (func $tests/points/fault_i64 (export "fault_i64") (param $value i64) (param $site i32) (result i64)
    (i64.add (local.get $value) (i64.extend_i32_u (i32.load8_u offset=1024 (local.get $site)))))
  (func $tests/points/store (export "store_i32_4") (param $at i32) (param $value i32) (param $offset i32) (param $site i32)
    (if (i32.load8_u offset=1024 (local.get $site)) (then (return)))
    (i32.store (i32.add (local.get $at) (local.get $offset)) (local.get $value)))
  (func $services/driver/work (export "work") (param $at i32) (result i32)
    (i32.store offset=200 (local.get $at) (i32.add (local.get $at) (i32.const 5)))
    (if (i64.eqz (call $read)) (then unreachable))
    (i32.mul (i32.load offset=200 (local.get $at)) (i32.const 3))))`;

interface Exports {
  memory: WebAssembly.Memory;
  work(at: number): number;
}

async function build(): Promise<{ sites: number; run: (armed?: number) => [answer: number, stored: number] }> {
  const parsed = (await wabt()).parseWat("points.wat", TEXT);
  const { wasm, sites } = instrument(parsed.toBinary({ write_debug_names: true }).buffer);
  await validateModule(wasm);
  const module = new WebAssembly.Module(wasm);
  return {
    sites,
    run: (armed) => {
      const instance = new WebAssembly.Instance(module, { phi: { read: () => 1n } });
      const { memory, work } = instance.exports as unknown as Exports;
      if (armed !== undefined) new Uint8Array(memory.buffer)[1024 + armed] = 1;
      return [work(16), new DataView(memory.buffer).getInt32(216, true)];
    },
  };
}

test("points that are not armed change nothing, and each armed one something of its own", async () => {
  const { sites, run } = await build();
  // Two constants, a sum, a store, a call, a comparison, a load, a product: the points' own functions have none.
  expect(sites).toBe(8);
  expect(run()).toEqual([63, 21]);
  const results = Array.from({ length: sites }, (_, site) => {
    try {
      return run(site).join(" ");
    } catch {
      return "trap";
    }
  });
  // 5 + 1; the sum + 1; no store; what was read + 1 is still not 0; it is 0 after all; the load + 1; 3 + 1; the product + 1
  expect(results).toEqual(["66 22", "66 22", "0 0", "63 21", "trap", "66 21", "84 21", "64 21"]);
});
