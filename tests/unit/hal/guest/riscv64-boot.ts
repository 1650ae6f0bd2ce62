// The riscv64 hal's view of the machine, compiled on its own for tests/unit/hal/device-tree.test.ts.
export { boot_parse, boot_seed } from "../../../../hal/boot";
export * from "./told";
export {
  tree_plic_base,
  tree_plic_context,
  tree_plic_lines,
  tree_test_device,
  tree_timebase_hz,
} from "../../../../hal/tree";
